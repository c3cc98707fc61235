//! What the enricher counts for Prometheus and OTLP.

use std::sync::Arc;

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use weir_delivery::EnrichedRun;
use weir_rpc::dispatcher::DispatcherStatus;
use weir_runtime::telemetry::observe::{Observation, counter, gauge, plain};

use super::core::EnricherCore;
use super::inventory::Published;

/// Counts that grow with each run.
pub(super) struct Metrics {
    lines: Counter<u64>,
    records: Counter<u64>,
    rejected: Counter<u64>,
    without_flow: Counter<u64>,
    unknown_vpc: Counter<u64>,
    stale: Counter<u64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let meter = global::meter("weir");
        let counter =
            |name, description| meter.u64_counter(name).with_description(description).build();
        Self {
            lines: counter("weir_enricher_lines_total", "Lines that are not blank."),
            records: counter("weir_enricher_records_total", "Lines that became a record."),
            rejected: counter(
                "weir_enricher_rejected_lines_total",
                "Lines that cannot be read, by reason.",
            ),
            without_flow: counter(
                "weir_enricher_lines_without_flow_total",
                "NODATA and SKIPDATA lines.",
            ),
            unknown_vpc: counter(
                "weir_enricher_unknown_vpc_records_total",
                "Records of unknown VPCs.",
            ),
            stale: counter("weir_enricher_stale_runs_total", "Runs that were encoded again."),
        }
    }

    pub(super) fn enriched(&self, run: &EnrichedRun) {
        let tally = &run.tally;
        self.lines.add(tally.lines, &[]);
        self.records.add(tally.records, &[]);
        self.unknown_vpc.add(tally.unknown_vpc, &[]);
        self.without_flow.add(tally.no_data, &[KeyValue::new("status", "NODATA")]);
        self.without_flow.add(tally.skip_data, &[KeyValue::new("status", "SKIPDATA")]);
        for line in &run.rejected {
            self.rejected.add(1, &[KeyValue::new("reason", line.reason.name())]);
        }
    }

    pub(super) fn encoded_again(&self) {
        self.stale.add(1, &[]);
    }
}

/// Lets readers of metrics see the state of `core`, as long as it is there.
pub fn observe(core: &Arc<EnricherCore>) {
    let of = |value: fn(&EnricherCore) -> u64| {
        let core = Arc::downgrade(core);
        move || plain(core.upgrade().map(|core| value(&core)))
    };
    let streams = of(|core| core.receiver_status().streams as u64);
    gauge("weir_enricher_streams", "Open streams of sources.", streams);
    let pending = of(|core| core.receiver_status().pending as u64);
    gauge("weir_enricher_pending_runs", "Runs without a final answer.", pending);
    let in_flight = of(|core| core.receiver_status().octets_in_flight as u64);
    gauge("weir_enricher_in_flight_bytes", "Text that is not accepted.", in_flight);
    observe_exporters(core);
    let age = of(|core| {
        core.inventory().borrow().as_ref().map_or(0, |loaded| loaded.at.elapsed().as_secs())
    });
    gauge("weir_enricher_inventory_age_seconds", "Time since the inventory was written.", age);
    let parts = of(|core| published(core, |published| published.parts));
    gauge("weir_enricher_inventory_parts", "Parts of the inventory.", parts);
    let stale = of(|core| published(core, |published| published.stale.len()));
    let about = "Parts of the inventory that are older than the last sweep.";
    gauge("weir_enricher_inventory_stale_parts", about, stale);
    let taken_at = of(|core| published(core, |published| published.oldest as usize));
    let about = "When the oldest part of the inventory was read from AWS, in Unix seconds.";
    gauge("weir_enricher_inventory_oldest_part_timestamp_seconds", about, taken_at);
}

/// Each with its target, of which the configuration has 64 at most.
fn observe_exporters(core: &Arc<EnricherCore>) {
    let of = |value: fn(&DispatcherStatus) -> u64| {
        let core = Arc::downgrade(core);
        move || -> Vec<Observation> {
            let exporters = core.upgrade().map(|core| core.exporters()).unwrap_or_default();
            let of_each = exporters.into_iter().map(|exporter| {
                let target = KeyValue::new("exporter", exporter.target);
                (value(&exporter.dispatcher), vec![target])
            });
            of_each.collect()
        }
    };
    let octets = of(|status| status.octets_in_flight);
    gauge("weir_enricher_export_bytes", "Records that are not accepted.", octets);
    let runs = of(|status| status.pending);
    gauge("weir_enricher_export_pending_runs", "Runs, or their parts, without an answer.", runs);
    let links = of(|status| status.receivers.len() as u64);
    gauge("weir_enricher_export_links", "Open links to an exporter.", links);
    let resent = of(|status| status.resent);
    counter("weir_enricher_resent_runs_total", "Runs sent again to an exporter.", resent);
}

fn published(core: &EnricherCore, value: fn(&Published) -> usize) -> u64 {
    let inventory = core.inventory();
    let loaded = inventory.borrow();
    let published = loaded.as_ref().and_then(|loaded| loaded.published.as_deref());
    published.map_or(0, value) as u64
}
