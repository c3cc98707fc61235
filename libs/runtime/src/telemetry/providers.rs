//! Where instruments and spans come from, and where they go.

use anyhow::Context as _;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::Registry;

use super::background::Background;
use super::bounded::Failures;
use super::config::TelemetryConfig;
use super::otlp::Otlp;
use super::{VERSION, process};

/// All that telemetry is made of.
pub(super) struct Providers {
    pub(super) metrics: SdkMeterProvider,
    /// What the metrics page shows.
    pub(super) registry: Registry,
    /// Missing without a place to export to.
    pub(super) traces: Option<SdkTracerProvider>,
}

pub(super) fn build(
    config: &TelemetryConfig,
    background: Option<&Background>,
) -> anyhow::Result<Providers> {
    let resource = resource(config);
    let registry = Registry::new();
    let page = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        // Names stand on the page as they are written in the code.
        .without_units()
        .without_counter_suffixes()
        // All instruments are of one scope.
        .scope_info_enabled(false)
        .build()
        .context("the reader of the metrics page could not be made")?;
    let metrics = SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(page);
    let endpoint = config.otlp_endpoint.as_deref().zip(background);
    let Some((endpoint, background)) = endpoint else {
        let metrics = metrics.build();
        describe(&metrics.meter("weir"), config);
        return Ok(Providers { metrics, registry, traces: None });
    };
    let otlp = Otlp::new(endpoint, background.handle());
    let metrics = metrics.with_reader(otlp.metric_reader()?).build();
    let meter = metrics.meter("weir");
    describe(&meter, config);
    Failures::observe(otlp.failures(), &meter);
    let traces = Some(otlp.tracer_provider(resource, config.trace_sample_ratio)?);
    Ok(Providers { metrics, registry, traces })
}

fn resource(config: &TelemetryConfig) -> Resource {
    Resource::builder()
        .with_service_name(config.service_name)
        .with_attribute(KeyValue::new("service.version", VERSION))
        .with_attribute(KeyValue::new("service.instance.id", config.instance.clone()))
        .build()
}

/// The metrics of every service.
fn describe(meter: &Meter, config: &TelemetryConfig) {
    let labels = [KeyValue::new("service", config.service_name), KeyValue::new("version", VERSION)];
    meter
        .u64_observable_gauge("weir_build_info")
        .with_description("Always 1; what runs here is in its labels.")
        .with_callback(move |gauge| gauge.observe(1, &labels))
        .build();
    process::observe(meter);
}
