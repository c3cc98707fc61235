//! Sockets that send datagrams to one peer.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::address::Peer;
use crate::meter::Meter;
use crate::segmentation::segment;
use crate::session::Chunk;

/// What the system is asked for as the send buffer, in octets.
const SEND_BUFFER: usize = 4 * 1024 * 1024;

/// How often a message is tried again when the system has no buffer or no route for it.
const MAX_RETRIES: u32 = 1000;
/// The pause before it is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(1);

/// A UDP socket that is connected to `peer`, so that a refusal (ICMP) is seen, and bound to
/// `source` where one is given.
pub(crate) fn connect(peer: &Peer, source: Option<IpAddr>) -> io::Result<UdpSocket> {
    let no_address = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let addresses = (peer.host.as_str(), peer.port).to_socket_addrs()?;
    let is_like =
        |address: &SocketAddr| source.is_none_or(|source| source.is_ipv4() == address.is_ipv4());
    connect_to(addresses.into_iter().find(is_like).ok_or_else(no_address)?, source)
}

/// As [`connect`], where the peer's address is known.
pub(crate) fn connect_to(peer: SocketAddr, source: Option<IpAddr>) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(peer), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    if let Some(source) = source {
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    socket.connect(&peer.into())?;
    Ok(socket.into())
}

/// Sends a chunk with one call. Where the network interface cannot segment after all, its
/// messages go one by one from now on.
pub(crate) fn send_chunk(
    socket: &UdpSocket,
    chunk: Chunk<'_>,
    is_segmenting: &mut bool,
    meter: &Meter,
) -> io::Result<()> {
    if *is_segmenting {
        match send(socket, chunk.octets, meter) {
            Err(error) if is_segmentation_error(&error) => {
                tracing::warn!(%error, "no segmentation offload, sending message by message");
                segment(socket, 0)?;
                *is_segmenting = false;
            }
            sent => return sent,
        }
    }
    chunk.octets.chunks(chunk.message_length).try_for_each(|message| send(socket, message, meter))
}

fn is_segmentation_error(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errors = [Errno::IO, Errno::INVAL, Errno::MSGSIZE, Errno::OPNOTSUPP];
    errors.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Sends datagrams. An error that the system reports for an earlier one (the peer's host or a
/// firewall on the way refused it) is counted, and these are sent after all.
pub(crate) fn send(socket: &UdpSocket, octets: &[u8], meter: &Meter) -> io::Result<()> {
    let mut retries = 0;
    loop {
        let Err(error) = socket.send(octets) else { return Ok(()) };
        retries += 1;
        if retries > MAX_RETRIES {
            return Err(error);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => meter.refused(&error),
            io::ErrorKind::Interrupted => {}
            // Either such a report, which comes once, or there is no route at the moment.
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                meter.refused(&error);
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
    use crate::report::OutputKind;

    #[cfg(target_os = "linux")]
    #[test]
    fn messages_go_one_by_one_when_the_system_does_not_segment_after_all() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let port = receiver.local_addr().unwrap().port();
        let socket = connect(&Peer { host: "127.0.0.1".to_owned(), port }, None).unwrap();
        segment(&socket, 1000).unwrap();
        // More than one call may send.
        let octets: Vec<u8> = (0..70u8).flat_map(|message| vec![message; 1000]).collect();
        let chunk = Chunk { octets: &octets, message_length: 1000 };
        let mut is_segmenting = true;
        let meter = Meter::new(String::new(), OutputKind::Collector, 0);
        send_chunk(&socket, chunk, &mut is_segmenting, &meter).unwrap();
        assert!(!is_segmenting);
        let mut datagram = [0; 2000];
        for message in 0..70 {
            assert_eq!(receiver.recv(&mut datagram).unwrap(), 1000);
            assert_eq!(datagram[0], message);
        }
    }
}
