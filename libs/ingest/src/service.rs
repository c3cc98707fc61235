//! `weir.v1.IngestService`: the state of inputs, as their workers write it to the store.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tonic::{Request, Response, Status};
use weir_rpc::pb::ingest_service_server::{IngestService, IngestServiceServer};
use weir_rpc::pb::{InputStatus as InputMessage, ListInputStatusRequest, ListInputStatusResponse};
use weir_rpc::server::Services;
use weir_rpc::status::{Failure, PageToken, page_size};
use weir_store::{Key, Store};

use crate::input::{InputStatus, status_prefix};

/// Inputs of a page, where the caller does not say; and at most.
const PAGE: (usize, usize) = (100, 1000);

/// Adds the service to a listener.
pub fn with_ingest_service(services: Services, store: Arc<dyn Store>) -> Services {
    services.with(weir_rpc::limited!(IngestServiceServer::new(StatusService { store })))
}

struct StatusService {
    store: Arc<dyn Store>,
}

#[tonic::async_trait]
impl IngestService for StatusService {
    async fn list_input_status(
        &self,
        request: Request<ListInputStatusRequest>,
    ) -> Result<Response<ListInputStatusResponse>, Status> {
        let asked = request.into_inner();
        let tokens = PageToken::of("weir.v1.IngestService/ListInputStatus", &[]);
        let after: Option<Key> =
            tokens.read(&asked.page_token)?.and_then(|cursor| cursor.parse().ok());
        let size = page_size(asked.page_size, PAGE.0, PAGE.1);
        let page = self.store.list(&status_prefix(), after.as_ref(), size).await;
        let page = page.map_err(|error| {
            tracing::error!(%error, "the state of inputs cannot be read");
            let message = "the store cannot be read at the moment: see the log, and try again";
            Status::from(Failure::new(tonic::Code::Unavailable, "STORE_UNAVAILABLE", message))
        })?;
        let now = SystemTime::now();
        let read = page.entries.iter().filter_map(|entry| {
            let status: InputStatus = serde_json::from_slice(&entry.value.value).ok()?;
            Some(message_of(status, now))
        });
        let inputs = read.collect();
        let last = page.next.as_ref();
        let next_page_token = last.map(|key| tokens.write(key.as_str())).unwrap_or_default();
        Ok(Response::new(ListInputStatusResponse { inputs, next_page_token }))
    }
}

fn message_of(status: InputStatus, now: SystemTime) -> InputMessage {
    let duration = |time: Duration| prost_types::Duration::try_from(time).ok();
    InputMessage {
        lag: status.lag().and_then(duration),
        log_formats: status.log_formats.clone(),
        age: duration(status.age(now)),
        name: status.name,
        kind: status.kind,
        worker: status.worker,
        runs_read: status.runs_read,
        octets_read: status.octets_read,
        runs_committed: status.runs_committed,
        runs_rejected: status.runs_rejected,
        runs_resent: status.runs_resent,
        rewinds: status.rewinds,
        runs_in_flight: status.runs_in_flight,
        octets_in_flight: status.octets_in_flight,
        units_done: status.units_done,
        units_failed: status.units_failed,
        last_error: status.last_error,
    }
}
