//! Ports for processes that do not choose one themselves.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Ports from here on that tests choose from: below the range from which systems number the
/// sockets of clients, so that none of those takes a chosen port.
const FIRST_PORT: u16 = 12_000;
const PORTS: u16 = 16_000;

/// A UDP port of 127.0.0.1 that nobody uses. Each process and call begins at another one, so
/// that tests side by side do not choose the same.
///
/// # Panics
/// When none is free.
#[must_use]
pub fn free_udp_port() -> u16 {
    free_port(|port| UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
}

/// The same for TCP: a port that a server gets back after it has ended.
///
/// # Panics
/// When none is free.
#[must_use]
pub fn free_tcp_port() -> u16 {
    free_port(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
}

fn free_port(is_free: impl Fn(u16) -> bool) -> u16 {
    static CALLS: AtomicU16 = AtomicU16::new(0);
    let process = std::process::id() % u32::from(PORTS);
    let first = process * 7 + u32::from(CALLS.fetch_add(1, Ordering::Relaxed));
    let ports = (0..u32::from(PORTS)).map(|step| (first + step) % u32::from(PORTS));
    let mut ports = ports.map(|offset| FIRST_PORT + u16::try_from(offset).expect("below PORTS"));
    ports.find(|port| is_free(*port)).expect("a free port")
}
