//! Section `[telemetry]`.

use std::net::SocketAddr;

use axum::http::Uri;
use serde::Serialize;

use crate::LogForm;
use crate::config::{DecimalRange, Section};
use crate::logging;

/// The part of all traces that is exported.
const RATIOS: DecimalRange = DecimalRange { least: 0.0, most: 1.0 };

const ENDPOINT: &str = "write http://HOST:PORT or https://HOST:PORT, such as http://127.0.0.1:4317";

const ADDRESS: &str = "give an address and a port such as 127.0.0.1:9464 or [::]:9464";

/// What is told about a service, in what form and to whom. Its form in TOML is the section that
/// it was read from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TelemetryConfig {
    /// What is logged: a level, or a filter such as `info,weir_exporter=debug`.
    pub log_level: String,
    /// How a log line looks.
    pub log_form: LogForm,
    /// Where traces and metrics go with OTLP over gRPC; nowhere without it.
    pub otlp_endpoint: Option<String>,
    /// The part of traces that is exported, 0 to 1. A trace that began elsewhere is exported if
    /// it was there.
    pub trace_sample_ratio: f64,
    /// Where metrics are read; nowhere without it. Port 0 is any free one.
    pub metrics_listen: Option<SocketAddr>,
    /// The service, as `service.name` of OpenTelemetry.
    #[serde(skip)]
    pub service_name: &'static str,
    /// What tells this process from its like, as `service.instance.id` of OpenTelemetry.
    #[serde(skip)]
    pub instance: String,
}

impl TelemetryConfig {
    /// The defaults: logs of level `info` as text, nothing exported and nobody listened to. The
    /// instance is the host's name with the process's id.
    pub fn new(service_name: &'static str) -> Self {
        Self {
            log_level: "info".to_owned(),
            log_form: LogForm::Text,
            otlp_endpoint: None,
            trace_sample_ratio: 0.1,
            metrics_listen: None,
            service_name,
            instance: instance(),
        }
    }

    /// Takes the configuration out of its section.
    pub fn read(section: &mut Section<'_>, service_name: &'static str) -> Self {
        let default = Self::new(service_name);
        Self {
            log_level: section.text("log_level", log_level).unwrap_or(default.log_level),
            log_form: section.text("log_form", str::parse).unwrap_or(default.log_form),
            otlp_endpoint: section.text("otlp_endpoint", endpoint),
            trace_sample_ratio: section
                .decimal("trace_sample_ratio", &RATIOS)
                .unwrap_or(default.trace_sample_ratio),
            metrics_listen: section.text("metrics_listen", address),
            ..default
        }
    }
}

fn instance() -> String {
    let system = rustix::system::uname();
    format!("{}-{}", system.nodename().to_string_lossy(), std::process::id())
}

fn log_level(text: &str) -> Result<String, String> {
    logging::filter(text).map(|_| text.to_owned()).map_err(|error| format!("{error:#}"))
}

/// An endpoint without a path, which gRPC has no use for, and without a password, which would
/// end up in logs.
fn endpoint(text: &str) -> Result<String, &'static str> {
    let uri: Uri = text.parse().map_err(|_| ENDPOINT)?;
    let is_known = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri.host().is_some_and(|host| !host.is_empty());
    let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    let has_secret = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    let is_accepted = is_known && has_host && is_bare && !has_secret;
    if is_accepted { Ok(text.to_owned()) } else { Err(ENDPOINT) }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| ADDRESS)
}
