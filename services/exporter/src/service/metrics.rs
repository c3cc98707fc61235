//! What the exporter counts for Prometheus and OTLP.

use std::sync::{Arc, Weak};

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use weir_delivery::Answer;
use weir_runtime::telemetry::observe::{Observation, counter, gauge, plain};

use super::core::ExporterCore;
use crate::report::{DropReason, OutputReport, OutputState, WindowReport};

/// Counts that grow with each run.
pub(super) struct Metrics {
    answers: Counter<u64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let meter = global::meter("weir");
        let answers = meter.u64_counter("weir_exporter_answers_total");
        let answers = answers.with_description("Final answers to runs, by kind.");
        Self { answers: answers.build() }
    }

    pub(super) fn answered(&self, answer: &Answer) {
        self.answers.add(1, &[KeyValue::new("answer", name(answer))]);
    }
}

fn name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted => "accepted",
        Answer::Committed => "committed",
        Answer::Retry(reason, _) => reason.name(),
        Answer::Rejected(rejection) => rejection.name(),
        Answer::Unknown => "unknown",
    }
}

/// Lets readers of metrics see the state of `core`, as long as it is there.
pub fn observe(core: &Arc<ExporterCore>) {
    observe_outputs(core);
    observe_windows(core);
    let of = |value: fn(&ExporterCore) -> u64| {
        let core = Arc::downgrade(core);
        move || plain(core.upgrade().map(|core| value(&core)))
    };
    let streams = of(|core| core.receiver_status().streams as u64);
    gauge("weir_exporter_streams", "Open streams of enrichers.", streams);
    let pending = of(|core| core.receiver_status().pending as u64);
    gauge("weir_exporter_pending_runs", "Runs without a final answer.", pending);
    let in_flight = of(|core| core.receiver_status().octets_in_flight as u64);
    gauge("weir_exporter_in_flight_bytes", "Runs that are not accepted.", in_flight);
    let held = of(|core| core.held_octets() as u64);
    gauge("weir_exporter_held_bytes", "Accepted runs that are not committed.", held);
    let duplicates = of(|core| core.receiver_status().duplicates);
    counter("weir_exporter_duplicate_runs_total", "Runs that came again.", duplicates);
}

fn observe_outputs(core: &Arc<ExporterCore>) {
    let of = |value: fn(&OutputReport) -> u64| {
        let core = Arc::downgrade(core);
        move || each_output(&core, |output| vec![(value(output), Vec::new())])
    };
    let (records, messages) = (of(|output| output.records), of(|output| output.messages));
    counter("weir_exporter_output_records_total", "Records written.", records);
    counter("weir_exporter_output_messages_total", "Messages written.", messages);
    let (octets, refused) = (of(|output| output.octets), of(|output| output.refused));
    counter("weir_exporter_output_bytes_total", "Octets written.", octets);
    counter("weir_exporter_output_refused_total", "ICMP refusals seen.", refused);
    let reconnects = of(|output| output.reconnects);
    counter("weir_exporter_output_reconnects_total", "Connections made anew.", reconnects);
    let is_up = of(|output| u64::from(output.state == OutputState::Up));
    gauge("weir_exporter_output_is_up", "1 where an output takes what it is given.", is_up);
    let waiting = of(|output| output.waiting_octets);
    gauge("weir_exporter_output_waiting_bytes", "Octets that wait for an output.", waiting);
    let core = Arc::downgrade(core);
    let dropped = move || each_output(&core, drops);
    counter("weir_exporter_output_dropped_records_total", "Records dropped.", dropped);
}

fn observe_windows(core: &Arc<ExporterCore>) {
    let of = |value: fn(&WindowReport) -> u64| {
        let core = Arc::downgrade(core);
        move || each_output(&core, |output| vec![(value(&output.window), Vec::new())])
    };
    let closed = of(|window| window.closed);
    counter("weir_exporter_windows_total", "Windows of reports whose rows were written.", closed);
    let early = of(|window| window.closed_early);
    counter("weir_exporter_windows_early_total", "Windows closed before their interval.", early);
    let (entries, octets) = (of(|window| window.entries), of(|window| window.octets));
    gauge("weir_exporter_window_entries", "Flows or conversations in the open window.", entries);
    gauge("weir_exporter_window_bytes", "Memory of the open window.", octets);
    let held = of(|window| window.held_runs);
    gauge("weir_exporter_window_held_runs", "Runs whose rows are not written.", held);
    let deduplicated = of(|window| window.deduplicated);
    let what = "Flow log records in no row since another counts for them.";
    counter("weir_exporter_window_deduplicated_records_total", what, deduplicated);
}

fn drops(output: &OutputReport) -> Vec<Observation> {
    let drops = DropReason::ALL.into_iter().zip(output.dropped);
    drops.map(|(reason, count)| (count, vec![KeyValue::new("reason", reason.name())])).collect()
}

/// The values of each output, under its name.
fn each_output(
    core: &Weak<ExporterCore>,
    values: impl Fn(&OutputReport) -> Vec<Observation>,
) -> Vec<Observation> {
    let outputs = core.upgrade().map(|core| core.report().outputs).unwrap_or_default();
    let named = outputs.iter().flat_map(|output| {
        values(output).into_iter().map(|(value, mut attributes)| {
            attributes.push(KeyValue::new("output", output.address.clone()));
            (value, attributes)
        })
    });
    named.collect()
}
