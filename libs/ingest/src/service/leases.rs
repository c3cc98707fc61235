//! The leases, as callers see them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tonic::{Code, Status};
use weir_control::failures;
use weir_lease::{LeaseError, LeaseRecord};
use weir_rpc::pb;
use weir_rpc::status::{Failure, PageToken, Violations, page_size};
use weir_store::Store;

use super::lease_id::{KINDS, LeaseId, LeaseKind};
use super::{PAGE, position};

/// What failures call them.
const WHAT: &str = "leases";

/// A page of the leases.
pub(super) async fn list(
    store: &Arc<dyn Store>,
    asked: &pb::ListLeasesRequest,
) -> Result<pb::ListLeasesResponse, Status> {
    let kinds = kinds(&asked.kind)?;
    let tokens = PageToken::of("weir.v1.IngestService/ListLeases", &[&asked.kind]);
    let after = tokens.read(&asked.page_token)?.and_then(|cursor| LeaseId::parse(&cursor));
    let size = page_size(asked.page_size, PAGE.0, PAGE.1);
    let (found, has_more) = page(store, kinds, after, size).await.map_err(unavailable)?;
    let now = SystemTime::now();
    let last = found.last().filter(|_| has_more);
    let next_page_token = last.map(|(id, _)| tokens.write(&id.to_string())).unwrap_or_default();
    let mut leases = Vec::with_capacity(found.len());
    for (id, record) in found {
        let is_waiting = is_waiting(store, &id, &record).await.map_err(unavailable)?;
        leases.push(message(&id, record, is_waiting, now));
    }
    Ok(pb::ListLeasesResponse { leases, next_page_token })
}

fn kinds(asked: &str) -> Result<Vec<LeaseKind>, Status> {
    match (asked, LeaseKind::by_name(asked)) {
        ("", _) => Ok(KINDS.into()),
        (_, Some(kind)) => Ok(vec![kind]),
        _ => {
            Err(Violations::of("kind", "give `kinesis` or `cloudwatch`, or leave it empty").into())
        }
    }
}

/// Leases behind one, and whether there may be more.
async fn page(
    store: &Arc<dyn Store>,
    kinds: Vec<LeaseKind>,
    after: Option<LeaseId>,
    size: usize,
) -> Result<(Vec<(LeaseId, LeaseRecord)>, bool), LeaseError> {
    let first = after.as_ref().and_then(|id| kinds.iter().position(|kind| *kind == id.kind));
    let (mut found, mut after) = (Vec::new(), after.map(|id| id.unit));
    for kind in kinds.into_iter().skip(first.unwrap_or_default()) {
        let table = kind.table(store);
        loop {
            if found.len() >= size {
                return Ok((found, true));
            }
            let page = table.page(after.as_ref(), size - found.len()).await?;
            found.extend(
                page.units.into_iter().map(|(unit, record)| (LeaseId { kind, unit }, record)),
            );
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok((found, false))
}

/// Whether nobody can have it, since a parent is not finished.
async fn is_waiting(
    store: &Arc<dyn Store>,
    id: &LeaseId,
    record: &LeaseRecord,
) -> Result<bool, LeaseError> {
    if record.owner.is_some() || record.is_finished() {
        return Ok(false);
    }
    let table = id.kind.table(store);
    for parent in &record.parents {
        let parent = table.record(&id.unit.sibling(parent)).await?;
        if parent.is_some_and(|parent| !parent.is_finished()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A lease at `now`.
pub(super) fn message(
    id: &LeaseId,
    record: LeaseRecord,
    is_waiting: bool,
    now: SystemTime,
) -> pb::Lease {
    let state = state(&record, is_waiting, now);
    let lag = record.lag_ms.map(Duration::from_millis);
    pb::Lease {
        id: id.to_string(),
        kind: id.kind.name().to_owned(),
        input: id.unit.set.clone(),
        part: id.unit.name.clone(),
        state: state.into(),
        owner: record.owner.unwrap_or_default(),
        fence: record.fence,
        position: position::text(id.kind, &record.checkpoint),
        renewed_at: record.renewal.and_then(|renewal| position::timestamp(renewal.at_ms)),
        expires_at: record.renewal.and_then(|renewal| position::timestamp(renewal.until_ms)),
        hand_over_to: record.hand_over_to.unwrap_or_default(),
        parents: record.parents,
        children: record.children.into_iter().map(|child| child.name).collect(),
        lag: lag.and_then(|lag| lag.try_into().ok()),
        last_error: record.last_error,
        times_set: record.placement.map_or(0, |placement| placement.times),
    }
}

fn state(record: &LeaseRecord, is_waiting: bool, now: SystemTime) -> pb::LeaseState {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let is_over = |until_ms| Duration::from_millis(until_ms) < now;
    match (&record.owner, record.renewal) {
        _ if record.is_finished() => pb::LeaseState::Finished,
        (Some(_), Some(renewal)) if is_over(renewal.until_ms) => pb::LeaseState::Expired,
        (Some(_), _) => pb::LeaseState::Held,
        (None, _) if is_waiting => pb::LeaseState::Waiting,
        (None, _) => pb::LeaseState::Free,
    }
}

/// Why a lease was not changed.
pub(super) fn failure(id: &LeaseId, error: LeaseError) -> Status {
    let refused = |reason, message: &str| {
        Failure::new(Code::FailedPrecondition, reason, message.to_owned()).into()
    };
    match error {
        LeaseError::Unknown { .. } => LeaseId::unknown(&id.to_string()),
        LeaseError::Finished { .. } => refused(
            "LEASE_FINISHED",
            "it was read to its end, and the shards that follow it have begun: ListLeases has \
             these, and their positions can be set",
        ),
        LeaseError::Free { .. } => {
            refused("LEASE_FREE", "nobody has this lease: there is nothing to release")
        }
        LeaseError::Stale { fence, .. } => {
            let message = format!(
                "the lease was given to somebody else or taken away since it was read: its fence \
                 is {fence}; read it again and repeat the call with that"
            );
            Failure::new(Code::Aborted, "STALE_FENCE", message).with("currentFence", fence).into()
        }
        other => unavailable(other),
    }
}

fn unavailable(error: LeaseError) -> Status {
    match error {
        LeaseError::Store(error) => failures::of_store(WHAT, &error),
        error => {
            tracing::error!(%error, "the leases cannot be read");
            let message = "the leases cannot be read at the moment: see the log, and try again";
            Failure::new(Code::Unavailable, "STORE_UNAVAILABLE", message).into()
        }
    }
}
