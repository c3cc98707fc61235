//! A TCP or TLS connection that is made again when it breaks.

use std::io;
use std::mem;
use std::sync::Arc;

use crate::address::{Peer, Transport};
use crate::attempt::Attempt;
use crate::clock::Clock;
use crate::connection::Connection;
use crate::meter::Meter;
use crate::outputs::Opening;
use crate::tls_config::TlsConfig;

/// A connection to one peer, made when it is first needed.
pub(crate) struct Stream {
    peer: Peer,
    tls: Option<TlsConfig>,
    clock: Clock,
    meter: Arc<Meter>,
    state: State,
    has_connected: bool,
}

enum State {
    Closed,
    Connecting(Attempt<Connection>),
    Open {
        connection: Connection,
        /// Whether anything was delivered over it.
        has_delivered: bool,
    },
}

/// Whether there is a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// It is being made.
    No,
    /// A new one.
    Anew,
    /// The same as before.
    Still,
}

impl Stream {
    pub(crate) fn new(
        peer: &Peer,
        transport: Transport,
        tls: &TlsConfig,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Self {
        Self {
            peer: peer.clone(),
            tls: (transport == Transport::Tls).then(|| tls.clone()),
            clock: opening.clock.clone(),
            meter: Arc::clone(meter),
            state: State::Closed,
            has_connected: false,
        }
    }

    /// Connects unless there is a connection, and waits for it with `waits`.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(crate) fn ready(&mut self, waits: bool) -> io::Result<Ready> {
        if self.is_open()? {
            return Ok(Ready::Still);
        }
        let attempt = match mem::replace(&mut self.state, State::Closed) {
            State::Connecting(attempt) => attempt,
            _ => self.attempt()?,
        };
        let connection = if waits { Some(attempt.wait(&self.clock)) } else { attempt.poll() };
        let Some(connection) = connection else {
            self.state = State::Connecting(attempt);
            return Ok(Ready::No);
        };
        self.state = State::Open { connection: connection?, has_delivered: false };
        self.meter.is_connected();
        if mem::replace(&mut self.has_connected, true) {
            self.meter.reconnected();
        }
        Ok(Ready::Anew)
    }

    /// Whether the connection is open still: the first write to a closed one would succeed and
    /// be lost. One that was closed before anything was delivered is an error, so that there is a
    /// pause before the next; else the peer may have closed it for lack of use.
    fn is_open(&mut self) -> io::Result<bool> {
        let State::Open { connection, has_delivered } = &mut self.state else { return Ok(false) };
        let has_delivered = *has_delivered;
        let Err(error) = connection.check() else { return Ok(true) };
        self.state = State::Closed;
        if has_delivered { Ok(false) } else { Err(error) }
    }

    fn attempt(&self) -> io::Result<Attempt<Connection>> {
        self.meter.is_connecting();
        let (peer, tls, clock) = (self.peer.clone(), self.tls.clone(), self.clock.clone());
        Attempt::start(move || Connection::open(&peer, tls.as_ref(), clock))
    }

    /// Writes all of `octets`; an error breaks the connection.
    pub(crate) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        let State::Open { connection, .. } = &mut self.state else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let written = connection.write(octets);
        if written.is_err() {
            self.state = State::Closed;
        }
        written
    }

    /// Ends the connection, so that the next is a session of its own.
    pub(crate) fn close(&mut self) {
        self.state = State::Closed;
    }

    /// Notes that a run was delivered.
    pub(crate) fn delivered(&mut self) {
        if let State::Open { has_delivered, .. } = &mut self.state {
            *has_delivered = true;
        }
    }
}
