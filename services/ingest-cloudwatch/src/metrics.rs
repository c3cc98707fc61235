//! What is counted beside what every input counts.

use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};

use crate::log_group::LogGroup;
use crate::reader::Outcome;

/// What became of events. The names are labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventOutcome {
    /// They are exported.
    Read,
    /// The same, and they came after the overlap.
    Late,
    /// They were read before.
    Duplicate,
    /// They are from before the group was to be read.
    TooEarly,
    /// They are no flow logs.
    NotFlowLog,
}

impl EventOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Late => "late",
            Self::Duplicate => "duplicate",
            Self::TooEarly => "too_early",
            Self::NotFlowLog => "not_flow_log",
        }
    }
}

/// Events of a page, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    read: u64,
    late: u64,
    duplicate: u64,
    too_early: u64,
    not_flow_log: u64,
}

impl Tally {
    /// Counts an event; `is_flow_log` unless its line is none.
    pub(crate) fn add(&mut self, outcome: Outcome, is_flow_log: bool) {
        match outcome {
            Outcome::Duplicate => self.duplicate += 1,
            Outcome::TooEarly => self.too_early += 1,
            Outcome::New | Outcome::Late if !is_flow_log => self.not_flow_log += 1,
            Outcome::New => self.read += 1,
            Outcome::Late => self.late += 1,
        }
    }
}

/// The instruments.
#[derive(Debug)]
pub(crate) struct Metrics {
    events: Counter<u64>,
    pages: Counter<u64>,
    throttles: Counter<u64>,
    slow: Counter<u64>,
    fenced: Counter<u64>,
    delay: Histogram<f64>,
    ingestion: Histogram<f64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("weir");
        let counter =
            |name, description| meter.u64_counter(name).with_description(description).build();
        let seconds = |name, description| {
            let bounds =
                vec![1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0];
            let histogram = meter.f64_histogram(name).with_description(description);
            histogram.with_boundaries(bounds).build()
        };
        Self {
            events: counter("weir_cloudwatch_events_total", "Events, by what became of them."),
            pages: counter("weir_cloudwatch_pages_total", "Pages, by whether they had events."),
            throttles: counter(
                "weir_cloudwatch_throttles_total",
                "Calls that were one too many. They are made again, later.",
            ),
            slow: counter(
                "weir_cloudwatch_slow_events_total",
                "Events that came later than half of the overlap.",
            ),
            fenced: counter(
                "weir_cloudwatch_fenced_commits_total",
                "Commits of groups that another worker has. It reads again what they were for.",
            ),
            delay: seconds(
                "weir_cloudwatch_event_delay_seconds",
                "From the end of a record until it was seen.",
            ),
            ingestion: seconds(
                "weir_cloudwatch_ingestion_delay_seconds",
                "From an event's timestamp, the start of its record, until CloudWatch Logs had it.",
            ),
        }
    }

    pub(crate) fn page(&self, group: &LogGroup, events: usize) {
        let [account, region] = labels(group);
        self.pages.add(1, &[account, region, KeyValue::new("empty", events == 0)]);
    }

    pub(crate) fn events(&self, group: &LogGroup, tally: Tally) {
        let [account, region] = labels(group);
        let Tally { read, late, duplicate, too_early, not_flow_log } = tally;
        for (outcome, count) in [
            (EventOutcome::Read, read),
            (EventOutcome::Late, late),
            (EventOutcome::Duplicate, duplicate),
            (EventOutcome::TooEarly, too_early),
            (EventOutcome::NotFlowLog, not_flow_log),
        ] {
            if count > 0 {
                let outcome = KeyValue::new("outcome", outcome.name());
                self.events.add(count, &[account.clone(), region.clone(), outcome]);
            }
        }
    }

    pub(crate) fn throttled(&self, group: &LogGroup) {
        self.throttles.add(1, &labels(group));
    }

    pub(crate) fn slow(&self, group: &LogGroup, events: u64) {
        if events > 0 {
            self.slow.add(events, &labels(group));
        }
    }

    pub(crate) fn fenced(&self) {
        self.fenced.add(1, &[]);
    }

    /// How long an event took: until it was seen, where its line tells when the record ended; and
    /// until CloudWatch Logs had it.
    pub(crate) fn took(&self, seen: Option<Duration>, ingestion: Duration) {
        if let Some(seen) = seen {
            self.delay.record(seen.as_secs_f64(), &[]);
        }
        self.ingestion.record(ingestion.as_secs_f64(), &[]);
    }
}

/// Groups are many, accounts and regions few.
fn labels(group: &LogGroup) -> [KeyValue; 2] {
    [
        KeyValue::new("account", group.account_id().to_owned()),
        KeyValue::new("region", group.region().to_owned()),
    ]
}
