//! The exporter's layouts, as they are known now.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tonic::Status;
use weir_enrich::NATIVE_FIELDS;
use weir_ipfix::{InformationElement, LayoutPair, element};
use weir_rpc::channel::Connector;
use weir_rpc::endpoints::Endpoints;
use weir_rpc::pb::WatchTemplatesRequest;
use weir_rpc::pb::export_service_client::ExportServiceClient;
use weir_rpc::wire::layouts_of;
use weir_rpc::{causes, limited};

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

/// Asks the exporter, again after each end of its answer, in a task of its own that ends when
/// nobody has the layouts any more.
pub(super) fn follow(endpoints: Endpoints, connector: Connector) -> Layouts {
    let (publisher, layouts) = watch::channel(None);
    tokio::spawn(async move {
        tokio::select! {
            () = publisher.closed() => {}
            () = ask_again_and_again(endpoints, &connector, &publisher) => {}
        }
    });
    layouts
}

async fn ask_again_and_again(
    mut endpoints: Endpoints,
    connector: &Connector,
    publisher: &watch::Sender<Option<Arc<LayoutPair>>>,
) {
    let known = known_elements();
    loop {
        let result = ask(&mut endpoints, connector, &known, publisher).await;
        if let Err(status) = result {
            tracing::warn!(reason = causes(&status), "the exporter's layouts are not known");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn ask(
    endpoints: &mut Endpoints,
    connector: &Connector,
    known: &[InformationElement],
    publisher: &watch::Sender<Option<Arc<LayoutPair>>>,
) -> Result<(), Status> {
    let set = endpoints.current();
    let endpoint =
        set.first().ok_or_else(|| Status::unavailable("no address of the exporter is known"))?;
    let channel = connector.connect(endpoint).await;
    let channel = channel.map_err(|error| Status::unavailable(causes(&error)))?;
    let mut client = limited!(ExportServiceClient::new(channel));
    let mut messages = client.watch_templates(WatchTemplatesRequest {}).await?.into_inner();
    while let Some(message) = messages.message().await? {
        let layouts = layouts_of(&message, known)
            .map_err(|error| Status::failed_precondition(error.to_string()))?;
        publish(publisher, layouts);
    }
    Ok(())
}

/// Tells of layouts that are others than before.
fn publish(publisher: &watch::Sender<Option<Arc<LayoutPair>>>, layouts: LayoutPair) {
    let revisions = |pair: &LayoutPair| (pair.v4.revision(), pair.v6.revision());
    publisher.send_if_modified(|known| {
        let is_new = known.as_deref().map(revisions) != Some(revisions(&layouts));
        if is_new {
            tracing::info!(v4 = %layouts.v4.revision(), v6 = %layouts.v6.revision(), "layouts");
            *known = Some(Arc::new(layouts));
        }
        is_new
    });
}

/// Every element that records can hold beside those that they always do.
fn known_elements() -> Vec<InformationElement> {
    let natives = NATIVE_FIELDS.iter().map(|native| native.element);
    element::ELEMENTS.iter().copied().chain(natives).collect()
}
