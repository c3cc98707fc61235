//! A socket that keeps every datagram with its time of arrival.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// Octets that the system may hold for the sink.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// How long nothing must arrive before the sink is known to be empty; it is on this host.
const SILENCE: Duration = Duration::from_millis(100);

/// A received datagram.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Who sent it.
    pub sender: SocketAddr,
    /// When it was read.
    pub at: Instant,
    /// The UDP payload.
    pub payload: Vec<u8>,
}

/// Receives on a port of its own until it is closed.
#[derive(Debug)]
pub struct UdpSink {
    address: SocketAddr,
    is_closing: Arc<AtomicBool>,
    received: Arc<AtomicUsize>,
    thread: JoinHandle<Vec<Datagram>>,
}

impl UdpSink {
    /// Opens the socket and starts to read.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn open() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
        socket.set_recv_buffer_size(RECEIVE_BUFFER).expect("a receive buffer");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&address.into()).expect("a port");
        let socket = UdpSocket::from(socket);
        socket.set_read_timeout(Some(SILENCE)).expect("a timeout");
        let address = socket.local_addr().expect("an address");
        let is_closing = Arc::new(AtomicBool::new(false));
        let closing = Arc::clone(&is_closing);
        let received = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&received);
        let thread = thread::spawn(move || receive(&socket, &closing, &count));
        Self { address, is_closing, received, thread }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address in the form that `--collector` takes.
    pub fn url(&self) -> String {
        format!("udp://{}", self.address)
    }

    /// How many datagrams have come so far.
    pub fn received(&self) -> usize {
        self.received.load(Ordering::Acquire)
    }

    /// Closes the sink after all senders have ended: every datagram, in order.
    ///
    /// # Panics
    /// When its thread failed.
    pub fn close(self) -> Vec<Datagram> {
        self.is_closing.store(true, Ordering::Release);
        self.thread.join().expect("the sink's thread did not fail")
    }
}

fn receive(socket: &UdpSocket, is_closing: &AtomicBool, received: &AtomicUsize) -> Vec<Datagram> {
    let mut datagrams = Vec::new();
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        // Asked before the read: what was sent before the closing is then in the queue.
        let is_last_chance = is_closing.load(Ordering::Acquire);
        match socket.recv_from(&mut buffer) {
            Ok((length, sender)) => {
                let payload = buffer.get(..length).unwrap_or_default().to_vec();
                datagrams.push(Datagram { sender, at: Instant::now(), payload });
                received.store(datagrams.len(), Ordering::Release);
            }
            Err(error) if is_timeout(&error) && is_last_chance => return datagrams,
            Err(error) if is_timeout(&error) => {}
            Err(error) => panic!("the sink cannot read: {error}"),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}
