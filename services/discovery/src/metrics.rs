//! What discovery counts for Prometheus and OTLP.

use std::sync::Arc;

use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use weir_runtime::telemetry::observe::{gauge, plain};

use crate::clock::Clock;
use crate::orchestration::{RowState, SweepReport};
use crate::publish::{Edition, Publisher};
use crate::reader::FaultKind;

/// Counts that grow with each sweep.
#[derive(Debug)]
pub(crate) struct Metrics {
    sweeps: Counter<u64>,
    duration: Histogram<f64>,
    region_duration: Histogram<f64>,
    regions: Counter<u64>,
    failures: Counter<u64>,
    denied: Counter<u64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("weir");
        let counter =
            |name, description| meter.u64_counter(name).with_description(description).build();
        let seconds = |name, description| {
            let histogram = meter.f64_histogram(name).with_description(description);
            histogram
                .with_boundaries(vec![0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0])
                .build()
        };
        Self {
            sweeps: counter(
                "weir_discovery_sweeps_total",
                "Sweeps, by whether they were published.",
            ),
            duration: seconds("weir_discovery_sweep_duration_seconds", "How long sweeps took."),
            region_duration: seconds(
                "weir_discovery_region_duration_seconds",
                "How long regions took.",
            ),
            regions: counter(
                "weir_discovery_regions_total",
                "Regions of sweeps, by how they ended.",
            ),
            failures: counter(
                "weir_discovery_region_failures_total",
                "Regions that could not be read, by reason.",
            ),
            denied: counter(
                "weir_discovery_denied_actions_total",
                "Actions that policies did not allow, each once for each sweep and region.",
            ),
        }
    }

    pub(crate) fn failed(&self, kind: FaultKind) {
        self.failures.add(1, &[KeyValue::new("reason", kind.name())]);
    }

    pub(crate) fn sweep(&self, report: &SweepReport) {
        let is_published = report.publish_error.is_none();
        self.sweeps.add(1, &[KeyValue::new("published", is_published)]);
        self.duration.record(report.duration.as_secs_f64(), &[]);
        self.denied.add(report.denied.len() as u64, &[]);
        let ends = [
            (RowState::Fresh, "fresh"),
            (RowState::Stale, "stale"),
            (RowState::Excluded, "excluded"),
        ];
        for (state, name) in ends {
            self.regions.add(report.count(state) as u64, &[KeyValue::new("outcome", name)]);
        }
        for duration in report.regions.iter().filter_map(|(_, row)| row.duration) {
            self.region_duration.record(duration.as_secs_f64(), &[]);
        }
    }
}

/// Lets readers of metrics see the inventory, as long as `publisher` is there.
pub fn observe(publisher: &Arc<Publisher>, clock: &Clock) {
    let of = |value: Box<dyn Fn(&Edition) -> u64 + Send + Sync>| {
        let publisher = Arc::downgrade(publisher);
        move || plain(publisher.upgrade().map(|publisher| value(&publisher.edition())))
    };
    let clock = clock.clone();
    let age = of(Box::new(move |edition| {
        edition.oldest().map_or(0, |oldest| clock.seconds().saturating_sub(oldest))
    }));
    let description = "Time since the region that was not read for the longest was read.";
    gauge("weir_discovery_inventory_age_seconds", description, age);
    let regions = of(Box::new(|edition| edition.parts.len() as u64));
    gauge("weir_discovery_inventory_regions", "Regions of the inventory.", regions);
    let stale = of(Box::new(|edition| edition.stale_count() as u64));
    gauge("weir_discovery_stale_regions", "Regions that could not be read last.", stale);
    let vpcs = of(Box::new(|edition| edition.counts().vpcs));
    gauge("weir_discovery_inventory_vpcs", "VPCs of the inventory.", vpcs);
    let instances = of(Box::new(|edition| edition.counts().instances));
    gauge("weir_discovery_inventory_instances", "EC2 instances of the inventory.", instances);
    let interfaces = of(Box::new(|edition| edition.counts().interfaces));
    gauge(
        "weir_discovery_inventory_interfaces",
        "Network interfaces of the inventory.",
        interfaces,
    );
    let without = of(Box::new(|edition| edition.flow_logs().vpcs_without));
    gauge(
        "weir_discovery_vpcs_without_flow_log",
        "VPCs with a network interface that no active flow log covers.",
        without,
    );
    let failing = of(Box::new(|edition| edition.flow_logs().failing));
    gauge(
        "weir_discovery_failing_flow_logs",
        "Flow logs that AWS could not deliver last.",
        failing,
    );
    let pending = {
        let publisher = Arc::downgrade(publisher);
        move || plain(publisher.upgrade().map(|each| u64::from(each.status().is_pending)))
    };
    gauge("weir_discovery_unpublished", "1 while the store lacks what was found.", pending);
}
