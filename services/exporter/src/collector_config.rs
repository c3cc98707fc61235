//! One IPFIX collector as it is asked for.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use weir_control::settings::ranges::PACKET_SIZES;
use weir_ipfix::InformationElement;
use weir_report::WindowOptions;

use crate::address::CollectorAddress;
use crate::config::WhenDown;
use crate::error::ExportError;
use crate::tls_config::TlsConfig;

/// The default of [`CollectorConfig::max_packet_size`], in octets of UDP payload: an Ethernet
/// frame with room for tunnels on the way.
pub const DEFAULT_MAX_PACKET_SIZE: usize = 1420;

/// The accepted values of [`CollectorConfig::max_packet_size`]. RFC 7011 section 10.3.3 names
/// 512 octets for an unknown path; 3900 is for a collector on the same host.
pub const MAX_PACKET_SIZE_RANGE: RangeInclusive<usize> =
    PACKET_SIZES.least as usize..=PACKET_SIZES.most as usize;

/// The default of [`CollectorConfig::template_interval`] (RFC 7011 section 8.4).
pub const DEFAULT_TEMPLATE_INTERVAL: Duration = Duration::from_secs(600);

/// One IPFIX collector.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectorConfig {
    /// Where it listens.
    pub address: CollectorAddress,
    /// The most octets of a message, which is one UDP payload; [`MAX_PACKET_SIZE_RANGE`].
    pub max_packet_size: usize,
    /// The most data records a second; 0 is unlimited.
    pub records_per_second: u64,
    /// How often templates are repeated over UDP.
    pub template_interval: Duration,
    /// How records are counted together for it; it gets each by itself when `None`.
    pub window: Option<WindowOptions>,
    /// The elements that it gets; all that records hold when `None`. Of rows that are counted
    /// over an interval, [`WindowOptions::default_elements`].
    pub elements: Option<Vec<InformationElement>>,
    /// Whether messages are filled up to `max_packet_size` with paddingOctets, so that the system
    /// takes many with one call (UDP segmentation offload). Where the system cannot do that,
    /// messages are neither filled nor sent so.
    pub segmentation_offload: bool,
    /// What happens while it cannot be reached.
    pub when_down: WhenDown,
    /// Where messages come from; for UDP alone.
    pub source_address: SourceAddress,
    /// How it is verified and weir shows itself, for TLS alone.
    pub tls: TlsConfig,
}

/// The address that messages to a collector come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceAddress {
    /// The system's choice.
    #[default]
    System,
    /// This address of the host.
    Fixed(IpAddr),
    /// The exporterIPv4Address of the records: collectors that tell devices apart by address
    /// alone then see one for each VPC. The host must have these addresses; records of others
    /// leave from the system's choice, counted. Each address is a transport session of its own,
    /// up to [`MAX_SOURCES`].
    Exporter,
}

/// The most source addresses of one collector. Each takes a socket.
pub const MAX_SOURCES: usize = 1024;

impl CollectorConfig {
    /// A collector with the default limits.
    pub fn new(address: CollectorAddress) -> Self {
        Self {
            address,
            max_packet_size: DEFAULT_MAX_PACKET_SIZE,
            records_per_second: 0,
            template_interval: DEFAULT_TEMPLATE_INTERVAL,
            window: None,
            elements: None,
            segmentation_offload: true,
            when_down: WhenDown::default(),
            source_address: SourceAddress::default(),
            tls: TlsConfig::default(),
        }
    }

    pub(crate) fn check_packet_size(&self) -> Result<(), ExportError> {
        let size = self.max_packet_size;
        let is_right = MAX_PACKET_SIZE_RANGE.contains(&size);
        if is_right { Ok(()) } else { Err(ExportError::PacketSizeRange { size }) }
    }
}
