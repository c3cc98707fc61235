//! Owns templates, sequence numbers, packing, the rate limit and the outputs.
//!
//! One thread takes enriched runs in order, writes each to every output and answers: this is
//! what a process wraps to be the exporter, whether runs come over a stream or from the same
//! process.

mod address;
mod clock;
mod config;
mod error;
mod exporter;
mod file_writer;
mod json_lines;
mod output;
mod path_mtu;
mod rate_limiter;
mod rejects;
mod report;
mod segmentation;
mod session;
mod stream;
mod syslog;
mod tcp;
mod udp;

pub use address::{CollectorAddress, InvalidAddress, Peer, SyslogAddress, Transport};
pub use config::{
    CollectorConfig, DEFAULT_MAX_PACKET_SIZE, DEFAULT_TEMPLATE_INTERVAL, ExporterConfig,
    FileTarget, MAX_PACKET_SIZE_RANGE, OutputConfig, OutputTarget,
};
pub use error::ExportError;
pub use exporter::{AnswerHandler, Exporter, Stopped, Stopper};
pub use rate_limiter::RateLimiter;
pub use report::{ExportReport, PeerReport};
