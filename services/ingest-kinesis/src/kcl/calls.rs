//! What is counted of calls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::catalogue::Metric;
use super::micros;

/// The calls that are measured: of Kinesis, and writes of checkpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    GetRecords,
    GetShardIterator,
    SubscribeToShard,
    UpdateLease,
}

impl Operation {
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::GetRecords, "get_records"),
        (Self::GetShardIterator, "get_shard_iterator"),
        (Self::SubscribeToShard, "subscribe_to_shard"),
        (Self::UpdateLease, "update_lease"),
    ];

    /// Whether it succeeded and how long it took, as the library has it.
    pub(super) fn metrics(self) -> Option<(Metric, Metric)> {
        match self {
            Self::GetRecords => Some((Metric::GetRecordsSuccess, Metric::GetRecordsTime)),
            Self::GetShardIterator => {
                Some((Metric::GetShardIteratorSuccess, Metric::GetShardIteratorTime))
            }
            Self::UpdateLease => Some((Metric::UpdateLeaseSuccess, Metric::UpdateLeaseTime)),
            // The library has none of subscriptions.
            Self::SubscribeToShard => None,
        }
    }
}

/// What is counted of an operation.
#[derive(Debug, Default)]
pub(super) struct CallMeter {
    pub(super) succeeded: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) took_us: AtomicU64,
}

impl CallMeter {
    pub(super) fn count(&self, is_done: bool, took: Duration) {
        let count = if is_done { &self.succeeded } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        self.took_us.fetch_add(micros(took), Ordering::Relaxed);
    }
}
