//! Metrics whose values are asked for with each look at them.

use opentelemetry::{KeyValue, global};

/// A value with its attributes.
pub type Observation = (u64, Vec<KeyValue>);

/// A value without attributes; none where what it is of is gone.
pub fn plain(value: Option<u64>) -> Vec<Observation> {
    value.map(|value| (value, Vec::new())).into_iter().collect()
}

/// A gauge. `values` are asked for on the thread that reads the metrics.
pub fn gauge(
    name: &'static str,
    description: &'static str,
    values: impl Fn() -> Vec<Observation> + Send + Sync + 'static,
) {
    let meter = global::meter("weir");
    let gauge = meter.u64_observable_gauge(name).with_description(description);
    let observe = gauge.with_callback(move |seen| {
        values().iter().for_each(|(value, attributes)| seen.observe(*value, attributes));
    });
    // The meter keeps it.
    observe.build();
}

/// A counter that something else counts: it must never fall.
pub fn counter(
    name: &'static str,
    description: &'static str,
    values: impl Fn() -> Vec<Observation> + Send + Sync + 'static,
) {
    let meter = global::meter("weir");
    let counter = meter.u64_observable_counter(name).with_description(description);
    let observe = counter.with_callback(move |seen| {
        values().iter().for_each(|(value, attributes)| seen.observe(*value, attributes));
    });
    // The meter keeps it.
    observe.build();
}
