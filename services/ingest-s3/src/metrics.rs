//! What is counted beside what every input counts.

use std::time::Duration;

use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};
use weir_ingest::{EventMetrics, Fault};
use weir_objects::EventTally;

use crate::coverage::BetterSource;

/// What became of an object. The names are labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectOutcome {
    /// All of it was committed.
    Exported,
    /// It was exported before.
    Duplicate,
    /// It is no VPC or Transit Gateway flow log.
    NotFlowLog,
    /// It was deleted, tagged or restored: it is not new.
    NotCreated,
    /// A better source has its records.
    Covered(BetterSource),
    /// It has no octets.
    Empty,
    /// It is not there any more.
    Gone,
    /// It could not be read to its end, or a run of it can never be delivered.
    Failed,
}

/// What became of a message. The names are labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageOutcome {
    /// It was deleted: all is done.
    Deleted,
    /// It is left for the queue's redrive policy.
    Left,
    /// It is of no known form, and left too.
    Unknown,
    /// It is not ours any more.
    Lost,
    /// It was given back at the end.
    GivenBack,
}

impl ObjectOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Exported => "exported",
            Self::Duplicate => "duplicate",
            Self::NotFlowLog => "not_flow_log",
            Self::NotCreated => "not_created",
            Self::Covered(BetterSource::Kinesis) => "covered_by_kinesis",
            Self::Covered(BetterSource::CloudWatchLogs) => "covered_by_cloudwatch_logs",
            Self::Covered(BetterSource::EarlierBucket) => "covered_by_earlier_bucket",
            Self::Empty => "empty",
            Self::Gone => "gone",
            Self::Failed => "failed",
        }
    }
}

impl MessageOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Left => "left_for_redrive",
            Self::Unknown => "unknown_form",
            Self::Lost => "lost",
            Self::GivenBack => "given_back",
        }
    }
}

/// The instruments.
#[derive(Debug)]
pub(crate) struct Metrics {
    objects: Counter<u64>,
    records: Counter<u64>,
    bytes: Counter<u64>,
    events: EventMetrics,
    messages: Counter<u64>,
    extensions: Counter<u64>,
    retries: Counter<u64>,
    resumes: Counter<u64>,
    oldest: Gauge<f64>,
    to_export: Histogram<f64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("weir");
        let counter =
            |name, description| meter.u64_counter(name).with_description(description).build();
        let seconds =
            vec![1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 86_400.0];
        Self {
            objects: counter("weir_s3_objects_total", "Objects, by what became of them."),
            records: counter("weir_s3_records_total", "Lines that were read, rereads counted in."),
            events: EventMetrics::new("s3"),
            bytes: counter("weir_s3_bytes_total", "Octets of objects that were fetched."),
            messages: counter("weir_s3_messages_total", "Messages, by what became of them."),
            extensions: counter(
                "weir_s3_visibility_extensions_total",
                "Times that a message was kept invisible for longer, by whether the queue did it.",
            ),
            retries: counter("weir_s3_retries_total", "Attempts that are made again, by reason."),
            resumes: counter(
                "weir_s3_resumed_reads_total",
                "Objects whose reading went on where the connection had broken.",
            ),
            oldest: meter
                .f64_gauge("weir_s3_oldest_message_age_seconds")
                .with_description("Age of the oldest message that is not done; 0 without any.")
                .build(),
            to_export: meter
                .f64_histogram("weir_s3_event_to_export_seconds")
                .with_description("From the event of an object until all of it was committed.")
                .with_boundaries(seconds)
                .build(),
        }
    }

    pub(crate) fn object(&self, outcome: ObjectOutcome) {
        self.objects(outcome, 1);
    }

    pub(crate) fn objects(&self, outcome: ObjectOutcome, count: u64) {
        if count > 0 {
            self.objects.add(count, &[KeyValue::new("outcome", outcome.name())]);
        }
    }

    pub(crate) fn message(&self, outcome: MessageOutcome) {
        self.messages.add(1, &[KeyValue::new("outcome", outcome.name())]);
    }

    pub(crate) fn lines(&self, lines: u64) {
        self.records.add(lines, &[]);
    }

    /// What was in the documents of an object.
    pub(crate) fn events(&self, tally: &EventTally) {
        self.events.read(tally);
    }

    pub(crate) fn fetched(&self, octets: u64) {
        self.bytes.add(octets, &[]);
    }

    pub(crate) fn extended(&self, is_done: bool) {
        self.extensions.add(1, &[KeyValue::new("done", is_done)]);
    }

    pub(crate) fn retry(&self, fault: Fault) {
        self.retries.add(1, &[KeyValue::new("reason", fault.name())]);
    }

    pub(crate) fn resumed(&self) {
        self.resumes.add(1, &[]);
    }

    pub(crate) fn oldest(&self, age: Option<Duration>) {
        self.oldest.record(age.unwrap_or_default().as_secs_f64(), &[]);
    }

    pub(crate) fn exported_after(&self, time: Duration) {
        self.to_export.record(time.as_secs_f64(), &[]);
    }
}
