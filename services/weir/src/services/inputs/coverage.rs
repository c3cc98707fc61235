//! Which objects of S3 better inputs have.

use std::time::{SystemTime, UNIX_EPOCH};

use weir_control::inputs::FollowedInputs;
use weir_ingest_s3::{BetterSource, Coverage, Decision};
use weir_inventory::coverage::SourceKind;

use super::EnabledInputs;

/// For how long after the time that is asked for records of an object may end, in seconds.
const OBJECT: u64 = 5 * 60;

/// Knows the flow logs that better inputs have. What is not known is exported.
pub(in crate::services) struct BetterInputs(EnabledInputs);

impl BetterInputs {
    pub(in crate::services) fn new(inputs: EnabledInputs) -> Self {
        Self(inputs)
    }
}

impl Coverage for BetterInputs {
    fn decide(&self, flow_log_id: &str, time: SystemTime) -> Decision {
        let inputs = self.0.borrow().clone();
        let better = inputs.and_then(|inputs| better(&inputs, flow_log_id, time));
        better.map_or(Decision::Export, Decision::Skip)
    }
}

/// The one that has the first of the records, if each of them is in a better one.
fn better(inputs: &FollowedInputs, flow_log_id: &str, time: SystemTime) -> Option<BetterSource> {
    let first = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let of = |end| inputs.better_than_kind(SourceKind::S3, flow_log_id, end);
    let kind = of(first)?.kind;
    // A better one may end amid the object, and the next one begin later.
    (first..=first.saturating_add(OBJECT)).all(|end| of(end).is_some()).then_some(match kind {
        SourceKind::Kinesis => BetterSource::Kinesis,
        SourceKind::CloudWatchLogs => BetterSource::CloudWatchLogs,
        SourceKind::S3 => BetterSource::EarlierBucket,
    })
}
