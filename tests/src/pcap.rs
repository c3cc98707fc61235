//! Datagrams as a capture file, so that no test needs the right to capture.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use crate::sink::Datagram;

/// Raw IPv4 or IPv6 packets (LINKTYPE_RAW, <https://www.tcpdump.org/linktypes.html>).
const LINKTYPE_RAW: u32 = 101;
const IPV4_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

/// Writes datagrams to port `port` of 127.0.0.1 as a pcap file
/// (draft-ietf-opsawg-pcap): the time of each is its time since the first.
///
/// # Panics
/// When the file cannot be written, or a sender is not on 127.0.0.0/8.
pub fn write_pcap(path: &Path, port: u16, datagrams: &[Datagram]) {
    let mut file = Vec::new();
    file.extend_from_slice(&0xa1b2_c3d4_u32.to_le_bytes());
    file.extend_from_slice(&2_u16.to_le_bytes());
    file.extend_from_slice(&4_u16.to_le_bytes());
    file.extend_from_slice(&[0; 8]);
    file.extend_from_slice(&u32::from(u16::MAX).to_le_bytes());
    file.extend_from_slice(&LINKTYPE_RAW.to_le_bytes());
    for datagram in datagrams {
        let elapsed = datagrams.first().map(|first| datagram.at - first.at).unwrap_or_default();
        let length = IPV4_HEADER + UDP_HEADER + datagram.payload.len();
        let length = u32::try_from(length).expect("a datagram is short");
        file.extend_from_slice(&u32::try_from(elapsed.as_secs()).expect("short").to_le_bytes());
        file.extend_from_slice(&elapsed.subsec_micros().to_le_bytes());
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(&length.to_le_bytes());
        push_headers(&mut file, datagram, port);
        file.extend_from_slice(&datagram.payload);
    }
    fs::write(path, file).expect("the capture file can be written");
}

/// IPv4 (RFC 791) and UDP (RFC 768) headers; checksums of 0, which readers do not check.
fn push_headers(file: &mut Vec<u8>, datagram: &Datagram, port: u16) {
    let IpAddr::V4(sender) = datagram.sender.ip() else { panic!("an IPv6 sender") };
    let udp_length = u16::try_from(UDP_HEADER + datagram.payload.len()).expect("a short datagram");
    let length = udp_length.checked_add(20).expect("a short datagram");
    file.extend_from_slice(&[0x45, 0]);
    file.extend_from_slice(&length.to_be_bytes());
    file.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0]);
    file.extend_from_slice(&sender.octets());
    file.extend_from_slice(&Ipv4Addr::LOCALHOST.octets());
    file.extend_from_slice(&datagram.sender.port().to_be_bytes());
    file.extend_from_slice(&port.to_be_bytes());
    file.extend_from_slice(&udp_length.to_be_bytes());
    file.extend_from_slice(&[0, 0]);
}
