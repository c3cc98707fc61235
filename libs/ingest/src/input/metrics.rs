//! The instruments of an input.

use opentelemetry::metrics::{Counter, Gauge, Meter};
use opentelemetry::{KeyValue, global};

use super::InputKind;

/// The instruments of an input. All carry its name and kind.
pub(super) struct Metrics {
    labels: [KeyValue; 2],
    read_runs: Counter<u64>,
    read_bytes: Counter<u64>,
    committed_runs: Counter<u64>,
    rejected_runs: Counter<u64>,
    resent_runs: Counter<u64>,
    rewinds: Counter<u64>,
    done_units: Counter<u64>,
    failed_units: Counter<u64>,
    errors: Counter<u64>,
    in_flight_runs: Gauge<u64>,
    in_flight_bytes: Gauge<u64>,
    lag: Gauge<f64>,
}

impl Metrics {
    pub(super) fn new(name: &str, kind: InputKind) -> Self {
        let meter = global::meter("weir");
        let counter = |name, description| counter(&meter, name, description);
        let gauge = |name, description| gauge(&meter, name, description);
        Self {
            labels: [KeyValue::new("input", name.to_owned()), KeyValue::new("kind", kind.name())],
            read_runs: counter("read_runs_total", "Runs that were read, rereads counted in."),
            read_bytes: counter("read_bytes_total", "Text that was read, rereads counted in."),
            committed_runs: counter("committed_runs_total", "Runs that were committed."),
            rejected_runs: counter("rejected_runs_total", "Runs that can never be delivered."),
            resent_runs: counter("resent_runs_total", "Runs that were sent again after a rewind."),
            rewinds: counter("rewinds_total", "Times that a part was read again."),
            done_units: counter("done_units_total", "Files, messages or shards that are done."),
            failed_units: counter("failed_units_total", "Files, messages or shards that failed."),
            errors: counter("source_errors_total", "Errors of the source itself."),
            in_flight_runs: gauge("in_flight_runs", "Runs without a final answer."),
            in_flight_bytes: gauge("in_flight_bytes", "Text that no exporter has taken over."),
            lag: meter
                .f64_gauge("weir_ingest_lag_seconds")
                .with_description("Age of the oldest thing that is not committed.")
                .build(),
        }
    }

    pub(super) fn read(&self, octets: u64) {
        self.read_runs.add(1, &self.labels);
        self.read_bytes.add(octets, &self.labels);
    }

    pub(super) fn committed(&self) {
        self.committed_runs.add(1, &self.labels);
    }

    pub(super) fn rejected(&self, reason: &'static str) {
        self.rejected_runs.add(1, &self.with_reason(reason));
    }

    pub(super) fn resent(&self) {
        self.resent_runs.add(1, &self.labels);
    }

    pub(super) fn rewound(&self) {
        self.rewinds.add(1, &self.labels);
    }

    pub(super) fn done(&self) {
        self.done_units.add(1, &self.labels);
    }

    pub(super) fn failed(&self, reason: &'static str) {
        self.failed_units.add(1, &self.with_reason(reason));
    }

    pub(super) fn error(&self, reason: &'static str) {
        self.errors.add(1, &self.with_reason(reason));
    }

    /// Lag in seconds.
    pub(super) fn levels(&self, runs: u64, octets: u64, lag: f64) {
        self.in_flight_runs.record(runs, &self.labels);
        self.in_flight_bytes.record(octets, &self.labels);
        self.lag.record(lag, &self.labels);
    }

    fn with_reason(&self, reason: &'static str) -> [KeyValue; 3] {
        let [input, kind] = self.labels.clone();
        [input, kind, KeyValue::new("reason", reason)]
    }
}

fn counter(meter: &Meter, name: &str, description: &'static str) -> Counter<u64> {
    meter.u64_counter(format!("weir_ingest_{name}")).with_description(description).build()
}

fn gauge(meter: &Meter, name: &str, description: &'static str) -> Gauge<u64> {
    meter.u64_gauge(format!("weir_ingest_{name}")).with_description(description).build()
}
