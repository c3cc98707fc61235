//! Who is at the other end of a connection.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// The header in which proxies say for whom they ask.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end: an extension of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Browser {
    /// Where it is; what a trusted proxy says of it, where it comes through one.
    pub(crate) address: IpAddr,
    /// Whether it speaks TLS, with the console or with the proxy.
    pub(crate) is_encrypted: bool,
}

impl Browser {
    /// The browser behind a peer. The last address that a trusted proxy tells is the one that it
    /// saw itself: those before are the browser's own words.
    pub(super) fn of(
        peer: SocketAddr,
        is_tls: bool,
        trusted_proxies: &[IpAddr],
        headers: &HeaderMap,
    ) -> Self {
        let peer = peer.ip().to_canonical();
        if !is_trusted(peer, trusted_proxies) {
            return Self { address: peer, is_encrypted: is_tls };
        }
        let told = headers.get_all(FORWARDED_FOR).iter().next_back();
        let last = told.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        let address = last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer);
        Self { address, is_encrypted: true }
    }
}

/// Whether a peer is one of the proxies.
pub(super) fn is_trusted(peer: IpAddr, trusted_proxies: &[IpAddr]) -> bool {
    trusted_proxies.iter().any(|proxy| proxy.to_canonical() == peer.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser(peer: &str, told: &[&str]) -> Browser {
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let proxy = "10.0.0.1".parse().unwrap();
        Browser::of(SocketAddr::new(peer.parse().unwrap(), 1), false, &[proxy], &headers)
    }

    #[test]
    fn a_trusted_proxy_tells_who_asks_and_nobody_else_does() {
        let of = |address: &str, is_encrypted| Browser {
            address: address.parse().unwrap(),
            is_encrypted,
        };
        assert_eq!(browser("10.0.0.1", &["192.0.2.7"]), of("192.0.2.7", true));
        assert_eq!(browser("::ffff:10.0.0.1", &["1.1.1.1, 192.0.2.7"]), of("192.0.2.7", true));
        assert_eq!(browser("10.0.0.1", &["192.0.2.7", "192.0.2.8"]), of("192.0.2.8", true));
        assert_eq!(browser("10.0.0.1", &["nonsense"]), of("10.0.0.1", true));
        assert_eq!(browser("10.0.0.2", &["192.0.2.7"]), of("10.0.0.2", false));
    }
}
