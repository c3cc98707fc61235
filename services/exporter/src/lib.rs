//! Owns templates, sequence numbers, packing, the rate limit and the outputs.
//!
//! A thread for each output takes enriched runs in order and writes them; a run is answered when
//! all have taken it. This is what a process wraps to be the exporter, whether runs come over a
//! stream or from the same process.

mod address;
mod attempt;
mod checked;
mod clock;
mod collector_config;
mod config;
mod connection;
mod endpoint;
mod error;
mod exporter;
mod file_writer;
mod health;
mod json_lines;
mod lane;
mod lane_thread;
mod lane_window;
mod line_file;
mod live;
mod meter;
mod output;
mod outputs;
mod pace;
mod path_mtu;
mod pending;
mod planned;
mod rate_limiter;
mod rate_meter;
mod reconfigure;
mod rejects;
mod report;
mod segmentation;
pub mod service;
mod session;
mod sources;
mod stopper;
mod stream;
mod syslog;
mod syslog_carrier;
mod tcp;
mod templates;
mod tls;
mod tls_config;
mod udp;
mod udp_changes;
mod udp_link;
mod udp_socket;
mod window_meter;

pub use address::{CollectorAddress, InvalidAddress, Peer, SyslogAddress, Transport};
pub use checked::CheckedRun;
pub use collector_config::{
    CollectorConfig, DEFAULT_MAX_PACKET_SIZE, DEFAULT_TEMPLATE_INTERVAL, MAX_PACKET_SIZE_RANGE,
    MAX_SOURCES, SourceAddress,
};
pub use config::{ExporterConfig, FileMode, FileTarget, OutputConfig, OutputTarget, WhenDown};
pub use error::ExportError;
pub use exporter::{AnswerHandler, Exporter, NotTaken, Stopped};
pub use health::Backoff;
pub use rate_limiter::RateLimiter;
pub use report::{
    DropReason, ExportReport, LastError, OutputKind, OutputReport, OutputState, TemplateElement,
    TemplateStatus, WindowReport,
};
pub use stopper::Stopper;
pub use tls_config::{TlsConfig, TlsError, is_server_name};
