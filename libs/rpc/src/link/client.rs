//! The sender's end of a link over gRPC.

use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;
use weir_delivery::{EnrichedRun, RawRun};

use super::{LINK_QUEUE, SenderEnd, ToReceiver};
use crate::pb::enrich_service_client::EnrichServiceClient;
use crate::pb::export_service_client::ExportServiceClient;
use crate::{limited, wire};

/// Opens a stream to an enricher.
///
/// # Errors
///
/// When there is no connection, or the enricher refuses.
pub async fn open_enrich(channel: Channel) -> Result<SenderEnd<RawRun>, Status> {
    let (requests, outgoing) = outgoing(wire::enrich_requests);
    let response = limited!(EnrichServiceClient::new(channel)).enrich(outgoing).await?;
    let responses = response.into_inner();
    let responses = Box::pin(responses.map(|said| wire::enrich_response_of(said?)));
    Ok(SenderEnd { requests, responses })
}

/// Opens a stream to an exporter.
///
/// # Errors
///
/// When there is no connection, or the exporter refuses.
pub async fn open_export(channel: Channel) -> Result<SenderEnd<EnrichedRun>, Status> {
    let (requests, outgoing) = outgoing(wire::export_requests);
    let response = limited!(ExportServiceClient::new(channel)).export(outgoing).await?;
    let responses = response.into_inner();
    let responses = Box::pin(responses.map(|said| wire::export_response_of(said?)));
    Ok(SenderEnd { requests, responses })
}

/// A channel whose messages leave as `encode` makes them of it.
fn outgoing<T: Send + 'static, M: Send + 'static>(
    encode: fn(ToReceiver<T>) -> Vec<M>,
) -> (mpsc::Sender<ToReceiver<T>>, impl Stream<Item = M> + Send + 'static) {
    let (requests, outgoing) = mpsc::channel(LINK_QUEUE);
    let outgoing = ReceiverStream::new(outgoing);
    (requests, outgoing.flat_map(move |said| stream::iter(encode(said))))
}
