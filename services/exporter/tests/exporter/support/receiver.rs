//! Sockets that receive, with deadlines.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};

use socket2::{Domain, SockRef, Socket, Type};
use weir_exporter::Peer;
use weir_ipfix::decode::message_length;

use super::DEADLINE;
use super::collector::Collector;

/// Where nobody listens as yet. An address of its own where there are many on the loopback
/// interface, so that no other test gets the port meanwhile.
const ABSENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, if cfg!(target_os = "linux") { 2 } else { 1 });

pub(crate) fn peer(address: SocketAddr) -> Peer {
    Peer { host: address.ip().to_string(), port: address.port() }
}

pub(crate) struct UdpReceiver(UdpSocket);

impl UdpReceiver {
    pub(crate) fn bind(address: impl Into<SocketAddr>) -> Self {
        let socket = UdpSocket::bind(address.into()).expect("binds");
        SockRef::from(&socket).set_recv_buffer_size(4 << 20).expect("a buffer");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        Self(socket)
    }

    pub(crate) fn new() -> Self {
        Self::bind((Ipv4Addr::LOCALHOST, 0))
    }

    pub(crate) fn peer(&self) -> Peer {
        peer(self.0.local_addr().expect("is bound"))
    }

    /// The next datagram.
    pub(crate) fn next(&self) -> Vec<u8> {
        self.try_next().expect("a datagram")
    }

    /// The next datagram and where it comes from.
    pub(crate) fn next_from(&self) -> (SocketAddr, Vec<u8>) {
        let mut datagram = vec![0; 65_535];
        let (length, source) = self.0.recv_from(&mut datagram).expect("a datagram");
        datagram.truncate(length);
        (source, datagram)
    }

    /// Takes datagrams until `collector` has `flows` flows.
    pub(crate) fn receive(&self, collector: &mut Collector, flows: usize) {
        while collector.flows.len() < flows {
            collector.take(&self.next());
        }
    }

    /// Whether nothing has arrived.
    pub(crate) fn is_silent(&self) -> bool {
        self.0.set_nonblocking(true).expect("can be switched");
        let is_silent = self.try_next().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        self.0.set_nonblocking(false).expect("can be switched");
        is_silent
    }

    fn try_next(&self) -> std::io::Result<Vec<u8>> {
        let mut datagram = vec![0; 65_535];
        let length = self.0.recv(&mut datagram)?;
        datagram.truncate(length);
        Ok(datagram)
    }
}

/// An address at which no datagram is received.
pub(crate) fn absent_udp() -> SocketAddr {
    UdpSocket::bind((ABSENT, 0)).and_then(|socket| socket.local_addr()).expect("a free port")
}

/// An address at which no connection is taken.
pub(crate) fn absent_tcp() -> SocketAddr {
    TcpListener::bind((ABSENT, 0)).and_then(|socket| socket.local_addr()).expect("a free port")
}

pub(crate) struct TcpReceiver(TcpListener);

impl TcpReceiver {
    /// Listens with a small receive buffer, so that a sender notices soon when nobody reads.
    pub(crate) fn bind(address: impl Into<SocketAddr>) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_reuse_address(true).expect("reuse");
        socket.set_recv_buffer_size(64 << 10).expect("a buffer");
        // It is the deadline of accept as well.
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        socket.bind(&address.into().into()).expect("binds");
        socket.listen(8).expect("listens");
        Self(socket.into())
    }

    pub(crate) fn new() -> Self {
        Self::bind((Ipv4Addr::LOCALHOST, 0))
    }

    pub(crate) fn peer(&self) -> Peer {
        peer(self.0.local_addr().expect("is bound"))
    }

    pub(crate) fn accept(&self) -> Connection {
        Connection::of(self.accept_stream())
    }

    /// The next connection itself.
    pub(crate) fn accept_stream(&self) -> TcpStream {
        let (stream, _) = self.0.accept().expect("a connection");
        stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        stream
    }
}

/// A connection and what came over it.
pub(crate) struct Connection {
    stream: Box<dyn Read + Send>,
    pub(crate) collector: Collector,
}

impl Connection {
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        Self { stream: Box::new(stream), collector: Collector::new() }
    }

    /// Takes messages, which follow each other without anything between, until there are
    /// `flows` flows.
    pub(crate) fn receive(&mut self, flows: usize) {
        while self.collector.flows.len() < flows {
            let mut message = self.exactly(4);
            let length = message_length(&message).expect("IPFIX").expect("four octets");
            message.extend(self.exactly(length - 4));
            self.collector.take(&message);
        }
    }

    /// The next frame of RFC 6587 section 3.4.1: its length in digits, a blank and the message.
    pub(crate) fn frame(&mut self) -> String {
        let mut length = 0;
        loop {
            match self.exactly(1)[0] {
                digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
                b' ' => return String::from_utf8(self.exactly(length)).expect("UTF-8"),
                other => panic!("{other} in a frame's length"),
            }
        }
    }

    /// Whether the sender has closed the connection and nothing is left.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.stream.read(&mut [0]).expect("an end") == 0
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut octets = vec![0; length];
        self.stream.read_exact(&mut octets).expect("octets");
        octets
    }
}
