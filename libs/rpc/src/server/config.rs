//! What a listener is and is held to.

use std::net::SocketAddr;
use std::time::Duration;

use crate::tls::Security;

/// A listener.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How connections are protected.
    pub security: Security,
    /// What is bounded.
    pub limits: Limits,
    pub(super) is_admin: bool,
}

/// What a listener bounds. Messages have a bound of their own,
/// [`MAX_MESSAGE_OCTETS`](crate::MAX_MESSAGE_OCTETS).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections; one more is closed at once.
    pub max_connections: usize,
    /// The most streams of a connection at a time; a peer's next one waits.
    pub max_streams: u32,
    /// The most calls in all connections that are being answered; one more gets
    /// RESOURCE_EXHAUSTED. `None` is no limit.
    pub max_calls: Option<usize>,
    /// How long a call may take to its answer's first octet; its own deadline may be shorter.
    /// `None` leaves it to the call's deadline.
    pub call_timeout: Option<Duration>,
    /// How long a connection may take to its TLS handshake, and again to its first frame.
    pub handshake_timeout: Duration,
    /// How long a connection may last.
    pub age: ConnectionAge,
}

/// How long a connection may last. So replicas that came later get their share, and peers show
/// their certificates again.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionAge {
    /// After this time the peer is told to open its next streams elsewhere (GOAWAY), and
    /// [`Peer::closing`](super::Peer::closing) resolves in the handlers.
    pub most: Duration,
    /// Up to this time is added, at random, so that not all peers come back at once.
    pub jitter: Duration,
    /// What its last streams may take after that, before they are cut.
    pub grace: Duration,
}

impl ServerConfig {
    /// A listener for long streams: no limit of calls and no deadline but the peer's.
    pub fn data(listen: SocketAddr, security: Security) -> Self {
        let limits = Limits {
            max_connections: 1024,
            max_streams: 64,
            max_calls: None,
            call_timeout: None,
            handshake_timeout: Duration::from_secs(10),
            age: ConnectionAge {
                most: Duration::from_secs(30 * 60),
                jitter: Duration::from_secs(5 * 60),
                grace: Duration::from_secs(10 * 60),
            },
        };
        Self { listen, security, limits, is_admin: false }
    }

    /// A listener for people and their tools: short calls, of which too many are refused, and
    /// reflection.
    pub fn admin(listen: SocketAddr, security: Security) -> Self {
        let mut config = Self::data(listen, security);
        config.limits.max_connections = 128;
        config.limits.max_calls = Some(64);
        config.limits.call_timeout = Some(Duration::from_secs(60));
        config.is_admin = true;
        config
    }
}
