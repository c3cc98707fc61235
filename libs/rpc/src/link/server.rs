//! The receiver's end of a link over gRPC.

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};
use weir_delivery::{EnrichedRun, RawRun};

use super::heartbeat::with_heartbeats;
use super::{ANSWER_QUEUE, ReceiverEnd};
use crate::pb::{EnrichRequest, EnrichResponse, ExportRequest, ExportResponse};
use crate::wire::{self, EnrichedReader, RawReader};

/// What a source's stream brings.
pub type EnrichRequests = Streaming<EnrichRequest>;
/// What goes back to a source.
pub type EnrichResponses = Pin<Box<dyn Stream<Item = Result<EnrichResponse, Status>> + Send>>;
/// What an enricher's stream brings.
pub type ExportRequests = Streaming<ExportRequest>;
/// What goes back to an enricher.
pub type ExportResponses = Pin<Box<dyn Stream<Item = Result<ExportResponse, Status>> + Send>>;

/// The receiver's end of a source's stream, and the stream that goes back.
pub fn enrich_end(requests: EnrichRequests) -> (ReceiverEnd<RawRun>, EnrichResponses) {
    let mut reader = RawReader::default();
    let requests = requests.map(move |said| reader.read(said?));
    let (responses, answers) = mpsc::channel(ANSWER_QUEUE);
    let answers = with_heartbeats(answers).map(|said| said.map(wire::enrich_response));
    (ReceiverEnd { requests: Box::pin(requests), responses }, Box::pin(answers))
}

/// The receiver's end of an enricher's stream, and the stream that goes back.
pub fn export_end(requests: ExportRequests) -> (ReceiverEnd<EnrichedRun>, ExportResponses) {
    let mut reader = EnrichedReader::default();
    let requests = requests.map(move |said| reader.read(said?));
    let (responses, answers) = mpsc::channel(ANSWER_QUEUE);
    let answers = with_heartbeats(answers).map(|said| said.map(wire::export_response));
    (ReceiverEnd { requests: Box::pin(requests), responses }, Box::pin(answers))
}
