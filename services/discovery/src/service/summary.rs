//! How a sweep went, as a message.

use prost::Message as _;
use weir_rpc::pb;

use super::messages::{MAX_OCTETS, count, denied, duration, problem, region, time, unread};
use super::resources::{bucket, log_group, stream, vpc};
use crate::orchestration::{RowState, SweepReport};
use crate::publish::Edition;

/// The most items of a list.
const MOST: usize = 1000;

/// The summary without what the inventory has.
pub(super) fn outline(report: &SweepReport) -> pb::SweepSummary {
    let stale = report.regions.iter().filter(|(_, row)| row.state == RowState::Stale);
    pb::SweepSummary {
        started_at: Some(time(report.started_at)),
        duration: duration(report.duration),
        accounts: count(report.accounts),
        regions_fresh: count(report.count(RowState::Fresh)),
        regions_stale: count(report.count(RowState::Stale)),
        regions_excluded: count(report.count(RowState::Excluded)),
        calls: report.calls(),
        is_published: report.publish_error.is_none(),
        publish_error: report.publish_error.clone().unwrap_or_default(),
        problems: report.problems.iter().take(MOST).map(problem).collect(),
        stale: stale.take(MOST).map(|(place, row)| region(place, row)).collect(),
        unread: report.unread.iter().take(MOST).map(unread).collect(),
        denied: report.denied.iter().take(MOST).map(denied).collect(),
        ..pb::SweepSummary::default()
    }
}

/// The whole summary.
pub(super) fn summary(report: &SweepReport, edition: &Edition) -> pb::SweepSummary {
    let parts = || edition.snapshots();
    let vpcs = parts().flat_map(|(place, part)| {
        part.inventory.vpcs.iter().map(move |each| vpc(place, part, each))
    });
    let streams = parts()
        .flat_map(|(place, part)| part.kinesis_streams.iter().map(move |each| stream(place, each)));
    let groups = parts().flat_map(|(place, part)| {
        part.log_groups.iter().map(move |each| log_group(place, part, each))
    });
    let buckets = parts().flat_map(|(place, part)| {
        part.buckets.iter().map(move |each| bucket(edition, place, each))
    });
    fitted(pb::SweepSummary {
        vpc_count: edition.counts().vpcs,
        vpcs: vpcs.take(MOST).collect(),
        kinesis_stream_count: parts().map(|(_, part)| part.kinesis_streams.len() as u64).sum(),
        kinesis_streams: streams.take(MOST).collect(),
        log_group_count: parts().map(|(_, part)| part.log_groups.len() as u64).sum(),
        log_groups: groups.take(MOST).collect(),
        bucket_count: parts().map(|(_, part)| part.buckets.len() as u64).sum(),
        buckets: buckets.take(MOST).collect(),
        ..outline(report)
    })
}

/// The summary with lists that are short enough for a message.
fn fitted(mut summary: pb::SweepSummary) -> pb::SweepSummary {
    let mut most = MOST;
    while summary.encoded_len() > MAX_OCTETS && most > 0 {
        most /= 2;
        summary.problems.truncate(most);
        summary.stale.truncate(most);
        summary.unread.truncate(most);
        summary.denied.truncate(most);
        summary.vpcs.truncate(most);
        summary.kinesis_streams.truncate(most);
        summary.log_groups.truncate(most);
        summary.buckets.truncate(most);
    }
    summary
}
