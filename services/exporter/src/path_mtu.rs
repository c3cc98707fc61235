//! How long a UDP payload may be on the way to a collector.

use std::io;
use std::net::{SocketAddr, UdpSocket};

/// Octets of the IPv4 and UDP headers.
const IPV4_HEADERS: usize = 28;
/// Octets of the IPv6 and UDP headers.
const IPV6_HEADERS: usize = 48;

/// The path MTU of a connected socket and the UDP payload that it leaves, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathLimit {
    pub(crate) mtu: usize,
    pub(crate) payload: usize,
}

/// The limit of the path to the peer of `socket`; `None` when the peer is on this host, where
/// nothing is fragmented.
pub(crate) fn path_limit(socket: &UdpSocket) -> io::Result<Option<PathLimit>> {
    let (local, peer) = (socket.local_addr()?, socket.peer_addr()?);
    // The system gives a socket to one of the host's own addresses that same address.
    if peer.ip().is_loopback() || peer.ip() == local.ip() {
        return Ok(None);
    }
    let headers = if peer.is_ipv4() { IPV4_HEADERS } else { IPV6_HEADERS };
    let mtu = path_mtu(socket, peer)?;
    Ok(Some(PathLimit { mtu, payload: mtu.saturating_sub(headers) }))
}

#[cfg(target_os = "linux")]
fn path_mtu(socket: &UdpSocket, peer: SocketAddr) -> io::Result<usize> {
    use rustix::net::sockopt;
    let mtu = if peer.is_ipv4() { sockopt::ip_mtu(socket) } else { sockopt::ipv6_mtu(socket) };
    Ok(usize::try_from(mtu?).unwrap_or(usize::MAX))
}

/// Ethernet's, where the system does not tell.
#[cfg(not(target_os = "linux"))]
fn path_mtu(_socket: &UdpSocket, _peer: SocketAddr) -> io::Result<usize> {
    Ok(1500)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(peer: &str) -> io::Result<UdpSocket> {
        let socket = UdpSocket::bind(if peer.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" })?;
        socket.connect(peer)?;
        Ok(socket)
    }

    #[test]
    fn a_collector_on_this_host_has_no_limit() {
        assert_eq!(path_limit(&connected("127.0.0.1:4739").unwrap()).unwrap(), None);
        // Hosts without IPv6 have no such address.
        if let Ok(socket) = connected("[::1]:4739") {
            assert_eq!(path_limit(&socket).unwrap(), None);
        }
    }

    /// Addresses of the documentation (RFC 5737, RFC 3849), to which nothing is sent.
    const ELSEWHERE: [(&str, usize); 2] =
        [("198.51.100.1:4739", IPV4_HEADERS), ("[2001:db8::1]:4739", IPV6_HEADERS)];

    #[test]
    fn an_own_address_that_is_not_the_loopback_has_no_limit_either() {
        for (elsewhere, _) in ELSEWHERE {
            // Without a route there is no such address.
            let Ok(socket) = connected(elsewhere) else { continue };
            let own = SocketAddr::new(socket.local_addr().unwrap().ip(), 4739);
            assert_eq!(path_limit(&connected(&own.to_string()).unwrap()).unwrap(), None);
        }
    }

    #[test]
    fn the_headers_are_taken_off_the_mtu() {
        for (elsewhere, headers) in ELSEWHERE {
            let Ok(socket) = connected(elsewhere) else { continue };
            let PathLimit { mtu, payload } = path_limit(&socket).unwrap().unwrap();
            assert_eq!(payload, mtu - headers);
            assert!(mtu >= 576, "{mtu}");
        }
    }
}
