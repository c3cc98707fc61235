//! Services that show what a listener does.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use weir_rpc::pb::enrich_request::Message;
use weir_rpc::pb::enrich_response;
use weir_rpc::pb::enrich_service_server::EnrichService;
use weir_rpc::pb::enricher_admin_service_server::EnricherAdminService;
use weir_rpc::pb::{
    Answers, Closing, EnrichRequest, EnrichResponse, ExplainLineRequest, ExplainLineResponse,
    GetEnricherStatusRequest, GetEnricherStatusResponse, LookupAddressRequest,
    LookupAddressResponse,
};
use weir_rpc::server::Peer;

/// Holds calls of `GetEnricherStatus` until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    pub(crate) entered: Arc<Notify>,
    pub(crate) open: Arc<Notify>,
}

/// Says who calls, how long a line is, and waits at its gate.
pub(crate) struct Admin(pub(crate) Gate);

#[tonic::async_trait]
impl EnricherAdminService for Admin {
    async fn lookup_address(
        &self,
        request: Request<LookupAddressRequest>,
    ) -> Result<Response<LookupAddressResponse>, Status> {
        let address = Peer::of(&request).unwrap().to_string();
        Ok(Response::new(LookupAddressResponse { address, ..Default::default() }))
    }

    async fn explain_line(
        &self,
        request: Request<ExplainLineRequest>,
    ) -> Result<Response<ExplainLineResponse>, Status> {
        let outcome = request.get_ref().line.len().to_string();
        Ok(Response::new(ExplainLineResponse { outcome, ..Default::default() }))
    }

    async fn get_enricher_status(
        &self,
        _: Request<GetEnricherStatusRequest>,
    ) -> Result<Response<GetEnricherStatusResponse>, Status> {
        self.0.entered.notify_one();
        self.0.open.notified().await;
        Ok(Response::new(GetEnricherStatusResponse::default()))
    }
}

/// Gives an empty answer to each message. When its connection is closing it says so; it ends
/// with the caller's half.
pub(crate) struct Enrich;

#[tonic::async_trait]
impl EnrichService for Enrich {
    type EnrichStream = ReceiverStream<Result<EnrichResponse, Status>>;

    async fn enrich(
        &self,
        request: Request<Streaming<EnrichRequest>>,
    ) -> Result<Response<Self::EnrichStream>, Status> {
        let closing = Peer::of(&request).unwrap().closing();
        let (sender, answers) = mpsc::channel(8);
        tokio::spawn(serve(request.into_inner(), closing, sender));
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}

async fn serve(
    mut requests: Streaming<EnrichRequest>,
    closing: impl Future<Output = ()>,
    sender: mpsc::Sender<Result<EnrichResponse, Status>>,
) {
    let mut closing = std::pin::pin!(closing);
    let mut is_closing = false;
    loop {
        let answer = tokio::select! {
            () = &mut closing, if !is_closing => {
                is_closing = true;
                Ok(enrich_response::Message::Closing(Closing {}))
            }
            request = requests.message() => match request {
                Ok(Some(EnrichRequest { message: Some(Message::Resume(_)) })) => return,
                Ok(Some(_)) => Ok(enrich_response::Message::Answers(Answers::default())),
                Ok(None) => return,
                Err(status) => Err(status),
            }
        };
        let answer = answer.map(|message| EnrichResponse { message: Some(message) });
        let is_last = answer.is_err();
        if sender.send(answer).await.is_err() || is_last {
            return;
        }
    }
}
