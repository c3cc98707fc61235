//! A collector over UDP.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::arrivals::Arrivals;
use crate::process::dropped_datagrams;

/// Octets that the system may hold for the collector.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// How long a wait lasts before the end is asked for again.
const TICK: Duration = Duration::from_millis(50);

/// Receives on a port of its own until it is dropped. Each sender is a session.
#[derive(Debug)]
pub struct UdpCollector {
    address: SocketAddr,
    arrivals: Arrivals,
    is_closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl UdpCollector {
    /// Opens the socket and starts to read.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn open() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
        socket.set_recv_buffer_size(RECEIVE_BUFFER).expect("a receive buffer");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).expect("a port");
        let socket = UdpSocket::from(socket);
        socket.set_read_timeout(Some(TICK)).expect("a timeout");
        let address = socket.local_addr().expect("an address");
        let arrivals = Arrivals::default();
        let is_closing = Arc::new(AtomicBool::new(false));
        let (into, closing) = (arrivals.clone(), Arc::clone(&is_closing));
        let thread = Some(thread::spawn(move || receive(&socket, &into, &closing)));
        Self { address, arrivals, is_closing, thread }
    }

    /// The address in the form of a configuration.
    pub fn url(&self) -> String {
        format!("udp://{}", self.address)
    }

    /// What has come.
    pub fn arrivals(&self) -> Arrivals {
        self.arrivals.clone()
    }

    /// Datagrams that the system had to drop because its buffer was full: the receiver's loss.
    pub fn dropped(&self) -> u64 {
        dropped_datagrams(self.address.port())
    }
}

impl Drop for UdpCollector {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::Release);
        // A thread that failed has said so.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn receive(socket: &UdpSocket, arrivals: &Arrivals, is_closing: &AtomicBool) {
    let mut sessions: HashMap<SocketAddr, u64> = HashMap::new();
    let mut buffer = vec![0; usize::from(u16::MAX)];
    while !is_closing.load(Ordering::Acquire) {
        match socket.recv_from(&mut buffer) {
            Ok((length, sender)) => {
                let next = sessions.len() as u64;
                let session = *sessions.entry(sender).or_insert(next);
                arrivals.push(session, buffer.get(..length).unwrap_or_default().to_vec());
            }
            Err(error) if is_timeout(&error) => {}
            Err(error) => panic!("the collector cannot read: {error}"),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}
