//! Small things that messages are made of.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use weir_rpc::pb;

use crate::orchestration::{Denied, RegionRow, RowState};
use crate::reader::{AccountFault, Fault, Place, RegionPart};

/// The most octets of a message that has lists: a receiver takes 4 MiB by default.
pub(super) const MAX_OCTETS: usize = 3 << 20;

/// A time, as far as the message's range goes.
pub(super) fn time(time: SystemTime) -> prost_types::Timestamp {
    time.into()
}

/// A time in Unix seconds.
pub(super) fn seconds(seconds: u64) -> prost_types::Timestamp {
    time(UNIX_EPOCH + Duration::from_secs(seconds.min(u32::MAX.into())))
}

pub(super) fn duration(duration: Duration) -> Option<prost_types::Duration> {
    duration.try_into().ok()
}

pub(super) fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) fn problem(fault: &AccountFault) -> pb::AccountProblem {
    pb::AccountProblem {
        account_id: fault.account_id.clone().unwrap_or_default(),
        configured_as: fault.configured_as.clone(),
        kind: fault.fault.kind.name().to_owned(),
        cause: fault.fault.cause.clone(),
    }
}

pub(super) fn region(place: &Place, row: &RegionRow) -> pb::RegionProgress {
    let state = match row.state {
        RowState::Waiting => pb::RegionState::Waiting,
        RowState::Reading => pb::RegionState::Reading,
        RowState::Fresh => pb::RegionState::Fresh,
        RowState::Stale => pb::RegionState::Stale,
        RowState::Excluded => pb::RegionState::Excluded,
    };
    let found = row.found.iter();
    let found =
        found.map(|(what, count)| pb::FoundCount { what: (*what).to_owned(), count: *count });
    pb::RegionProgress {
        account_id: place.account_id.clone(),
        region: place.region.clone(),
        state: state.into(),
        calls: row.calls,
        found: found.collect(),
        cause: row.cause.clone(),
        duration: row.duration.and_then(duration),
    }
}

pub(super) fn denied(denied: &Denied) -> pb::DeniedAction {
    pb::DeniedAction {
        account_id: denied.account_id.clone(),
        region: denied.region.clone(),
        action: denied.action.clone(),
        cause: denied.cause.clone(),
    }
}

pub(super) fn unread((place, part, fault): &(Place, RegionPart, Fault)) -> pb::UnreadPart {
    pb::UnreadPart {
        account_id: place.account_id.clone(),
        region: place.region.clone(),
        part: part.name().to_owned(),
        cause: fault.cause.clone(),
    }
}
