//! The receiver's end of a link over gRPC.

use std::future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};
use weir_delivery::{EnrichedRun, RawRun};

use super::heartbeat::with_heartbeats;
use super::{ANSWER_QUEUE, FromReceiver, ReceiverEnd, ToReceiver};
use crate::pb::{EnrichRequest, EnrichResponse, ExportRequest, ExportResponse};
use crate::wire::{self, EnrichedReader, RawReader, Unfinished};

/// What goes back over gRPC.
type Responses<R> = Pin<Box<dyn Stream<Item = Result<R, Status>> + Send>>;

/// What a source's stream brings.
pub type EnrichRequests = Streaming<EnrichRequest>;
/// What goes back to a source.
pub type EnrichResponses = Responses<EnrichResponse>;
/// What an enricher's stream brings.
pub type ExportRequests = Streaming<ExportRequest>;
/// What goes back to an enricher.
pub type ExportResponses = Responses<ExportResponse>;

/// The receiver's end of a source's stream, and the stream that goes back.
pub fn enrich_end(requests: EnrichRequests) -> (ReceiverEnd<RawRun>, EnrichResponses) {
    let mut reader = RawReader::default();
    halves(requests, move |message| reader.read(message), wire::enrich_response)
}

/// The receiver's end of an enricher's stream, and the stream that goes back. Runs that come in
/// parts count towards `budget` until they are whole.
pub fn export_end(
    requests: ExportRequests,
    budget: &Unfinished,
) -> (ReceiverEnd<EnrichedRun>, ExportResponses) {
    let mut reader = EnrichedReader::within(budget.clone());
    halves(requests, move |message| reader.read(message), wire::export_response)
}

/// Both halves of a stream. What makes no sense ends both: its sender is told why with the status
/// of what goes back.
fn halves<M: Send + 'static, T: 'static, R: Send + 'static>(
    requests: Streaming<M>,
    mut read: impl FnMut(M) -> Result<ToReceiver<T>, Status> + Send + 'static,
    encode: fn(FromReceiver) -> R,
) -> (ReceiverEnd<T>, Responses<R>) {
    let fault = Arc::new(OnceLock::new());
    let verdict = Arc::clone(&fault);
    let requests = requests.map(move |said| {
        said.and_then(&mut read).inspect_err(|status| {
            // The first is the one that counts.
            drop(verdict.set(status.clone()));
        })
    });
    let (responses, answers) = mpsc::channel(ANSWER_QUEUE);
    let answers = with_heartbeats(answers).map(move |said| said.map(encode));
    let end = stream::once(async move { fault.get().cloned().map(Err) });
    let answers = answers.chain(end.filter_map(future::ready));
    (ReceiverEnd { requests: Box::pin(requests), responses }, Box::pin(answers))
}
