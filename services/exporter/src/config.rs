//! What the exporter is asked to do.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, InformationElement};
use weir_report::{FLOW_REPORT, ReportField};

use crate::address::{CollectorAddress, SyslogAddress};
use crate::error::ExportError;

/// The default of [`CollectorConfig::max_packet_size`], in octets of UDP payload: an Ethernet
/// frame with room for tunnels on the way.
pub const DEFAULT_MAX_PACKET_SIZE: usize = 1420;

/// The accepted values of [`CollectorConfig::max_packet_size`]. RFC 7011 section 10.3.3 names
/// 512 octets for an unknown path; 3900 is for a collector on the same host.
pub const MAX_PACKET_SIZE_RANGE: RangeInclusive<usize> = 512..=3900;

/// The default of [`CollectorConfig::template_interval`] (RFC 7011 section 8.4).
pub const DEFAULT_TEMPLATE_INTERVAL: Duration = Duration::from_secs(600);

/// Everything that the exporter is asked to do.
#[derive(Clone, Debug)]
pub struct ExporterConfig {
    /// The private enterprise number of weir's own elements.
    pub enterprise_number: u32,
    /// Elements that records hold beside those that they always do.
    pub extra_elements: Vec<InformationElement>,
    /// Where IPFIX goes.
    pub collectors: Vec<CollectorConfig>,
    /// Where text goes.
    pub outputs: Vec<OutputConfig>,
    /// Where rejected lines go.
    pub rejects: Option<FileTarget>,
}

impl Default for ExporterConfig {
    fn default() -> Self {
        Self {
            enterprise_number: DEFAULT_ENTERPRISE_NUMBER,
            extra_elements: Vec::new(),
            collectors: Vec::new(),
            outputs: Vec::new(),
            rejects: None,
        }
    }
}

/// One IPFIX collector.
#[derive(Clone, Debug)]
pub struct CollectorConfig {
    /// Where it listens.
    pub address: CollectorAddress,
    /// The most octets of a message, which is one UDP payload; [`MAX_PACKET_SIZE_RANGE`].
    pub max_packet_size: usize,
    /// The most data records a second; 0 is unlimited.
    pub records_per_second: u64,
    /// How often templates are repeated over UDP.
    pub template_interval: Duration,
    /// The elements that it gets; all that records hold when `None`.
    pub elements: Option<Vec<InformationElement>>,
    /// Whether messages are filled up to `max_packet_size` with paddingOctets, so that the system
    /// takes many with one call (UDP segmentation offload). Where the system cannot do that,
    /// messages are neither filled nor sent so.
    pub segmentation_offload: bool,
}

impl CollectorConfig {
    /// A collector with the default limits.
    pub fn new(address: CollectorAddress) -> Self {
        Self {
            address,
            max_packet_size: DEFAULT_MAX_PACKET_SIZE,
            records_per_second: 0,
            template_interval: DEFAULT_TEMPLATE_INTERVAL,
            elements: None,
            segmentation_offload: true,
        }
    }

    pub(crate) fn check_packet_size(&self) -> Result<(), ExportError> {
        let size = self.max_packet_size;
        let is_right = MAX_PACKET_SIZE_RANGE.contains(&size);
        if is_right { Ok(()) } else { Err(ExportError::PacketSizeRange { size }) }
    }
}

/// One output of text.
#[derive(Clone, Debug)]
pub struct OutputConfig {
    /// Where it goes, which says in what form.
    pub target: OutputTarget,
    /// The fields that are written, in order.
    pub fields: Vec<ReportField>,
}

impl OutputConfig {
    /// Report 20201.
    pub fn new(target: OutputTarget) -> Self {
        Self { target, fields: FLOW_REPORT.to_vec() }
    }
}

/// Where text goes, and its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputTarget {
    /// JSON lines.
    JsonLines(FileTarget),
    /// Syslog messages of key=value pairs.
    Syslog(SyslogAddress),
}

impl fmt::Display for OutputTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JsonLines(FileTarget::StandardOutput) => f.write_str("jsonl:-"),
            Self::JsonLines(FileTarget::File(path)) => write!(f, "jsonl:{}", path.display()),
            Self::Syslog(address) => address.fmt(f),
        }
    }
}

/// A file, or standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileTarget {
    /// Standard output.
    StandardOutput,
    /// A file, which is written anew.
    File(PathBuf),
}

impl fmt::Display for FileTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardOutput => f.write_str("standard output"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}
