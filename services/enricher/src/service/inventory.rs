//! The inventory that records are enriched from, read anew whenever it changes.

mod exporters;
mod failure;
mod file;
mod packed;
mod parts;
mod store;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::watch;
use weir_inventory::region::InventoryIndex;
use weir_inventory::{AssignedExporters, FallbackExporter, Inventory, Snapshot};
use weir_store::Store;

use exporters::Exporters;
use failure::{Failure, Failures};

/// How often a file is looked at, and how long a store is left alone that could not be read.
const LOOK: Duration = Duration::from_secs(1);

/// Where the inventory comes from.
#[derive(Clone)]
pub enum InventorySource {
    /// A JSON file. It is looked at each second; replace it by renaming another over it.
    File(PathBuf),
    /// A store in which discovery keeps the parts of the inventory, under
    /// [`InventoryIndex::KEY`], and what people assign to exporters.
    Store(Arc<dyn Store>),
}

impl fmt::Display for InventorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Store(_) => write!(f, "store: {}", InventoryIndex::KEY),
        }
    }
}

/// An inventory in memory.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The index.
    pub snapshot: Arc<Snapshot>,
    /// What is assigned to its exporters.
    pub exporters: Arc<AssignedExporters>,
    /// When it was read from a file, or written to a store.
    pub at: Instant,
    /// Where from.
    pub source: String,
    /// What it consists of, where it comes from a store.
    pub published: Option<Arc<Published>>,
    /// Why it is not the newest, where it may not be: a sentence.
    pub trouble: Option<String>,
}

/// What an inventory in a store consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Grows with each publication.
    pub revision: u64,
    /// Parts, one for each account and region.
    pub parts: usize,
    /// When the oldest part was read from AWS, in Unix seconds; 0 without parts.
    pub oldest: u64,
    /// Parts that are older than the last sweep.
    pub stale: Vec<StalePart>,
}

/// A part of an inventory that is older than the last sweep, or missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StalePart {
    /// The account: twelve digits.
    pub account_id: String,
    /// The region code.
    pub region: String,
    /// Since when, in Unix seconds.
    pub since: u64,
    /// Why: a sentence.
    pub cause: String,
}

/// Hands out the inventory: none before one was read.
pub type LoadedInventory = watch::Receiver<Option<Arc<Loaded>>>;

/// Reads the inventory, again after each change, in a task of its own that ends when nobody has
/// it any more. What cannot be read is counted and logged, and the one before stays.
pub fn follow(source: InventorySource, fallback: FallbackExporter) -> LoadedInventory {
    let (publisher, inventory) = watch::channel(None);
    let exporters = match &source {
        InventorySource::File(_) => Exporters::unassigned(),
        InventorySource::Store(store) => Exporters::follow(store),
    };
    let reader = Reader {
        name: source.to_string(),
        exporters,
        fallback: Arc::new(fallback),
        publisher,
        failures: Failures::new(),
    };
    tokio::spawn(async move {
        let closed = reader.publisher.clone();
        tokio::select! {
            () = closed.closed() => {}
            () = reader.follow_exporters() => {}
            () = async {
                match source {
                    InventorySource::File(path) => reader.follow_file(path).await,
                    InventorySource::Store(store) => reader.follow_store(store).await,
                }
            } => {}
        }
    });
    inventory
}

struct Reader {
    name: String,
    fallback: Arc<FallbackExporter>,
    exporters: Exporters,
    publisher: watch::Sender<Option<Arc<Loaded>>>,
    failures: Failures,
}

/// An index, and what is assigned to its exporters.
type Indexed = (Arc<Snapshot>, Arc<AssignedExporters>);

impl Reader {
    /// Indexes what `inventory` gives, beside the runtime.
    async fn index(
        &self,
        inventory: impl FnOnce() -> anyhow::Result<Inventory> + Send + 'static,
    ) -> anyhow::Result<Indexed> {
        let (fallback, exporters) = (Arc::clone(&self.fallback), self.exporters.assigned());
        let build = move || {
            let snapshot = Snapshot::build(&inventory()?, &fallback)?.with_exporters(&exporters);
            Ok((Arc::new(snapshot), exporters))
        };
        tokio::task::spawn_blocking(build).await.context("indexing").flatten()
    }

    /// Swaps the inventory as a whole.
    fn publish(
        &self,
        indexed: Indexed,
        age: Duration,
        published: Option<Arc<Published>>,
        trouble: Option<String>,
    ) {
        let now = Instant::now();
        let (at, source) = (now.checked_sub(age).unwrap_or(now), self.name.clone());
        self.publisher.send_modify(|loaded| {
            // What was assigned while it was indexed counts too.
            let (snapshot, exporters) = self.exporters.renew(indexed);
            *loaded =
                Some(Arc::new(Loaded { snapshot, exporters, at, source, published, trouble }));
        });
    }

    /// Counts and logs a failure, and says it of the inventory that stays.
    fn report(&self, failure: Failure, error: &anyhow::Error) {
        self.failures.count(failure, &self.name, error);
        let trouble = Some(format!("{error:#}"));
        self.publisher.send_if_modified(|loaded| match loaded {
            Some(loaded) if loaded.trouble != trouble => {
                *loaded = Arc::new(Loaded { trouble, ..Loaded::clone(loaded) });
                true
            }
            _ => false,
        });
    }
}
