//! The state of inputs, as callers see it.

use std::time::{Duration, SystemTime};

use tonic::Status;
use weir_control::failures;
use weir_rpc::pb;
use weir_rpc::status::{PageToken, page_size};
use weir_store::{Key, Store};

use super::PAGE;
use crate::input::{InputStatus, status_prefix};

/// A page of the state of inputs.
pub(super) async fn list(
    store: &dyn Store,
    asked: &pb::ListInputStatusRequest,
) -> Result<pb::ListInputStatusResponse, Status> {
    let tokens = PageToken::of("weir.v1.IngestService/ListInputStatus", &[]);
    let after: Option<Key> = tokens.read(&asked.page_token)?.and_then(|cursor| cursor.parse().ok());
    let size = page_size(asked.page_size, PAGE.0, PAGE.1);
    let page = store.list(&status_prefix(), after.as_ref(), size).await;
    let page = page.map_err(|error| failures::of_store("states of inputs", &error))?;
    let now = SystemTime::now();
    let read = page.entries.iter().filter_map(|entry| {
        let status: InputStatus = serde_json::from_slice(&entry.value.value).ok()?;
        Some(message_of(status, now))
    });
    let inputs = read.collect();
    let last = page.next.as_ref();
    let next_page_token = last.map(|key| tokens.write(key.as_str())).unwrap_or_default();
    Ok(pb::ListInputStatusResponse { inputs, next_page_token })
}

fn message_of(status: InputStatus, now: SystemTime) -> pb::InputStatus {
    let duration = |time: Duration| prost_types::Duration::try_from(time).ok();
    pb::InputStatus {
        lag: status.lag().and_then(duration),
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
