//! Traces and metrics for a receiver of OTLP over gRPC.

use std::sync::Arc;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{
    MetricExporter, RetryPolicy, SpanExporter, WithExportConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::PeriodicReader;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;

use super::bounded::{Bounded, EXPORT_LIMIT, Failures, Signal};
use crate::logging::SpanLayer;

/// Makes the exporters of one endpoint. Queues and intervals are the SDK's, with the variables of
/// the environment that OpenTelemetry defines for them (`OTEL_BSP_*`,
/// `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_EXPORTER_OTLP_HEADERS`).
pub(super) struct Otlp<'a> {
    endpoint: &'a str,
    runtime: &'a Handle,
    failures: Arc<Failures>,
}

impl<'a> Otlp<'a> {
    pub(super) fn new(endpoint: &'a str, runtime: &'a Handle) -> Self {
        Self { endpoint, runtime, failures: Arc::new(Failures::new(endpoint)) }
    }

    pub(super) fn failures(&self) -> &Arc<Failures> {
        &self.failures
    }

    pub(super) fn metric_reader(&self) -> anyhow::Result<PeriodicReader<Bounded<MetricExporter>>> {
        let exporter = self.build(|| self.to(MetricExporter::builder().with_tonic()).build())?;
        Ok(PeriodicReader::builder(self.bounded(exporter, Signal::Metrics)).build())
    }

    /// Spans wait in a queue of 2048; what finds it full is lost.
    pub(super) fn tracer_provider(
        &self,
        resource: Resource,
        ratio: f64,
    ) -> anyhow::Result<SdkTracerProvider> {
        let exporter = self.build(|| self.to(SpanExporter::builder().with_tonic()).build())?;
        let exporter = self.bounded(exporter, Signal::Traces);
        Ok(SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
            .with_span_processor(BatchSpanProcessor::builder(exporter).build())
            .build())
    }

    /// The next export is soon enough: nothing is sent again.
    fn to<B: WithExportConfig + WithTonicConfig>(&self, exporter: B) -> B {
        let exporter = exporter
            .with_endpoint(self.endpoint)
            .with_timeout(EXPORT_LIMIT)
            .with_retry_policy(RetryPolicy::disabled());
        let is_encrypted = self.endpoint.starts_with("https:");
        if is_encrypted { exporter.with_tls_config(tls()) } else { exporter }
    }

    fn build<T, E>(&self, build: impl FnOnce() -> Result<T, E>) -> anyhow::Result<T>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        // Connections live on the runtime that is entered while they are made.
        let _entered = self.runtime.enter();
        build().with_context(|| format!("telemetry.otlp_endpoint: {}", self.endpoint))
    }

    fn bounded<E>(&self, exporter: E, signal: Signal) -> Bounded<E> {
        Bounded::new(exporter, signal, self.runtime.clone(), Arc::clone(&self.failures))
    }
}

/// Trusts whom the system trusts.
fn tls() -> ClientTlsConfig {
    ClientTlsConfig::new().with_enabled_roots()
}

/// Turns weir's own spans, from level `info` up, into those of OpenTelemetry, whatever is
/// logged. Spans of the crates below would tell of the export itself.
pub(super) fn span_layer(provider: &SdkTracerProvider) -> SpanLayer {
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("weir"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target("weir", LevelFilter::INFO))
        .boxed()
}
