//! One TCP connection, with or without TLS.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, recv};
use rustls::ClientConnection;
use socket2::{SockRef, TcpKeepalive};

use crate::address::Peer;
use crate::clock::{Clock, stopped};
use crate::tls;
use crate::tls_config::TlsConfig;

/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a peer may take nothing before the connection counts as broken.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a write that waits looks whether the exporter is to stop.
const WRITE_SLICE: Duration = Duration::from_millis(500);
/// How long a connection may be silent before the system asks whether the peer is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// A connection on which only weir has something to say.
pub(crate) struct Connection {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    clock: Clock,
}

impl Connection {
    /// Connects, and makes sure of the peer where TLS is asked for. This takes up to some
    /// multiple of ten seconds.
    pub(crate) fn open(peer: &Peer, tls: Option<&TlsConfig>, clock: Clock) -> io::Result<Self> {
        let mut socket = connect(peer)?;
        let tls = tls.map(|config| tls::connect(&mut socket, &peer.host, config)).transpose()?;
        set_up(&socket)?;
        Ok(Self { socket, tls: tls.map(Box::new), clock })
    }

    /// Finds out whether the peer has closed the connection as far as the system knows.
    ///
    /// Collectors and syslog receivers have nothing to say: what they send is thrown away.
    ///
    /// # Errors
    ///
    /// When it has.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        let mut socket = NoWait(&self.socket);
        let seen = match &mut self.tls {
            Some(tls) => tls::take_incoming(tls, &mut socket),
            None => take_incoming(&mut socket),
        };
        match seen {
            Err(error) if is_for_later(&error) => Ok(()),
            seen => seen,
        }
    }

    /// Writes all of `octets`. After an error nothing more can be written.
    pub(crate) fn write(&mut self, mut octets: &[u8]) -> io::Result<()> {
        let mut socket = Patient { socket: &self.socket, clock: &self.clock };
        let Some(tls) = &mut self.tls else { return socket.write_all(octets) };
        while !octets.is_empty() {
            let taken = tls.writer().write(octets)?;
            octets = octets.get(taken..).unwrap_or_default();
            while tls.wants_write() {
                tls.write_tls(&mut socket)?;
            }
        }
        Ok(())
    }
}

impl Drop for Connection {
    /// Tells the peer that the end is meant to be (RFC 8446 section 6.1).
    fn drop(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // Where the connection is broken there is nobody to tell.
            drop(tls.write_tls(&mut self.socket));
        }
    }
}

/// Reads until there is nothing to read; the end of the stream is an error.
fn take_incoming(socket: &mut impl Read) -> io::Result<()> {
    let mut ignored = [0; 512];
    loop {
        if socket.read(&mut ignored)? == 0 {
            return Err(tls::closed());
        }
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Reads what is there and does not wait for more.
struct NoWait<'a>(&'a TcpStream);

impl Read for NoWait<'_> {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        Ok(recv(self.0, octets, RecvFlags::DONTWAIT)?.0)
    }
}

/// Writes to a peer that may be slow, until it takes nothing for too long or the exporter is to
/// stop.
struct Patient<'a> {
    socket: &'a TcpStream,
    clock: &'a Clock,
}

impl Write for Patient<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let start = Instant::now();
        loop {
            match (&mut &*self.socket).write(octets) {
                Err(error) if is_for_later(&error) => {}
                written => return written,
            }
            if self.clock.is_stopped() {
                return Err(stopped());
            }
            if start.elapsed() >= WRITE_TIMEOUT {
                let advice = "the peer has taken nothing for a minute";
                return Err(io::Error::new(io::ErrorKind::TimedOut, advice));
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn connect(peer: &Peer) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (peer.host.as_str(), peer.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn set_up(socket: &TcpStream) -> io::Result<()> {
    socket.set_write_timeout(Some(WRITE_SLICE))?;
    // The end of a run must not wait for the acknowledgement of what went before it.
    socket.set_nodelay(true)?;
    SockRef::from(socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))
}
