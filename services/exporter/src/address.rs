//! Where messages go: `udp://HOST:PORT` and its like.

use std::fmt;
use std::str::FromStr;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// A name or an address.
    pub host: String,
    /// 1–65535.
    pub port: u16,
}

impl Peer {
    /// Reads `HOST:PORT`; an IPv6 address stands in brackets, since it has colons of its own.
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_ambiguous = bare.is_none() && host.contains(':');
        let host = bare.unwrap_or(host);
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let is_host = !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
        (is_host && !is_ambiguous).then(|| Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
}

/// Where an IPFIX collector listens: `udp://HOST:PORT`, `tcp://HOST:PORT` or `tls://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorAddress {
    /// How messages travel.
    pub transport: Transport,
    /// To whom.
    pub peer: Peer,
}

/// Where a syslog receiver listens: `syslog+udp://HOST:PORT`, `syslog+tcp://HOST:PORT` or
/// `syslog+tls://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogAddress {
    /// How messages travel.
    pub transport: Transport,
    /// To whom.
    pub peer: Peer,
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address: write {expected}")]
pub struct InvalidAddress {
    text: String,
    expected: &'static str,
}

const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

/// Reads `SCHEME://HOST:PORT` with a transport as the scheme.
fn parse(text: &str) -> Option<(Transport, Peer)> {
    let (scheme, peer) = text.split_once("://")?;
    let transport = TRANSPORTS.into_iter().find(|transport| transport.scheme() == scheme)?;
    Some((transport, Peer::parse(peer)?))
}

impl FromStr for CollectorAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected =
            "udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT, such as udp://127.0.0.1:4739";
        let (transport, peer) =
            parse(text).ok_or_else(|| InvalidAddress { text: text.to_owned(), expected })?;
        Ok(Self { transport, peer })
    }
}

impl FromStr for SyslogAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "syslog+udp://HOST:PORT, syslog+tcp://HOST:PORT or \
                        syslog+tls://HOST:PORT, such as syslog+udp://127.0.0.1:514";
        let (transport, peer) = text
            .strip_prefix("syslog+")
            .and_then(parse)
            .ok_or_else(|| InvalidAddress { text: text.to_owned(), expected })?;
        Ok(Self { transport, peer })
    }
}

impl Transport {
    fn scheme(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())
    }
}

impl fmt::Display for CollectorAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.transport, self.peer)
    }
}

impl fmt::Display for SyslogAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "syslog+{}://{}", self.transport, self.peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_is_written() {
        let tls = "tls://flows.example.org:4740";
        for text in ["udp://127.0.0.1:4739", "udp://[::1]:4739", "tcp://h:2055", tls] {
            assert_eq!(text.parse::<CollectorAddress>().unwrap().to_string(), text);
        }
        for text in ["syslog+udp://127.0.0.1:514", "syslog+tcp://[::1]:601", "syslog+tls://h:6514"]
        {
            assert_eq!(text.parse::<SyslogAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_address_needs_scheme_host_and_port() {
        let hosts = [":1", "h", "h:0", "h:65536", "::1:4739", "h/x:1", "h x:1"];
        let texts = hosts.iter().map(|host| format!("udp://{host}"));
        for text in texts.chain(["", "127.0.0.1:4739", "sctp://h:1"].map(str::to_owned)) {
            let error = text.parse::<CollectorAddress>().unwrap_err().to_string();
            assert!(error.contains("udp://HOST:PORT"), "{error}");
        }
        assert!("udp://h:514".parse::<SyslogAddress>().is_err());
    }
}
