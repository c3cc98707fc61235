//! What the Kinesis Client Library measures, as much as the level says.
//!
//! - `shown`: under weir's names, for Prometheus and OpenTelemetry. Everything is counted at every
//!   level; the level decides what is shown. Shards come and go, so they are shown as long as they
//!   are read here, and no longer;
//! - `samples`: under the library's names (`catalogue`), for CloudWatch, where that is switched on:
//!   what the level has is measured;
//! - `shard`, `calls`, `leases`: what is counted of shards, of calls, and of what a worker does with
//!   its leases.

mod calls;
mod catalogue;
mod leases;
mod samples;
mod shard;
mod shown;

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use opentelemetry::global;
use tokio::sync::watch;
use weir_control::settings::MetricsLevel;
use weir_ingest::LeaseMeter;
use weir_lease::UnitId;

use calls::CallMeter;
pub(crate) use calls::Operation;
pub(crate) use catalogue::{Metric, Unit};
pub(crate) use samples::{Samples, Scope, Series, Statistic};
pub(crate) use shard::{BatchRead, ShardMeter};

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Kcl {
    level: watch::Receiver<MetricsLevel>,
    shards: Mutex<HashMap<Arc<UnitId>, Weak<ShardMeter>>>,
    calls: [CallMeter; Operation::ALL.len()],
    leases: Arc<LeaseMeter>,
    /// None where nothing is put to CloudWatch.
    samples: Option<Samples>,
}

impl Kcl {
    /// Begins to count the reading of the shards of `table`, and to show what is counted; and to
    /// measure it for CloudWatch, if that is wanted.
    pub(crate) fn start(
        table: &'static str,
        level: watch::Receiver<MetricsLevel>,
        is_sampled: bool,
    ) -> Arc<Self> {
        let kcl = Arc::new(Self {
            leases: LeaseMeter::at_level(table, level.clone()),
            level,
            shards: Mutex::default(),
            calls: Default::default(),
            samples: is_sampled.then(Samples::default),
        });
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

    /// What is measured for CloudWatch.
    pub(crate) fn samples(&self) -> Option<&Samples> {
        self.samples.as_ref()
    }

    /// How much is measured now.
    pub(crate) fn level(&self) -> MetricsLevel {
        *self.level.borrow()
    }

    /// Records of a shard were read to their end.
    pub(crate) fn batch_read(&self, unit: &Arc<UnitId>, meter: &ShardMeter, batch: BatchRead) {
        let scope = Scope::Shard(Arc::clone(unit));
        let behind = meter.behind_ms.load(Ordering::Relaxed);
        self.sample(Metric::RecordsProcessed, &scope, batch.records as f64);
        self.sample(Metric::DataBytesProcessed, &scope, batch.octets as f64);
        self.sample(Metric::MillisBehindLatest, &scope, behind as f64);
        if batch.records > 0 {
            self.sample(Metric::ProcessRecordsTime, &scope, milliseconds(batch.took));
        }
    }

    /// An iterator of a shard was too old.
    pub(crate) fn expired_iterator(&self, unit: &Arc<UnitId>, meter: &ShardMeter) {
        meter.expired_iterators.fetch_add(1, Ordering::Relaxed);
        self.sample(Metric::ExpiredIterator, &Scope::Shard(Arc::clone(unit)), 1.0);
    }

    /// The shards of a stream were listed and compared with their leases.
    pub(crate) fn shard_sync(&self, is_done: bool, took: Duration) {
        let metrics = (Metric::ShardSyncSuccess, Metric::ShardSyncTime);
        self.sample_call(metrics, &Scope::Application, is_done, took);
    }

    /// Counts a call for a shard, and hands its outcome on.
    pub(crate) async fn measured<T, E>(
        &self,
        operation: Operation,
        unit: &Arc<UnitId>,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = tokio::time::Instant::now();
        let outcome = call.await;
        let took = began.elapsed();
        if let Some(meter) = self.calls.get(operation as usize) {
            meter.count(outcome.is_ok(), took);
        }
        if let Some(metrics) = operation.metrics() {
            self.sample_call(metrics, &Scope::Shard(Arc::clone(unit)), outcome.is_ok(), took);
        }
        outcome
    }

    /// Whether a call succeeded, and how long it took.
    fn sample_call(
        &self,
        (success, time): (Metric, Metric),
        scope: &Scope,
        is_done: bool,
        took: Duration,
    ) {
        self.sample(success, scope, f64::from(u8::from(is_done)));
        self.sample(time, scope, milliseconds(took));
    }

    fn sample(&self, metric: Metric, scope: &Scope, value: f64) {
        let Some(samples) = &self.samples else { return };
        if metric.entry().level <= self.level() {
            samples.add(metric, scope.clone(), value);
        }
    }

    /// The shards that are read here, from SUMMARY on.
    fn shown_shards(&self) -> Vec<(Arc<UnitId>, Arc<ShardMeter>)> {
        if self.level() == MetricsLevel::None {
            return Vec::new();
        }
        let shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(unit, meter): (&Arc<UnitId>, &Weak<ShardMeter>)| {
            Some((Arc::clone(unit), meter.upgrade()?))
        };
        shards.iter().filter_map(of).collect()
    }

    fn shows_calls(&self) -> bool {
        self.level() == MetricsLevel::Detailed
    }

    fn named_calls(&self) -> impl Iterator<Item = (&'static str, &CallMeter)> {
        Operation::ALL.iter().map(|(_, name)| *name).zip(&self.calls)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
