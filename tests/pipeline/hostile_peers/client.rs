//! A client that says what it likes.

use std::future::Future;

use tokio::runtime::Builder;
use tokio_stream::iter;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use weir_rpc::pb::enrich_service_client::EnrichServiceClient;
use weir_rpc::pb::export_service_client::ExportServiceClient;
use weir_rpc::pb::{
    Answer, EnrichRequest, EnrichResponse, EnrichedRun, ExportRequest, ExportResponse, RawBatch,
    RawRun, RecordBatch, RunId, enrich_request, enrich_response, export_request, export_response,
};
use weir_tests::Corpus;

use super::PATIENCE;

/// Runs a client to its end.
pub(super) fn client<T>(calls: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let timed = async { tokio::time::timeout(PATIENCE, calls).await.expect("an answer in time") };
    runtime.block_on(timed)
}

pub(super) async fn channel(url: String) -> Channel {
    Endpoint::from_shared(url).unwrap().connect().await.unwrap()
}

/// Sends `requests` to an enricher and ends its half: all answers, and how the stream ended.
pub(super) async fn enrich(
    url: String,
    requests: Vec<EnrichRequest>,
) -> (Vec<Answer>, Result<(), Status>) {
    let mut client = EnrichServiceClient::new(channel(url).await);
    let mut answers = Vec::new();
    let mut responses = match client.enrich(iter(requests)).await {
        Ok(response) => response.into_inner(),
        Err(status) => return (answers, Err(status)),
    };
    loop {
        match responses.message().await {
            Ok(Some(EnrichResponse { message: Some(enrich_response::Message::Answers(said)) })) => {
                answers.extend(said.answers);
            }
            Ok(Some(_)) => {}
            Ok(None) => return (answers, Ok(())),
            Err(status) => return (answers, Err(status)),
        }
    }
}

/// The same with an exporter.
pub(super) async fn export(
    url: String,
    requests: Vec<ExportRequest>,
) -> (Vec<Answer>, Result<(), Status>) {
    let mut client = ExportServiceClient::new(channel(url).await);
    let mut answers = Vec::new();
    let mut responses = match client.export(iter(requests)).await {
        Ok(response) => response.into_inner(),
        Err(status) => return (answers, Err(status)),
    };
    loop {
        match responses.message().await {
            Ok(Some(ExportResponse { message: Some(export_response::Message::Answers(said)) })) => {
                answers.extend(said.answers);
            }
            Ok(Some(_)) => {}
            Ok(None) => return (answers, Ok(())),
            Err(status) => return (answers, Err(status)),
        }
    }
}

pub(super) fn id(low: u64) -> RunId {
    RunId { high: 0xbad, low }
}

pub(super) fn raw(runs: Vec<RawRun>) -> EnrichRequest {
    EnrichRequest { message: Some(enrich_request::Message::Batch(RawBatch { runs })) }
}

pub(super) fn enriched(runs: Vec<EnrichedRun>) -> ExportRequest {
    ExportRequest { message: Some(export_request::Message::Batch(RecordBatch { runs })) }
}

/// A run of lines that are none: it becomes no record, and rejected lines.
pub(super) fn nonsense(low: u64, octets: usize) -> RawRun {
    RawRun {
        id: Some(id(low)),
        log_format: Corpus::log_format(),
        text: b"nonsense\n".repeat(octets / 9).into(),
        first_line: 1,
        ..RawRun::default()
    }
}
