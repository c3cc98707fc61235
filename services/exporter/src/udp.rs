//! A collector that is reached over UDP.

use std::io;
use std::net::{ToSocketAddrs as _, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use weir_delivery::EnrichedRun;
use weir_ipfix::{LayoutPair, PackError};

use crate::address::Peer;
use crate::clock::Clock;
use crate::config::CollectorConfig;
use crate::error::ExportError;
use crate::output::Output;
use crate::path_mtu::path_limit;
use crate::report::ExportReport;
use crate::segmentation::{most_segmented_octets, segment};
use crate::session::{Chunk, ChunkBounds, Session};

/// What the system is asked for as the send buffer, in octets.
const SEND_BUFFER: usize = 4 * 1024 * 1024;

/// How often a message is tried again when the system has no buffer or no route for it.
const MAX_RETRIES: u32 = 1000;
/// The pause before it is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(1);

/// A UDP collector. Its socket is connected, so that a refusal (ICMP) is seen: it is counted and
/// never fatal.
pub(crate) struct UdpCollector {
    socket: UdpSocket,
    session: Session,
    is_segmenting: bool,
    max_packet_size: usize,
}

impl UdpCollector {
    /// Opens the session. Nothing is sent as yet.
    pub(crate) fn open(
        config: &CollectorConfig,
        layouts: Arc<LayoutPair>,
        clock: Clock,
    ) -> Result<Self, ExportError> {
        config.check_packet_size()?;
        let collector = config.address.to_string();
        let size = config.max_packet_size;
        let socket = connect(&config.address.peer)
            .map_err(|source| ExportError::Connect { peer: collector.clone(), source })?;
        check_path(config, &socket)?;
        let is_segmenting = is_worth_segmenting(config) && segment(&socket, size).is_ok();
        let session = Session::new(config, layouts, clock, is_segmenting)
            .map_err(|source| ExportError::Packing { collector, source })?;
        Ok(Self { socket, session, is_segmenting, max_packet_size: size })
    }

    fn send(&mut self) -> Result<(), ExportError> {
        let Self { socket, session, is_segmenting, max_packet_size } = self;
        let octets = if *is_segmenting { most_segmented_octets(*max_packet_size) } else { 0 };
        let bounds = ChunkBounds { octets, message_length: Some(*max_packet_size) };
        let mut refused = 0;
        let sent =
            session.send(bounds, |chunk| send_chunk(socket, chunk, is_segmenting, &mut refused));
        session.count_refused(refused);
        let peer = session.peer();
        sent.map_err(|source| ExportError::Send { peer: peer.to_owned(), source })
    }

    fn packing(&self, source: PackError) -> ExportError {
        ExportError::Packing { collector: self.session.peer().to_owned(), source }
    }
}

impl Output for UdpCollector {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        self.session.pack(run).map_err(|source| self.packing(source))?;
        self.send()
    }

    fn idle(&mut self, now: Duration) -> Result<(), ExportError> {
        self.session.repeat_templates(now);
        self.send()
    }

    fn report(&self, report: &mut ExportReport) {
        report.collectors.push(self.session.report());
    }
}

/// Below this rate messages go out one by one anyway, and filling them would be a waste.
const MIN_SEGMENTING_RATE: u64 = 10_000;

fn is_worth_segmenting(config: &CollectorConfig) -> bool {
    let rate = config.records_per_second;
    config.segmentation_offload && (rate == 0 || rate >= MIN_SEGMENTING_RATE)
}

fn check_path(config: &CollectorConfig, socket: &UdpSocket) -> Result<(), ExportError> {
    let (size, collector) = (config.max_packet_size, config.address.to_string());
    let limit = path_limit(socket)
        .map_err(|source| ExportError::Connect { peer: collector.clone(), source })?;
    match limit {
        Some(path) if size > path.payload => {
            let (mtu, limit) = (path.mtu, path.payload);
            Err(ExportError::PacketSizePath { size, collector, mtu, limit })
        }
        _ => Ok(()),
    }
}

/// A UDP socket that is connected to `peer`.
pub(crate) fn connect(peer: &Peer) -> io::Result<UdpSocket> {
    let no_address = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let mut addresses = (peer.host.as_str(), peer.port).to_socket_addrs()?;
    let address = addresses.next().ok_or_else(no_address)?;
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}

/// Sends a chunk with one call. Where the network interface cannot segment after all, its
/// messages go one by one from now on.
fn send_chunk(
    socket: &UdpSocket,
    chunk: Chunk<'_>,
    is_segmenting: &mut bool,
    refused: &mut u64,
) -> io::Result<()> {
    if *is_segmenting {
        match send(socket, chunk.octets, refused) {
            Err(error) if is_segmentation_error(&error) => {
                tracing::warn!(%error, "no segmentation offload, sending message by message");
                segment(socket, 0)?;
                *is_segmenting = false;
            }
            sent => return sent,
        }
    }
    chunk.octets.chunks(chunk.message_length).try_for_each(|message| send(socket, message, refused))
}

fn is_segmentation_error(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errors = [Errno::IO, Errno::INVAL, Errno::MSGSIZE, Errno::OPNOTSUPP];
    errors.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Sends datagrams. An error that the system reports for an earlier one (the peer's host or a
/// firewall on the way refused it) is counted, and these are sent after all.
pub(crate) fn send(socket: &UdpSocket, octets: &[u8], refused: &mut u64) -> io::Result<()> {
    let mut retries = 0;
    loop {
        let Err(error) = socket.send(octets) else { return Ok(()) };
        retries += 1;
        if retries > MAX_RETRIES {
            return Err(error);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => *refused += 1,
            io::ErrorKind::Interrupted => {}
            // Either such a report, which comes once, or there is no route at the moment.
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                *refused += 1;
                std::thread::sleep(RETRY_PAUSE);
            }
            _ if is_buffer_full(&error) => std::thread::sleep(RETRY_PAUSE),
            _ => return Err(error),
        }
    }
}

fn is_buffer_full(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn messages_go_one_by_one_when_the_system_does_not_segment_after_all() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let port = receiver.local_addr().unwrap().port();
        let socket = connect(&Peer { host: "127.0.0.1".to_owned(), port }).unwrap();
        segment(&socket, 1000).unwrap();
        // More than one call may send.
        let octets: Vec<u8> = (0..70u8).flat_map(|message| vec![message; 1000]).collect();
        let chunk = Chunk { octets: &octets, message_length: 1000 };
        let (mut is_segmenting, mut refused) = (true, 0);
        send_chunk(&socket, chunk, &mut is_segmenting, &mut refused).unwrap();
        assert!(!is_segmenting);
        let mut datagram = [0; 2000];
        for message in 0..70 {
            assert_eq!(receiver.recv(&mut datagram).unwrap(), 1000);
            assert_eq!(datagram[0], message);
        }
    }
}
