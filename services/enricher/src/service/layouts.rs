//! The layouts of exporters, as they are known now.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tonic::Status;
use weir_delivery::Shards;
use weir_enrich::NATIVE_FIELDS;
use weir_ipfix::{InformationElement, LayoutPair, element};
use weir_rpc::channel::Connector;
use weir_rpc::endpoints::Endpoints;
use weir_rpc::pb::WatchTemplatesRequest;
use weir_rpc::pb::export_service_client::ExportServiceClient;
use weir_rpc::wire::layouts_of;
use weir_rpc::{causes, limited};

use super::encoder::are_same;

/// How long the exporter is left alone after it could not be asked.
const PAUSE: Duration = Duration::from_millis(500);

/// Hands out the layouts: none before the exporter was asked.
pub type Layouts = watch::Receiver<Option<Arc<LayoutPair>>>;

/// Those of an exporter in the same process.
pub fn of_process(mut layouts: watch::Receiver<Arc<LayoutPair>>) -> Layouts {
    let (publisher, receiver) = watch::channel(Some(layouts.borrow_and_update().clone()));
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = publisher.closed() => return,
                changed = layouts.changed() => if changed.is_err() { return },
            }
            publisher.send_replace(Some(layouts.borrow_and_update().clone()));
        }
    });
    receiver
}

/// Those of all exporters, in their order.
pub type AllLayouts = watch::Receiver<Vec<Option<Arc<LayoutPair>>>>;

/// The layouts of each together, in tasks that end when nobody has them any more.
pub(super) fn of_all(mut each: Vec<Layouts>) -> AllLayouts {
    let known = each.iter_mut().map(|layouts| layouts.borrow_and_update().clone());
    let (publisher, all) = watch::channel(known.collect());
    let publisher = Arc::new(publisher);
    for (shard, layouts) in each.into_iter().enumerate() {
        tokio::spawn(copy(layouts, shard, Arc::clone(&publisher)));
    }
    all
}

async fn copy(
    mut layouts: Layouts,
    shard: usize,
    publisher: Arc<watch::Sender<Vec<Option<Arc<LayoutPair>>>>>,
) {
    loop {
        tokio::select! {
            () = publisher.closed() => return,
            changed = layouts.changed() => if changed.is_err() { return },
        }
        let now = layouts.borrow_and_update().clone();
        publisher.send_modify(|all| {
            if let Some(known) = all.get_mut(shard) {
                *known = now;
            }
        });
    }
}

/// How an exporter is asked.
pub(super) struct Question {
    /// What it is called in logs.
    pub(super) target: String,
    pub(super) endpoints: Endpoints,
    pub(super) connector: Connector,
    /// How many there are: see [`WatchTemplatesRequest`].
    pub(super) shards: Shards,
}

/// Asks the exporter, again after each end of its answer, in a task of its own that ends when
/// nobody has the layouts any more.
pub(super) fn follow(question: Question) -> Layouts {
    let (publisher, layouts) = watch::channel(None);
    tokio::spawn(async move {
        tokio::select! {
            () = publisher.closed() => {}
            () = question.ask_again_and_again(&publisher) => {}
        }
    });
    layouts
}

impl Question {
    async fn ask_again_and_again(mut self, publisher: &watch::Sender<Option<Arc<LayoutPair>>>) {
        let known = known_elements();
        let mut told = None;
        loop {
            let reason = self.ask(&known, publisher).await.err().map(|status| causes(&status));
            // Twice a second: only another reason is worth a line.
            if let Some(reason) = reason.as_ref().filter(|_| reason != told) {
                tracing::warn!(
                    exporter = self.target,
                    reason,
                    "the exporter's layouts are not known"
                );
            }
            told = reason;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask(
        &mut self,
        known: &[InformationElement],
        publisher: &watch::Sender<Option<Arc<LayoutPair>>>,
    ) -> Result<(), Status> {
        let set = self.endpoints.current();
        let endpoint = set
            .first()
            .ok_or_else(|| Status::unavailable("no address of the exporter is known"))?;
        let channel = self.connector.connect(endpoint).await;
        let channel = channel.map_err(|error| Status::unavailable(causes(&error)))?;
        let mut client = limited!(ExportServiceClient::new(channel));
        let exporters = u32::try_from(self.shards.count()).unwrap_or(u32::MAX);
        let request = WatchTemplatesRequest { exporters };
        let mut messages = client.watch_templates(request).await?.into_inner();
        while let Some(message) = messages.message().await? {
            let layouts = layouts_of(&message, known)
                .map_err(|error| Status::failed_precondition(error.to_string()))?;
            self.publish(publisher, layouts);
        }
        Ok(())
    }

    /// Tells of layouts that are others than before.
    fn publish(&self, publisher: &watch::Sender<Option<Arc<LayoutPair>>>, layouts: LayoutPair) {
        publisher.send_if_modified(|known| {
            let is_new = known.as_deref().is_none_or(|known| !are_same(known, &layouts));
            if is_new {
                let (v4, v6) = (layouts.v4.revision(), layouts.v6.revision());
                tracing::info!(exporter = self.target, %v4, %v6, "layouts");
                *known = Some(Arc::new(layouts));
            }
            is_new
        });
    }
}

/// Every element that records can hold beside those that they always do.
fn known_elements() -> Vec<InformationElement> {
    let natives = NATIVE_FIELDS.iter().map(|native| native.element);
    element::ELEMENTS.iter().copied().chain(natives).collect()
}
