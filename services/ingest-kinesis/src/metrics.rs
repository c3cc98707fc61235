//! What is counted of streams and shards.

use opentelemetry::metrics::{Counter, Gauge};
use opentelemetry::{KeyValue, global};

use crate::decode::Tally;
use crate::faults::Kind;

/// The instruments. Shards are no labels: there are many, and they come and go.
#[derive(Debug)]
pub(crate) struct Metrics {
    records: Counter<u64>,
    bytes: Counter<u64>,
    events: Counter<u64>,
    control: Counter<u64>,
    duplicates: Counter<u64>,
    not_flow_logs: Counter<u64>,
    of_other_shards: Counter<u64>,
    left_to_others: Counter<u64>,
    refused: Counter<u64>,
    errors: Counter<u64>,
    reads: Counter<u64>,
    subscriptions: Counter<u64>,
    leases: Gauge<u64>,
    lost: Counter<u64>,
    behind: Gauge<f64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("weir");
        let counter =
            |name, description| meter.u64_counter(name).with_description(description).build();
        Self {
            records: counter("weir_kinesis_records_total", "Records that were read."),
            bytes: counter("weir_kinesis_record_bytes_total", "Octets of records, as they came."),
            events: counter("weir_kinesis_log_events_total", "Log events in them."),
            control: counter(
                "weir_kinesis_control_messages_total",
                "Probes of CloudWatch Logs, which have no lines.",
            ),
            duplicates: counter(
                "weir_kinesis_duplicate_events_total",
                "Log events that had come in another record before.",
            ),
            not_flow_logs: counter(
                "weir_kinesis_not_flow_log_events_total",
                "Log events of streams that are no flow logs' own, and fit no format.",
            ),
            of_other_shards: counter(
                "weir_kinesis_foreign_user_records_total",
                "User records of aggregates that belong to another shard.",
            ),
            left_to_others: counter(
                "weir_kinesis_covered_lines_total",
                "Lines that end after the stream was disabled: other inputs have them.",
            ),
            refused: counter(
                "weir_kinesis_refused_records_total",
                "Records, or the rest of them, that are no flow logs, by reason.",
            ),
            errors: counter("weir_kinesis_errors_total", "Failed calls of Kinesis, by error."),
            reads: counter("weir_kinesis_reads_total", "Calls of GetRecords that succeeded."),
            subscriptions: counter(
                "weir_kinesis_subscriptions_total",
                "Calls of SubscribeToShard that succeeded.",
            ),
            leases: meter
                .u64_gauge("weir_kinesis_leases")
                .with_description("Shards that are read here.")
                .build(),
            lost: counter("weir_kinesis_lost_leases_total", "Leases that were lost, by reason."),
            behind: meter
                .f64_gauge("weir_kinesis_behind_seconds")
                .with_description("How far the slowest shard that is read here is behind.")
                .build(),
        }
    }

    pub(crate) fn read(&self, stream: &str) {
        self.reads.add(1, &[of(stream)]);
    }

    pub(crate) fn subscription(&self, stream: &str) {
        self.subscriptions.add(1, &[of(stream)]);
    }

    pub(crate) fn record(&self, stream: &str, octets: usize, tally: &Tally) {
        let labels = [of(stream)];
        self.records.add(1, &labels);
        self.bytes.add(octets as u64, &labels);
        let counts = [
            (&self.events, tally.events),
            (&self.control, tally.control),
            (&self.duplicates, tally.duplicates),
            (&self.not_flow_logs, tally.not_flow_logs),
            (&self.of_other_shards, tally.of_other_shards),
        ];
        for (counter, count) in counts {
            if count > 0 {
                counter.add(count, &labels);
            }
        }
    }

    /// Lines that other inputs have.
    pub(crate) fn left_to_others(&self, stream: &str, lines: u64) {
        self.left_to_others.add(lines, &[of(stream)]);
    }

    pub(crate) fn refused(&self, stream: &str, reason: &'static str) {
        self.refused.add(1, &[of(stream), KeyValue::new("reason", reason)]);
    }

    pub(crate) fn error(&self, stream: &str, kind: Kind) {
        self.errors.add(1, &[of(stream), KeyValue::new("error", kind.name())]);
    }

    pub(crate) fn lost(&self, reason: &'static str) {
        self.lost.add(1, &[KeyValue::new("reason", reason)]);
    }

    pub(crate) fn levels(&self, leases: usize, behind_seconds: f64) {
        self.leases.record(leases as u64, &[]);
        self.behind.record(behind_seconds, &[]);
    }
}

fn of(stream: &str) -> KeyValue {
    KeyValue::new("stream", stream.to_owned())
}
