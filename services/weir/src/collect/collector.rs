//! The socket, the decoder and the loop between them.

use std::{
    hash::{BuildHasher, RandomState},
    io::{self, ErrorKind, Write},
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::Context;
use socket2::{Domain, Protocol, Socket, Type};
use weir_ipfix::decode::{DecodeError, Decoder, MessageSummary};

use super::{CollectConfig, CollectSummary, json::LineWriter, warnings::Warnings};

/// How long a wait for a message lasts before shutdown is asked for again.
const READ_TIMEOUT: Duration = Duration::from_millis(200);

/// The longest message (RFC 7011 section 3.1), and more than any UDP payload.
const MAX_MESSAGE_LENGTH: usize = 65_535;

/// A bound socket, ready to collect.
#[derive(Debug)]
pub(crate) struct Collector {
    socket: UdpSocket,
    local_addr: SocketAddr,
    count: Option<u64>,
    decoder: Decoder,
    /// Numbers the sessions by peer address; keyed, so that nobody can make two of them meet.
    sessions: RandomState,
    lines: LineWriter,
    malformed_warnings: Warnings,
    template_warnings: Warnings,
    summary: CollectSummary,
}

impl Collector {
    /// Binds the socket; messages are queued from now on.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(crate) fn bind(config: &CollectConfig) -> anyhow::Result<Self> {
        let socket = bind_socket(config.listen, config.receive_buffer_bytes)
            .with_context(|| format!("cannot listen at udp://{}", config.listen))?;
        let local_addr = socket.local_addr().context("cannot tell the address listened at")?;
        Ok(Self {
            socket,
            local_addr,
            count: config.count,
            decoder: Decoder::new(config.enterprise_number),
            sessions: RandomState::new(),
            lines: LineWriter::default(),
            malformed_warnings: Warnings::default(),
            template_warnings: Warnings::default(),
            summary: CollectSummary::default(),
        })
    }

    /// The address that exporters send to, with the port that was chosen for port 0.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The same collector, to stop after `count` data records.
    pub(crate) fn expecting(self, count: u64) -> Self {
        Self { count: Some(count), ..self }
    }

    /// Prints records to `out` until the configured count is reached or `shutdown` says so.
    ///
    /// `out` is flushed whenever no message is waiting. A reader of `out` that has gone away
    /// ends the run like a shutdown.
    ///
    /// # Errors
    /// When the socket cannot be read or `out` cannot be written.
    pub(crate) fn run(
        mut self,
        out: &mut dyn Write,
        shutdown: &dyn Fn() -> bool,
    ) -> anyhow::Result<CollectSummary> {
        tracing::info!("listening at udp://{}", self.local_addr());
        match self.collect(out, shutdown) {
            Err(Failure::Write(error)) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(Failure::Write(error)) => return Err(error).context("cannot write the records"),
            Err(Failure::Receive(error)) => return Err(error).context("cannot receive messages"),
            Ok(()) => {}
        }
        tracing::info!("collected {}", self.summary);
        Ok(self.summary)
    }

    fn collect(&mut self, out: &mut dyn Write, shutdown: &dyn Fn() -> bool) -> Result<(), Failure> {
        let mut buffer = vec![0; MAX_MESSAGE_LENGTH];
        while !self.is_done() && !shutdown() {
            if let Some((length, peer)) = self.receive(&mut buffer, out)? {
                let message = buffer.get(..length).unwrap_or_default();
                self.take_message(message, peer, out).map_err(Failure::Write)?;
            }
        }
        out.flush().map_err(Failure::Write)
    }

    fn is_done(&self) -> bool {
        self.count.is_some_and(|count| self.summary.records >= count)
    }

    /// The next message, if one comes before the timeout; `out` is flushed before any wait.
    fn receive(
        &self,
        buffer: &mut [u8],
        out: &mut dyn Write,
    ) -> Result<Option<(usize, SocketAddr)>, Failure> {
        if let Some(received) = received(self.socket.recv_from(buffer))? {
            return Ok(Some(received));
        }
        out.flush().map_err(Failure::Write)?;
        self.socket.set_nonblocking(false).map_err(Failure::Receive)?;
        let outcome = self.socket.recv_from(buffer);
        self.socket.set_nonblocking(true).map_err(Failure::Receive)?;
        received(outcome)
    }

    fn take_message(
        &mut self,
        message: &[u8],
        peer: SocketAddr,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.summary.messages += 1;
        self.summary.octets += message.len() as u64;
        let exporter = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let session = self.sessions.hash_one(exporter);
        let Self { lines, summary, count, .. } = self;
        let mut printed = Ok(());
        let outcome = self.decoder.decode(session, message, |record| {
            let is_done = count.is_some_and(|count| summary.records >= count);
            if printed.is_ok() && !is_done {
                printed = out.write_all(lines.line(exporter, record));
                summary.count_record(record);
            }
        });
        match outcome {
            Ok(message) => self.count_message(&message, exporter),
            Err(error) => self.count_malformed(&error, exporter),
        }
        printed
    }

    fn count_message(&mut self, message: &MessageSummary, exporter: SocketAddr) {
        self.summary.count_message(message);
        if message.without_template == 0 {
            return;
        }
        if let Some(suppressed) = self.template_warnings.due(Instant::now()) {
            tracing::warn!(
                %exporter,
                observation_domain_id = message.observation_domain_id,
                suppressed,
                "skipped data whose template has not come yet: exporters repeat them regularly"
            );
        }
    }

    fn count_malformed(&mut self, error: &DecodeError, exporter: SocketAddr) {
        self.summary.malformed += 1;
        if let Some(suppressed) = self.malformed_warnings.due(Instant::now()) {
            tracing::warn!(%exporter, %error, suppressed, "skipped a malformed message");
        }
    }
}

/// What ends a collection early.
enum Failure {
    Receive(io::Error),
    Write(io::Error),
}

/// No message in time, or a signal instead of one, is nothing received.
fn received(
    outcome: io::Result<(usize, SocketAddr)>,
) -> Result<Option<(usize, SocketAddr)>, Failure> {
    match outcome {
        Ok(received) => Ok(Some(received)),
        Err(error) if is_nothing(error.kind()) => Ok(None),
        Err(error) => Err(Failure::Receive(error)),
    }
}

fn is_nothing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// A socket that does not block until it is told to.
fn bind_socket(listen: SocketAddr, receive_buffer_bytes: usize) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
    if listen.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    enlarge_receive_buffer(&socket, receive_buffer_bytes)?;
    socket.bind(&listen.into())?;
    socket.set_read_timeout(Some(READ_TIMEOUT))?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn enlarge_receive_buffer(socket: &Socket, wanted: usize) -> io::Result<()> {
    socket.set_recv_buffer_size(wanted)?;
    let granted = socket.recv_buffer_size()?;
    if granted < wanted {
        tracing::warn!(
            wanted,
            granted,
            "the receive buffer is smaller than asked for, so that bursts may be lost: \
             raise net.core.rmem_max"
        );
    }
    Ok(())
}
