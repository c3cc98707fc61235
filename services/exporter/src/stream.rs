//! A TCP connection that is made again when it breaks.

use std::io::{self, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use socket2::{SockRef, TcpKeepalive};

use crate::address::Peer;
use crate::clock::Clock;

/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a peer may take nothing before the connection counts as broken.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a connection may be silent before the system asks whether the peer is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// The pause before the second attempt; each further one is twice as long. RFC 7011 section
/// 10.4.5 asks for a minute between attempts; starting with a second brings records back sooner
/// after a collector's restart.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How long attempts go on before the peer is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to one peer, made when it is first needed.
pub(crate) struct Stream {
    peer: Peer,
    clock: Clock,
    stream: Option<TcpStream>,
    /// When attempts began to fail, and the pause before the next.
    failing: Option<(Duration, Duration)>,
}

impl Stream {
    pub(crate) fn new(peer: Peer, clock: Clock) -> Self {
        Self { peer, clock, stream: None, failing: None }
    }

    /// Connects unless there is a connection. Tells whether it is a new one.
    ///
    /// # Errors
    ///
    /// The last attempt's, when all have failed for a minute.
    pub(crate) fn ensure(&mut self) -> io::Result<bool> {
        if self.stream.as_ref().is_some_and(is_open) {
            return Ok(false);
        }
        self.stream = None;
        loop {
            match connect(&self.peer) {
                Ok(stream) => {
                    self.stream = Some(stream);
                    return Ok(true);
                }
                Err(error) => self.pause(error)?,
            }
        }
    }

    /// Writes all of `octets`; an error breaks the connection.
    pub(crate) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        stream.write_all(octets)
    }

    /// Notes that something was delivered.
    pub(crate) fn succeeded(&mut self) {
        self.failing = None;
    }

    /// Drops the connection after `error` and waits before the next attempt.
    ///
    /// # Errors
    ///
    /// `error` itself, once the peer is given up.
    pub(crate) fn broke(&mut self, error: io::Error) -> io::Result<()> {
        self.stream = None;
        self.pause(error)
    }

    fn pause(&mut self, error: io::Error) -> io::Result<()> {
        let (since, pause) = self.failing.unwrap_or((self.clock.elapsed(), FIRST_PAUSE));
        let Some(pause) = pause_after(self.clock.elapsed().saturating_sub(since), pause) else {
            return Err(error);
        };
        tracing::warn!(peer = %self.peer, %error, "no connection, trying again in {pause:?}");
        self.clock.sleep(pause)?;
        self.failing = Some((since, pause * 2));
        Ok(())
    }
}

/// The pause before the next attempt when attempts have failed for `failing`; `None` when there
/// is none.
fn pause_after(failing: Duration, pause: Duration) -> Option<Duration> {
    let left = PATIENCE.saturating_sub(failing);
    (!left.is_zero()).then(|| pause.min(left))
}

fn connect(peer: &Peer) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (peer.host.as_str(), peer.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return set_up(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn set_up(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    // The end of a run must not wait for the acknowledgement of what went before it.
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
    Ok(stream)
}

/// Whether the peer has not closed the connection as far as the system knows. The first write
/// to a closed one would succeed and be lost.
///
/// Collectors and syslog receivers have nothing to say: what they send is thrown away.
fn is_open(stream: &TcpStream) -> bool {
    let mut ignored = [0; 512];
    match recv(stream, &mut ignored[..], RecvFlags::DONTWAIT) {
        Ok((received, _)) => received > 0,
        Err(error) => matches!(error, Errno::AGAIN | Errno::INTR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_go_on_for_a_minute_with_longer_and_longer_pauses() {
        let (mut failing, mut pause, mut pauses) = (Duration::ZERO, FIRST_PAUSE, Vec::new());
        while let Some(next) = pause_after(failing, pause) {
            pauses.push(next.as_secs());
            failing += next;
            pause = next * 2;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 29]);
    }
}
