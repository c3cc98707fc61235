//! TLS towards collectors and syslog receivers (RFC 7011 section 11, RFC 5425).

use std::io::{self, Read};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ClientConnection, ProtocolVersion};

use crate::tls_config::TlsConfig;

/// How long the handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the peer may take after the handshake to refuse weir's certificate.
const VERDICT_TIMEOUT: Duration = Duration::from_secs(1);

/// Shakes hands with the peer on `socket`, whose certificate must be for `host` unless the
/// configuration names another.
pub(crate) fn connect(
    socket: &mut TcpStream,
    host: &str,
    config: &TlsConfig,
) -> io::Result<ClientConnection> {
    let client = config.client().map_err(io::Error::other)?;
    let name = config.server_name(host).map_err(io::Error::other)?;
    let mut tls = ClientConnection::new(Arc::new(client), name).map_err(io::Error::other)?;
    socket.set_write_timeout(Some(HANDSHAKE_TIMEOUT))?;
    let deadline = Instant::now() + HANDSHAKE_TIMEOUT;
    while tls.is_handshaking() {
        let mut socket = Until { socket, deadline };
        tls.complete_io(&mut socket)?;
    }
    if tls.protocol_version() == Some(ProtocolVersion::TLSv1_3) {
        hear_verdict(&mut tls, socket)?;
    }
    Ok(tls)
}

/// Under TLS 1.3 a client has done its part before the server has looked at its certificate. What
/// the server says first, tickets or a refusal, tells; some say nothing.
fn hear_verdict(tls: &mut ClientConnection, socket: &TcpStream) -> io::Result<()> {
    let deadline = Instant::now() + VERDICT_TIMEOUT;
    match tls.read_tls(&mut Until { socket, deadline }) {
        Ok(0) => Err(closed()),
        Ok(_) => process(tls),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes what the peer has sent; an end is an error, and so is nothing to read.
pub(crate) fn take_incoming(tls: &mut ClientConnection, socket: &mut impl Read) -> io::Result<()> {
    loop {
        if tls.read_tls(socket)? == 0 {
            return Err(closed());
        }
        process(tls)?;
    }
}

fn process(tls: &mut ClientConnection) -> io::Result<()> {
    let state = tls.process_new_packets().map_err(io::Error::other)?;
    if state.peer_has_closed() {
        return Err(closed());
    }
    // The peer has nothing to say that matters.
    let said = state.plaintext_bytes_to_read() as u64;
    io::copy(&mut tls.reader().take(said), &mut io::sink()).map(drop)
}

/// The peer has ended the connection.
pub(crate) fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the peer has closed the connection")
}

/// A socket whose reads end at a deadline.
struct Until<'a> {
    socket: &'a TcpStream,
    deadline: Instant,
}

impl Read for Until<'_> {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "the peer does not answer under TLS");
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        self.socket.set_read_timeout(Some(left))?;
        let mut socket = self.socket;
        match socket.read(octets) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(late()),
            read => read,
        }
    }
}

impl io::Write for Until<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let mut socket = self.socket;
        socket.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
