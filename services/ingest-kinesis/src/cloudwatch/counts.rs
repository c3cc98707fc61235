//! What became of metrics for CloudWatch.

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use weir_ingest::Fault;

/// The instruments.
#[derive(Debug)]
pub(super) struct Counts {
    put: Counter<u64>,
    dropped: Counter<u64>,
    errors: Counter<u64>,
}

/// Why a metric, or a value of one, was not put: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    /// So many waited that the oldest had to go.
    QueueFull,
    /// CloudWatch did not accept the call.
    Refused,
    /// There were too many different ones.
    TooMany,
    /// The metrics level has it no more.
    Level,
    /// The process ended before.
    Ended,
}

impl Dropped {
    const fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Refused => "refused",
            Self::TooMany => "too_many",
            Self::Level => "level",
            Self::Ended => "ended",
        }
    }
}

impl Counts {
    pub(super) fn new() -> Self {
        let meter = global::meter("weir");
        let counter =
            |name, description| meter.u64_counter(name).with_description(description).build();
        Self {
            put: counter("weir_kinesis_cloudwatch_put_total", "Metrics that CloudWatch took."),
            dropped: counter(
                "weir_kinesis_cloudwatch_dropped_total",
                "Metrics that were not put to CloudWatch, by reason.",
            ),
            errors: counter(
                "weir_kinesis_cloudwatch_errors_total",
                "Failed calls of PutMetricData, by error.",
            ),
        }
    }

    pub(super) fn put(&self, metrics: usize) {
        self.put.add(metrics as u64, &[]);
    }

    pub(super) fn dropped(&self, why: Dropped, metrics: usize) {
        if metrics > 0 {
            self.dropped.add(metrics as u64, &[KeyValue::new("reason", why.name())]);
        }
    }

    pub(super) fn failed(&self, fault: Fault) {
        self.errors.add(1, &[KeyValue::new("error", fault.name())]);
    }
}
