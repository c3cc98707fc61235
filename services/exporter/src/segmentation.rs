//! UDP segmentation offload: many datagrams of one length with one call.

use std::io;
use std::net::UdpSocket;

use crate::collector_config::CollectorConfig;

/// The most octets of one call: what an IPv4 datagram could hold.
const MAX_OCTETS: usize = 65_507;
/// The most datagrams of one call (`UDP_MAX_SEGMENTS` of Linux before 6.9).
const MAX_SEGMENTS: usize = 64;

/// The most octets that one call may send as datagrams of `length` octets.
pub(crate) fn most_segmented_octets(length: usize) -> usize {
    MAX_OCTETS.min(MAX_SEGMENTS * length)
}

/// From now on the system cuts what is sent into datagrams of `length` octets; the last may be
/// shorter. 0 switches that off.
#[cfg(target_os = "linux")]
pub(crate) fn segment(socket: &UdpSocket, length: usize) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt::UdpGsoSegment};
    let length = i32::try_from(length).map_err(io::Error::other)?;
    Ok(setsockopt(socket, UdpGsoSegment, &length)?)
}

/// Other systems cannot.
#[cfg(not(target_os = "linux"))]
pub(crate) fn segment(_socket: &UdpSocket, _length: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Below this rate messages go out one by one anyway, and filling them would be a waste.
const MIN_SEGMENTING_RATE: u64 = 10_000;

/// Whether a collector's messages are to be filled, where the system can segment.
pub(crate) fn is_worth_segmenting(config: &CollectorConfig) -> bool {
    let rate = config.records_per_second;
    config.segmentation_offload && (rate == 0 || rate >= MIN_SEGMENTING_RATE)
}

/// Whether the system segments at all.
pub(crate) fn can_segment() -> bool {
    UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0))
        .is_ok_and(|socket| segment(&socket, 1000).is_ok())
}
