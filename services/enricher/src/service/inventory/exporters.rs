//! What people assign to exporters, beside the inventory: a change takes no new index.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use weir_inventory::AssignedExporters;
use weir_store::Store;

use super::{Indexed, Loaded, Reader};

/// How long the first inventory waits for what is assigned, once the store answers.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is assigned, as far as it is known.
pub(super) struct Exporters {
    followed: watch::Receiver<Option<Arc<AssignedExporters>>>,
    /// What counts until then.
    nothing: Arc<AssignedExporters>,
}

impl Exporters {
    /// Nothing is, and nothing will be.
    pub(super) fn unassigned() -> Self {
        let nothing = Arc::<AssignedExporters>::default();
        let (_, followed) = watch::channel(Some(Arc::clone(&nothing)));
        Self { followed, nothing }
    }

    /// What people assign in the store.
    pub(super) fn follow(store: &Arc<dyn Store>) -> Self {
        Self { followed: weir_control::exporters::follow(store), nothing: Arc::default() }
    }

    /// Waits a moment until it is known: records of a VPC should not leave under a domain that is
    /// not its own.
    pub(super) async fn known(&self) {
        let mut followed = self.followed.clone();
        let known = followed.wait_for(Option::is_some);
        if tokio::time::timeout(PATIENCE, known).await.is_err() {
            tracing::warn!(
                "what is assigned to exporters cannot be read: they have their defaults until it can"
            );
        }
    }

    pub(super) fn assigned(&self) -> Arc<AssignedExporters> {
        self.followed.borrow().clone().unwrap_or_else(|| Arc::clone(&self.nothing))
    }

    /// The index with what is assigned now.
    pub(super) fn renew(&self, (snapshot, exporters): Indexed) -> Indexed {
        let assigned = self.assigned();
        if Arc::ptr_eq(&assigned, &exporters) {
            return (snapshot, exporters);
        }
        (Arc::new(snapshot.with_exporters(&assigned)), assigned)
    }
}

impl Loaded {
    pub(super) fn indexed(&self) -> Indexed {
        (Arc::clone(&self.snapshot), Arc::clone(&self.exporters))
    }
}

impl Reader {
    /// Swaps the exporters of the inventory whenever something is assigned to one.
    pub(super) async fn follow_exporters(&self) {
        let mut followed = self.exporters.followed.clone();
        while followed.changed().await.is_ok() {
            self.publisher.send_if_modified(|loaded| match loaded {
                Some(loaded) => self.renew_exporters(loaded),
                None => false,
            });
        }
        // Nobody assigns anything: the inventory is followed all the same.
        std::future::pending().await
    }

    fn renew_exporters(&self, loaded: &mut Arc<Loaded>) -> bool {
        let (snapshot, exporters) = self.exporters.renew(loaded.indexed());
        let is_new = !Arc::ptr_eq(&snapshot, &loaded.snapshot);
        if is_new {
            let (assigned, domains) = (exporters.exporters.len(), exporters.domains.len());
            tracing::info!(assigned, domains, "exporters were assigned anew");
            *loaded = Arc::new(Loaded { snapshot, exporters, ..Loaded::clone(loaded) });
        }
        is_new
    }
}
