//! What a service tells about itself: logs, traces and metrics.
//!
//! Metrics are read at `GET /metrics` (Prometheus) and sent with OTLP; traces go out with OTLP.
//! All of that happens on a thread of its own: a receiver that is slow or gone costs the service
//! nothing, and the page is answered however busy the service is.
//!
//! # How a service defines its metrics
//!
//! Each has a `metrics.rs` with one struct of instruments, made once when the service is built,
//! after [`start`]: instruments of an earlier time count nothing. It is handed to who counts; no
//! instrument is a `static`.
//!
//! ```
//! use opentelemetry::metrics::Counter;
//! use opentelemetry::{KeyValue, global};
//!
//! /// Why a record is dropped: a closed list.
//! #[derive(Clone, Copy)]
//! enum DropReason {
//!     NoCollector,
//! }
//!
//! struct Metrics {
//!     dropped: Counter<u64>,
//! }
//!
//! impl Metrics {
//!     fn new() -> Self {
//!         let meter = global::meter("weir");
//!         let dropped = meter
//!             .u64_counter("weir_exporter_dropped_records_total")
//!             .with_description("Records that were not exported, by reason.")
//!             .build();
//!         Self { dropped }
//!     }
//!
//!     fn drop_records(&self, reason: DropReason, records: u64) {
//!         let reason = match reason {
//!             DropReason::NoCollector => "no_collector",
//!         };
//!         self.dropped.add(records, &[KeyValue::new("reason", reason)]);
//!     }
//! }
//! # Metrics::new().drop_records(DropReason::NoCollector, 1);
//! ```
//!
//! - A name is `weir_<service>_<what>_<unit>`, and `_total` at the end of a counter's: it stands
//!   on the page and in OTLP as it is written, nothing is added. Units are base units: `seconds`,
//!   `bytes`, `records`.
//! - Attributes are from closed lists (an enum, or what the configuration names), never from
//!   records, and never ids of hosts, addresses or accounts. The SDK folds everything above 2000
//!   combinations into one.
//! - A histogram of times is in seconds, with [`SECONDS`] as its boundaries.
//! - What is counted per record is added up and given to the instrument once per run.

mod background;
mod bounded;
mod config;
pub mod observe;
mod otlp;
mod page;
mod process;
mod providers;

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::global;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{info, warn};

use crate::logging;
use background::Background;
pub use config::TelemetryConfig;

/// Boundaries for histograms of times in seconds: a tenth of a millisecond to a minute.
pub const SECONDS: [f64; 12] =
    [0.0001, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 10.0, 60.0];

/// How long the last export may take.
const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// Running telemetry. Dropped without [`Telemetry::shutdown`], what was not exported yet is lost.
#[derive(Debug)]
pub struct Telemetry {
    metrics_address: Option<SocketAddr>,
    metrics: SdkMeterProvider,
    traces: Option<SdkTracerProvider>,
    /// Missing where nothing listens and nothing is exported.
    background: Option<Background>,
}

/// Logs, counts and traces from now on. Takes the place of
/// [`init_logging`](crate::init_logging): whichever comes first decides how logs look. It needs
/// no async runtime, and is called before anything counts.
///
/// # Errors
///
/// When the level is none (bad usage), the page's address cannot be bound, the OTLP endpoint is
/// none or the system refuses a thread.
pub fn start(config: &TelemetryConfig) -> anyhow::Result<Telemetry> {
    let listener = config.metrics_listen.map(bind).transpose()?;
    let is_needed = listener.is_some() || config.otlp_endpoint.is_some();
    let background = is_needed.then(Background::start).transpose()?;
    let providers = providers::build(config, background.as_ref())?;

    global::set_meter_provider(providers.metrics.clone());
    if let Some(traces) = &providers.traces {
        global::set_tracer_provider(traces.clone());
        global::set_text_map_propagator(TraceContextPropagator::new());
    }
    // After the SDK's own lines about that, which tell nobody anything.
    let spans = providers.traces.as_ref().map(otlp::span_layer);
    let has_spans = logging::install(&config.log_level, config.log_form, spans)?;
    let serve = |(listener, background): (TcpListener, &Background)| {
        page::serve(listener, background.handle(), config.service_name, providers.registry)
    };
    let metrics_address = listener.zip(background.as_ref()).map(serve).transpose()?;
    log_start(config, metrics_address, has_spans);
    let (metrics, traces) = (providers.metrics, providers.traces);
    Ok(Telemetry { metrics_address, metrics, traces, background })
}

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("telemetry.metrics_listen: {address} cannot be listened on: give a free one")
    })
}

fn log_start(config: &TelemetryConfig, metrics_address: Option<SocketAddr>, has_spans: bool) {
    let (service, instance) = (config.service_name, &config.instance);
    info!(service, version = VERSION, instance, "started");
    if let Some(address) = metrics_address {
        info!(%address, "metrics are at http://{address}/metrics");
    }
    if let Some(endpoint) = &config.otlp_endpoint {
        info!(endpoint, "traces and metrics are exported");
        if !has_spans {
            warn!("traces are not recorded: logs had been started before telemetry");
        }
    }
}

/// The version of all of weir.
const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Telemetry {
    /// Where the metrics page is; `None` without one.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Exports what is left, for at most five seconds, and closes the page. Call it last, outside
    /// or inside of an async runtime: nothing in it needs the caller's.
    pub fn shutdown(self) {
        let Self { metrics, traces, background, .. } = self;
        let (running, ended) = sync_channel::<()>(1);
        let flush = move || {
            // What failed was logged by the exporters.
            drop(traces.map(|traces| traces.shutdown_with_timeout(FLUSH_LIMIT)));
            drop(metrics.shutdown_with_timeout(FLUSH_LIMIT));
            drop(running);
        };
        // A thread of its own, because the SDK has no time limit that it keeps.
        let flusher = thread::Builder::new().name("telemetry-flush".to_owned()).spawn(flush);
        let is_late = ended.recv_timeout(FLUSH_LIMIT) == Err(RecvTimeoutError::Timeout);
        if flusher.is_err() || is_late {
            warn!("the last traces and metrics were not exported in time");
        }
        if let Some(background) = background {
            background.stop();
        }
    }
}
