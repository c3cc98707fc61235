//! A UDP socket that is made anew when it keeps failing.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;

use crate::address::Peer;
use crate::attempt::Attempt;
use crate::clock::Clock;
use crate::meter::Meter;
use crate::outputs::Opening;
use crate::udp_socket::connect;

/// Failures in a row after which the socket is made anew: the name may have another address by
/// now, or the host itself.
const FAILURES_OF_A_SOCKET: u32 = 2;

/// The way to a socket that is connected to one peer.
pub(crate) struct UdpLink {
    peer: Peer,
    source: Option<IpAddr>,
    clock: Clock,
    meter: Arc<Meter>,
    attempt: Option<Attempt<UdpSocket>>,
    has_socket: bool,
    has_connected: bool,
    failures: u32,
}

/// Whether there is a socket.
pub(crate) enum Link {
    /// It is being made.
    No,
    /// The same as before.
    Still,
    /// A new one.
    Anew(UdpSocket),
}

impl UdpLink {
    pub(crate) fn new(
        peer: &Peer,
        source: Option<IpAddr>,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Self {
        Self {
            peer: peer.clone(),
            source,
            clock: opening.clock.clone(),
            meter: Arc::clone(meter),
            attempt: None,
            has_socket: false,
            has_connected: false,
            failures: 0,
        }
    }

    /// Makes a socket unless there is one, and waits for it with `waits`: a name may have to be
    /// looked up.
    pub(crate) fn ready(&mut self, waits: bool) -> io::Result<Link> {
        if self.has_socket && self.failures < FAILURES_OF_A_SOCKET {
            return Ok(Link::Still);
        }
        let attempt = match self.attempt.take() {
            Some(attempt) => attempt,
            None => self.attempt()?,
        };
        let socket = if waits { Some(attempt.wait(&self.clock)) } else { attempt.poll() };
        let Some(socket) = socket else {
            self.attempt = Some(attempt);
            return Ok(Link::No);
        };
        let socket = socket?;
        (self.has_socket, self.failures) = (true, 0);
        self.meter.is_connected();
        if std::mem::replace(&mut self.has_connected, true) {
            self.meter.reconnected();
        }
        Ok(Link::Anew(socket))
    }

    fn attempt(&self) -> io::Result<Attempt<UdpSocket>> {
        self.meter.is_connecting();
        let (peer, source) = (self.peer.clone(), self.source);
        Attempt::start(move || connect(&peer, source))
    }

    /// The socket is of no use.
    pub(crate) fn is_useless(&mut self) {
        self.has_socket = false;
    }

    /// Notes that the system took what was sent.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Notes that it did not.
    pub(crate) fn failed(&mut self) {
        self.failures += 1;
    }

    /// Whether the last attempt to send failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures > 0
    }
}
