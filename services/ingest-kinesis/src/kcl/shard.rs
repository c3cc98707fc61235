//! What is counted of a shard.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::micros;

/// What is counted of a shard.
#[derive(Debug, Default)]
pub(crate) struct ShardMeter {
    /// How far it is behind, in milliseconds, as Kinesis says.
    pub(crate) behind_ms: AtomicU64,
    pub(super) records: AtomicU64,
    pub(super) octets: AtomicU64,
    pub(super) processing_us: AtomicU64,
    pub(super) expired_iterators: AtomicU64,
}

impl ShardMeter {
    /// A record was read to its end, which took so long.
    pub(crate) fn record(&self, octets: usize, took: Duration) {
        self.records.fetch_add(1, Ordering::Relaxed);
        self.octets.fetch_add(octets as u64, Ordering::Relaxed);
        self.processing_us.fetch_add(micros(took), Ordering::Relaxed);
    }
}

/// Records that were had together and read to their end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchRead {
    pub(crate) records: usize,
    pub(crate) octets: usize,
    pub(crate) took: Duration,
}
