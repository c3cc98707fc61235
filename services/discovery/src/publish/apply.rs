//! One edition and what a sweep found give the next edition.

use std::sync::Arc;
use std::time::Duration;

use weir_inventory::region::{MAX_PARTS, RangesVersion, RegionSnapshot, Stale, carry_over};
use weir_inventory::{Account, IpRanges};

use super::edition::{Edition, Part};
use super::findings::{Findings, Outcome};
use crate::reader::{Fault, Reading, RegionPart};

/// The longest cause that an index repeats, in characters: it has thousands of parts.
const MAX_CAUSE: usize = 500;

/// The edition that follows `last` after a sweep at `now` (Unix milliseconds).
///
/// - A region that was read gets its new content, with the history of what vanished within
///   `keep`. Where nothing but the time differs, the version stays: nobody loads it again.
/// - What could not be read keeps its content and is stale: a region, all regions of an account.
///   A closed region is dropped once its content is older than `keep`.
/// - What is no longer configured is not in the new edition.
pub fn apply(last: &Edition, findings: Findings, now: u64, keep: Duration) -> Edition {
    let moment = Moment { now, keep };
    let ranges = moment.ranges(last, findings.ranges.as_ref());
    let mut next = Edition { revision: last.revision, ranges, ..Edition::default() };
    for (place, part) in &last.parts {
        if !findings.outcomes.contains_key(place)
            && let Some(Fault { cause, .. }) = findings.fault_of(&place.account_id)
        {
            next.parts.insert(place.clone(), moment.stale(part, cause));
        }
    }
    let names = findings.account_names();
    for (place, outcome) in findings.outcomes {
        let known = last.parts.get(&place);
        let part = match outcome {
            Outcome::Fresh(reading) => {
                let name = names.get(&place.account_id).cloned().flatten();
                Some(moment.fresh(known, *reading, name))
            }
            Outcome::Stale(fault) => known.map(|part| moment.stale(part, fault.cause)),
            Outcome::Excluded(cause) => known.and_then(|part| moment.closed(part, &cause)),
        };
        next.parts.extend(part.map(|part| (place, part)));
    }
    // No reader takes an index with more.
    while next.parts.len() > MAX_PARTS {
        next.parts.pop_last();
    }
    next
}

/// When the edition comes about.
struct Moment {
    /// Unix milliseconds.
    now: u64,
    keep: Duration,
}

impl Moment {
    fn seconds(&self) -> u64 {
        self.now / 1000
    }

    /// A version that this place has not had.
    fn version_after(&self, last: Option<u64>) -> u64 {
        last.map_or(self.now, |last| self.now.max(last + 1))
    }

    fn fresh(&self, known: Option<&Part>, reading: Reading, name: Option<String>) -> Part {
        let Reading { mut snapshot, unread } = reading;
        // The part itself says when; so that content that is the same compares equal.
        snapshot.inventory.generated_at = 0;
        if snapshot.inventory.accounts.is_empty() {
            let id = snapshot.account_id.clone();
            snapshot.inventory.accounts.push(Account { id, name });
        }
        let taken_at = snapshot.taken_at;
        let Some(known) = known else {
            let version = self.version_after(None);
            return Part { version, taken_at, stale: None, snapshot: Arc::new(snapshot) };
        };
        for unread in unread {
            stand_in(unread.part, &known.snapshot, &mut snapshot);
        }
        let snapshot = carry_over(&known.snapshot, snapshot, self.seconds(), self.keep);
        let version = if is_same(&known.snapshot, &snapshot) {
            known.version
        } else {
            self.version_after(Some(known.version))
        };
        Part { version, taken_at, stale: None, snapshot: Arc::new(snapshot) }
    }

    fn stale(&self, part: &Part, cause: String) -> Part {
        let since = part.stale.as_ref().map_or(self.seconds(), |stale| stale.since);
        let cause = cause.chars().take(MAX_CAUSE).collect();
        Part { stale: Some(Stale { since, cause }), ..part.clone() }
    }

    fn closed(&self, part: &Part, cause: &str) -> Option<Part> {
        let end = part.taken_at.saturating_add(self.keep.as_secs());
        let stays = end > self.seconds();
        stays.then(|| self.stale(part, format!("the region is closed: {cause}")))
    }

    fn ranges(
        &self,
        last: &Edition,
        found: Option<&IpRanges>,
    ) -> Option<(RangesVersion, Arc<IpRanges>)> {
        let Some(found) = found else { return last.ranges.clone() };
        if let Some((_, known)) = &last.ranges
            && **known == *found
        {
            return last.ranges.clone();
        }
        let known = last.ranges.as_ref().map(|(version, _)| version.version);
        let version = self.version_after(known);
        let version = RangesVersion { sync_token: found.sync_token.clone(), version };
        Some((version, Arc::new(found.clone())))
    }
}

/// Whether nothing but the time of reading differs. Nothing large is copied.
fn is_same(known: &RegionSnapshot, next: &RegionSnapshot) -> bool {
    let RegionSnapshot {
        format,
        account_id,
        region,
        taken_at: _,
        inventory,
        flow_logs,
        log_groups,
        kinesis_streams,
        buckets,
    } = known;
    (format, account_id, region) == (&next.format, &next.account_id, &next.region)
        && *inventory == next.inventory
        && *flow_logs == next.flow_logs
        && *log_groups == next.log_groups
        && *kinesis_streams == next.kinesis_streams
        && *buckets == next.buckets
}

/// Lets what the last snapshot has of a part stand in for what could not be read.
fn stand_in(part: RegionPart, known: &RegionSnapshot, next: &mut RegionSnapshot) {
    match part {
        RegionPart::FlowLogs => next.flow_logs.clone_from(&known.flow_logs),
        RegionPart::LogGroups => next.log_groups.clone_from(&known.log_groups),
        RegionPart::KinesisStreams => next.kinesis_streams.clone_from(&known.kinesis_streams),
        RegionPart::Buckets => next.buckets.clone_from(&known.buckets),
        RegionPart::TransitGateways => {
            let (known, next) = (&known.inventory, &mut next.inventory);
            next.transit_gateways.clone_from(&known.transit_gateways);
            next.transit_gateway_attachments.clone_from(&known.transit_gateway_attachments);
            next.transit_gateway_route_tables.clone_from(&known.transit_gateway_route_tables);
        }
        RegionPart::Detail => {}
    }
}
