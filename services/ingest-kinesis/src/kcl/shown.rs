//! The instruments, which look at what is counted when somebody asks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use super::{Kcl, ShardMeter};

fn seconds(micros: &AtomicU64) -> f64 {
    Duration::from_micros(micros.load(Ordering::Relaxed)).as_secs_f64()
}

pub(super) fn show_shards(meter: &Meter, kcl: &Weak<Kcl>) {
    let count = |name, description, of: fn(&ShardMeter) -> &AtomicU64| {
        let show = each_shard(kcl, move |shard| of(shard).load(Ordering::Relaxed));
        let counter = meter.u64_observable_counter(name).with_description(description);
        counter.with_callback(show).build();
    };
    count("weir_kinesis_shard_records_total", "Records of the shard that were read.", |shard| {
        &shard.records
    });
    count(
        "weir_kinesis_shard_record_bytes_total",
        "Octets of these records, as they came.",
        |shard| &shard.octets,
    );
    count(
        "weir_kinesis_shard_expired_iterators_total",
        "Iterators of the shard that were too old.",
        |shard| &shard.expired_iterators,
    );
    let behind = each_shard(kcl, |shard| {
        Duration::from_millis(shard.behind_ms.load(Ordering::Relaxed)).as_secs_f64()
    });
    let gauge = meter.f64_observable_gauge("weir_kinesis_shard_behind_seconds");
    let gauge = gauge.with_description("How far the shard is behind its newest record.");
    gauge.with_callback(behind).build();
    let processing = each_shard(kcl, |shard| seconds(&shard.processing_us));
    let counter = meter.f64_observable_counter("weir_kinesis_shard_processing_seconds_total");
    let counter = counter
        .with_description("The time from a record of the shard to where its lines are sent.");
    counter.with_callback(processing).build();
}

pub(super) fn show_calls(meter: &Meter, kcl: &Weak<Kcl>) {
    let shown = Weak::clone(kcl);
    let counter = meter.u64_observable_counter("weir_kinesis_calls_total");
    let counter = counter.with_description("Calls and writes of checkpoints, by their outcome.");
    let show = move |observer: &dyn AsyncInstrument<u64>| {
        for (name, meter) in shown_calls(&shown).iter().flat_map(|kcl| kcl.named_calls()) {
            for (outcome, count) in [("success", &meter.succeeded), ("error", &meter.failed)] {
                let labels = [KeyValue::new("operation", name), KeyValue::new("outcome", outcome)];
                observer.observe(count.load(Ordering::Relaxed), &labels);
            }
        }
    };
    counter.with_callback(show).build();
    let shown = Weak::clone(kcl);
    let counter = meter.f64_observable_counter("weir_kinesis_call_seconds_total");
    let counter = counter.with_description("How long these took, all together.");
    let show = move |observer: &dyn AsyncInstrument<f64>| {
        for (name, meter) in shown_calls(&shown).iter().flat_map(|kcl| kcl.named_calls()) {
            observer.observe(seconds(&meter.took_us), &[KeyValue::new("operation", name)]);
        }
    };
    counter.with_callback(show).build();
}

/// What is counted, where calls are shown.
fn shown_calls(kcl: &Weak<Kcl>) -> Option<Arc<Kcl>> {
    kcl.upgrade().filter(|kcl| kcl.shows_calls())
}

/// Shows a value of each shard.
fn each_shard<T: 'static>(
    kcl: &Weak<Kcl>,
    value: impl Fn(&ShardMeter) -> T + Send + Sync + 'static,
) -> impl Fn(&dyn AsyncInstrument<T>) + Send + Sync + 'static {
    let kcl = Weak::clone(kcl);
    move |observer| {
        for (unit, shard) in kcl.upgrade().iter().flat_map(|kcl| kcl.shown_shards()) {
            let labels = [
                KeyValue::new("stream", unit.set.clone()),
                KeyValue::new("shard", unit.name.clone()),
            ];
            observer.observe(value(&shard), &labels);
        }
    }
}
