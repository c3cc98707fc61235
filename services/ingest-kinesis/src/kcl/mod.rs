//! What the Kinesis Client Library measures, under weir's names, as much as the level says.
//!
//! Everything is counted at every level; the level decides what is shown. Shards come and go, so
//! they are shown as long as they are read here, and no longer.

mod shown;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use opentelemetry::global;
use tokio::sync::watch;
use weir_control::settings::MetricsLevel;
use weir_lease::UnitId;

/// What is counted of a shard.
#[derive(Debug, Default)]
pub(crate) struct ShardMeter {
    /// How far it is behind, in milliseconds, as Kinesis says.
    pub(crate) behind_ms: AtomicU64,
    records: AtomicU64,
    octets: AtomicU64,
    processing_us: AtomicU64,
    expired_iterators: AtomicU64,
}

impl ShardMeter {
    /// A record was read to its end, which took so long.
    pub(crate) fn record(&self, octets: usize, took: Duration) {
        self.records.fetch_add(1, Ordering::Relaxed);
        self.octets.fetch_add(octets as u64, Ordering::Relaxed);
        self.processing_us.fetch_add(micros(took), Ordering::Relaxed);
    }

    pub(crate) fn expired_iterator(&self) {
        self.expired_iterators.fetch_add(1, Ordering::Relaxed);
    }
}

/// The calls that are measured: of Kinesis, and writes of checkpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    GetRecords,
    GetShardIterator,
    SubscribeToShard,
    UpdateLease,
}

impl Operation {
    const ALL: [(Self, &'static str); 4] = [
        (Self::GetRecords, "get_records"),
        (Self::GetShardIterator, "get_shard_iterator"),
        (Self::SubscribeToShard, "subscribe_to_shard"),
        (Self::UpdateLease, "update_lease"),
    ];
}

/// What is counted of an operation.
#[derive(Debug, Default)]
struct CallMeter {
    succeeded: AtomicU64,
    failed: AtomicU64,
    took_us: AtomicU64,
}

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Kcl {
    level: watch::Receiver<MetricsLevel>,
    shards: Mutex<HashMap<Arc<UnitId>, Weak<ShardMeter>>>,
    calls: [CallMeter; Operation::ALL.len()],
}

impl Kcl {
    /// Begins to count, and to show what is counted.
    pub(crate) fn start(level: watch::Receiver<MetricsLevel>) -> Arc<Self> {
        let kcl = Arc::new(Self { level, shards: Mutex::default(), calls: Default::default() });
        let shown = Arc::downgrade(&kcl);
        shown::show_shards(&global::meter("weir"), &shown);
        shown::show_calls(&global::meter("weir"), &shown);
        kcl
    }

    /// What is counted of a shard, as long as somebody holds it.
    pub(crate) fn shard(&self, unit: &Arc<UnitId>) -> Arc<ShardMeter> {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meter) = shards.get(unit).and_then(Weak::upgrade) {
            return meter;
        }
        shards.retain(|_, meter| meter.strong_count() > 0);
        let meter = Arc::new(ShardMeter::default());
        shards.insert(Arc::clone(unit), Arc::downgrade(&meter));
        meter
    }

    /// Counts a call, and hands its outcome on.
    pub(crate) async fn measured<T, E>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = tokio::time::Instant::now();
        let outcome = call.await;
        if let Some(meter) = self.calls.get(operation as usize) {
            let count = if outcome.is_ok() { &meter.succeeded } else { &meter.failed };
            count.fetch_add(1, Ordering::Relaxed);
            meter.took_us.fetch_add(micros(began.elapsed()), Ordering::Relaxed);
        }
        outcome
    }

    /// The shards that are read here, from SUMMARY on.
    fn shown_shards(&self) -> Vec<(Arc<UnitId>, Arc<ShardMeter>)> {
        if *self.level.borrow() == MetricsLevel::None {
            return Vec::new();
        }
        let shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(unit, meter): (&Arc<UnitId>, &Weak<ShardMeter>)| {
            Some((Arc::clone(unit), meter.upgrade()?))
        };
        shards.iter().filter_map(of).collect()
    }

    fn shows_calls(&self) -> bool {
        *self.level.borrow() == MetricsLevel::Detailed
    }

    fn named_calls(&self) -> impl Iterator<Item = (&'static str, &CallMeter)> {
        Operation::ALL.iter().map(|(_, name)| *name).zip(&self.calls)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
