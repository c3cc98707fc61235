//! The calls of enrichers.

use std::pin::Pin;
use std::sync::Arc;

use tokio_stream::Stream;
use tokio_stream::wrappers::WatchStream;
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

    /// The layouts, and again whenever they are others. The stream ends with the connection.
    async fn watch_templates(
        &self,
        request: Request<WatchTemplatesRequest>,
    ) -> Result<Response<Layouts>, Status> {
        // Versions that knew one exporter alone say 0.
        let spread_over = request.get_ref().exporters.max(1);
        let admitted = self.core.admits(usize::try_from(spread_over).unwrap_or(usize::MAX));
        admitted.map_err(Status::failed_precondition)?;
        let closing = Peer::of(&request).map(Peer::closing);
        let end = async move {
            match closing {
                Some(closing) => closing.await,
                None => std::future::pending().await,
            }
        };
        let layouts = WatchStream::new(self.core.layouts());
        let layouts = tokio_stream::StreamExt::map(layouts, |pair| Ok(layouts_message(&pair)));
        let layouts = futures_util::StreamExt::take_until(layouts, Box::pin(end));
        Ok(Response::new(Box::pin(layouts)))
    }
}
