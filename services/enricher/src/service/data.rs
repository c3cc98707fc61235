//! The calls of sources.

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};
use weir_rpc::link::{EnrichResponses, enrich_end};
use weir_rpc::pb::EnrichRequest;
use weir_rpc::pb::enrich_service_server::EnrichService;
use weir_rpc::server::Peer;

use super::core::EnricherCore;

/// Serves sources.
pub(super) struct DataService {
    core: Arc<EnricherCore>,
}

impl DataService {
    pub(super) fn new(core: Arc<EnricherCore>) -> Self {
        Self { core }
    }
}

#[tonic::async_trait]
impl EnrichService for DataService {
    type EnrichStream = EnrichResponses;

    async fn enrich(
        &self,
        request: Request<Streaming<EnrichRequest>>,
    ) -> Result<Response<EnrichResponses>, Status> {
        if let Some(peer) = Peer::of(&request) {
            tracing::info!(%peer, "a source has connected");
        }
        let (end, responses) = enrich_end(request.into_inner());
        let core = Arc::clone(&self.core);
        // Not ended with the call: what was read is delivered in any case.
        tokio::spawn(async move { core.serve(end).await });
        Ok(Response::new(responses))
    }
}
