//! What the exporter is asked to do.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use weir_ipfix::DEFAULT_ENTERPRISE_NUMBER;

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
    /// Where IPFIX goes.
    pub collectors: Vec<CollectorConfig>,
    /// Where JSON lines go.
    pub json_lines: Vec<FileTarget>,
    /// Where rejected lines go.
    pub rejects: Option<FileTarget>,
}

impl Default for ExporterConfig {
    fn default() -> Self {
        Self {
            enterprise_number: DEFAULT_ENTERPRISE_NUMBER,
            collectors: Vec::new(),
            json_lines: Vec::new(),
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
    /// How often templates are repeated.
    pub template_interval: Duration,
}

impl CollectorConfig {
    /// A collector with the default limits.
    pub fn new(address: CollectorAddress) -> Self {
        Self {
            address,
            max_packet_size: DEFAULT_MAX_PACKET_SIZE,
            records_per_second: 0,
            template_interval: DEFAULT_TEMPLATE_INTERVAL,
        }
    }
}

/// Where a collector listens: `udp://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorAddress {
    /// A name or an address.
    pub host: String,
    /// 1–65535.
    pub port: u16,
}

/// A text that is no [`CollectorAddress`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a collector address: write udp://HOST:PORT, such as udp://127.0.0.1:4739")]
pub struct InvalidCollectorAddress {
    text: String,
}

impl FromStr for CollectorAddress {
    type Err = InvalidCollectorAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (host, port) = text.strip_prefix("udp://")?.rsplit_once(':')?;
            // An IPv6 address stands in brackets, since it has colons of its own.
            let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            let host = bare.unwrap_or(host);
            let is_ambiguous = bare.is_none() && host.contains(':');
            let port = port.parse().ok().filter(|port| *port > 0)?;
            let is_host = !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
            (is_host && !is_ambiguous).then(|| Self { host: host.to_owned(), port })
        };
        parse().ok_or_else(|| InvalidCollectorAddress { text: text.to_owned() })
    }
}

impl fmt::Display for CollectorAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "udp://[{host}]:{port}")
        } else {
            write!(f, "udp://{host}:{port}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_address_reads_back_as_it_is_written() {
        for text in ["udp://127.0.0.1:4739", "udp://[::1]:4739", "udp://flows.example.org:2055"] {
            assert_eq!(text.parse::<CollectorAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_collector_address_needs_scheme_host_and_port() {
        for text in [
            "",
            "127.0.0.1:4739",
            "udp://:1",
            "udp://h",
            "udp://h:0",
            "udp://h:65536",
            "udp://::1:4739",
            "udp://h/x:1",
            "sctp://h:1",
        ] {
            let error = text.parse::<CollectorAddress>().unwrap_err().to_string();
            assert!(error.contains("udp://HOST:PORT"), "{error}");
        }
    }
}
