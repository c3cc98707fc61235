//! The calls of enrichers.

use std::pin::Pin;
use std::sync::Arc;

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};
use weir_rpc::link::{ExportResponses, export_end};
use weir_rpc::pb::export_service_server::ExportService;
use weir_rpc::pb::{ExportRequest, WatchTemplatesRequest, WatchTemplatesResponse};
use weir_rpc::server::Peer;
use weir_rpc::wire::{Unfinished, layouts_message};

use super::core::ExporterCore;

/// Serves enrichers.
pub(super) struct DataService {
    core: Arc<ExporterCore>,
    unfinished: Unfinished,
}

impl DataService {
    /// Runs that come in parts take at most `unfinished` octets before they are whole.
    pub(super) fn new(core: Arc<ExporterCore>, unfinished: usize) -> Self {
        Self { core, unfinished: Unfinished::within(unfinished) }
    }
}

type Layouts = Pin<Box<dyn Stream<Item = Result<WatchTemplatesResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ExportService for DataService {
    type ExportStream = ExportResponses;
    type WatchTemplatesStream = Layouts;

    async fn export(
        &self,
        request: Request<Streaming<ExportRequest>>,
    ) -> Result<Response<ExportResponses>, Status> {
        if let Some(peer) = Peer::of(&request) {
            tracing::info!(%peer, "an enricher has connected");
        }
        let (end, responses) = export_end(request.into_inner(), &self.unfinished);
        let core = Arc::clone(&self.core);
        // Not ended with the call: what was read is written in any case.
        tokio::spawn(async move { core.serve(end).await });
        Ok(Response::new(responses))
    }

    /// The layouts stay as they are while the process runs: the stream holds one message and
    /// ends with the connection.
    async fn watch_templates(
        &self,
        request: Request<WatchTemplatesRequest>,
    ) -> Result<Response<Layouts>, Status> {
        let closing = Peer::of(&request).map(Peer::closing);
        let layouts = Ok(layouts_message(self.core.layouts()));
        let end = async move {
            match closing {
                Some(closing) => closing.await,
                None => std::future::pending().await,
            }
        };
        let layouts = futures_util::stream::iter([layouts]);
        let stream = futures_util::StreamExt::chain(layouts, until(end));
        Ok(Response::new(Box::pin(stream)))
    }
}

/// A stream of nothing that ends when `end` does.
fn until<T: Send>(end: impl Future<Output = ()> + Send) -> impl Stream<Item = T> + Send {
    let nothing = futures_util::stream::once(async move {
        end.await;
        None
    });
    futures_util::StreamExt::filter_map(nothing, std::future::ready)
}
