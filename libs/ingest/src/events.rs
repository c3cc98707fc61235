//! What was in the documents of objects that Firehose writes.

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use weir_objects::EventTally;

/// Counts what was in the documents of objects, rereads counted in.
#[derive(Debug)]
pub struct EventMetrics {
    kind: KeyValue,
    events: Counter<u64>,
    left_out: Counter<u64>,
}

impl EventMetrics {
    /// Counts for inputs of a kind, such as `s3`.
    pub fn new(kind: &'static str) -> Self {
        let meter = global::meter("weir");
        let counter =
            |name, description| meter.u64_counter(name).with_description(description).build();
        Self {
            kind: KeyValue::new("kind", kind),
            events: counter(
                "weir_ingest_object_events_total",
                "Log events and messages in objects that are JSON documents.",
            ),
            left_out: counter(
                "weir_ingest_object_events_left_out_total",
                "Of these and of probes, those that no lines were made of, by reason.",
            ),
        }
    }

    /// An object was read.
    pub fn read(&self, tally: &EventTally) {
        self.events.add(tally.events, std::slice::from_ref(&self.kind));
        let reasons = [
            ("control_message", tally.control),
            ("duplicate", tally.duplicates),
            ("not_flow_log", tally.not_flow_logs),
        ];
        for (reason, count) in reasons.into_iter().filter(|(_, count)| *count > 0) {
            self.left_out.add(count, &[self.kind.clone(), KeyValue::new("reason", reason)]);
        }
    }
}
