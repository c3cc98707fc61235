//! Exporters that never take long, and say so at most once a minute when they fail.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tracing::warn;

/// How long one export may take, the connection included.
pub(super) const EXPORT_LIMIT: Duration = Duration::from_secs(5);

/// The shortest time between two lines about failures.
const SILENCE: Duration = Duration::from_secs(60);

/// What is exported.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Metrics,
    Traces,
}

impl Signal {
    const ALL: [Self; 2] = [Self::Metrics, Self::Traces];

    fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Traces => "traces",
        }
    }
}

/// The failures of all exporters of one endpoint.
#[derive(Debug)]
pub(super) struct Failures {
    endpoint: String,
    counts: [AtomicU64; Signal::ALL.len()],
    last_logged: Mutex<Option<Instant>>,
}

impl Failures {
    pub(super) fn new(endpoint: &str) -> Self {
        let endpoint = endpoint.to_owned();
        Self { endpoint, counts: Default::default(), last_logged: Mutex::new(None) }
    }

    /// Shows the counts as a metric.
    pub(super) fn observe(failures: &Arc<Self>, meter: &Meter) {
        let failures = Arc::clone(failures);
        meter
            .u64_observable_counter("weir_telemetry_failed_exports_total")
            .with_description("Exports of metrics or traces that the receiver did not take.")
            .with_callback(move |counter| {
                for (signal, count) in Signal::ALL.iter().zip(&failures.counts) {
                    let labels = [KeyValue::new("signal", signal.name())];
                    counter.observe(count.load(Ordering::Relaxed), &labels);
                }
            })
            .build();
    }

    fn add(&self, signal: Signal, error: impl Display) {
        let count = self.counts.get(signal as usize);
        count.map(|count| count.fetch_add(1, Ordering::Relaxed));
        if self.is_time_to_log() {
            let (endpoint, signal) = (&self.endpoint, signal.name());
            warn!(endpoint, signal, %error, "telemetry is lost: no receiver took it");
        }
    }

    fn is_time_to_log(&self) -> bool {
        let Ok(mut last) = self.last_logged.lock() else { return false };
        let is_time = last.is_none_or(|last| last.elapsed() >= SILENCE);
        if is_time {
            *last = Some(Instant::now());
        }
        is_time
    }
}

/// An exporter whose exports end in time.
#[derive(Debug)]
pub(super) struct Bounded<E> {
    exporter: E,
    signal: Signal,
    runtime: Handle,
    failures: Arc<Failures>,
}

impl<E> Bounded<E> {
    pub(super) fn new(
        exporter: E,
        signal: Signal,
        runtime: Handle,
        failures: Arc<Failures>,
    ) -> Self {
        Self { exporter, signal, runtime, failures }
    }

    async fn export_in_time(&self, export: impl Future<Output = OTelSdkResult>) -> OTelSdkResult {
        let export = {
            // The SDK's threads have no runtime that could tell the time.
            let _entered = self.runtime.enter();
            timeout(EXPORT_LIMIT, export)
        };
        let result = export.await.unwrap_or(Err(OTelSdkError::Timeout(EXPORT_LIMIT)));
        if let Err(error) = &result {
            self.failures.add(self.signal, error);
        }
        result
    }
}

impl<E: SpanExporter> SpanExporter for Bounded<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.export_in_time(self.exporter.export(batch)).await
    }

    fn shutdown_with_timeout(&self, limit: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(limit)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Bounded<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.export_in_time(self.exporter.export(metrics)).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, limit: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(limit)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
