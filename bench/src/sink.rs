//! A UDP socket that is read by a thread, or by no one.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::anyhow;
use rustix::net::sockopt;
use rustix::time::ClockId;

use crate::measure::cpu_time;

/// What the socket asks for, in octets; the system may give less.
const RECEIVE_BUFFER: usize = 32 * 1024 * 1024;
/// How long the reader waits for another datagram once it is told to end.
const SILENCE: Duration = Duration::from_millis(50);

/// A UDP socket on a free port of this host.
pub(crate) struct Sink {
    socket: UdpSocket,
}

/// The thread that reads a sink.
pub(crate) struct Reader {
    is_ending: Arc<AtomicBool>,
    thread: JoinHandle<Received>,
}

/// What a reader has received.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Received {
    /// Datagrams.
    pub(crate) datagrams: u64,
    /// CPU time that reading them took.
    pub(crate) cpu: Duration,
}

impl Sink {
    pub(crate) fn bind() -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)?;
        socket.set_read_timeout(Some(SILENCE))?;
        Ok(Self { socket })
    }

    /// Its address, as weir wants a collector's.
    pub(crate) fn address(&self) -> anyhow::Result<String> {
        Ok(format!("udp://{}", self.socket.local_addr()?))
    }

    /// Reads from now on: datagrams are counted, and nothing is made of them.
    pub(crate) fn read(&self) -> anyhow::Result<Reader> {
        let socket = self.socket.try_clone()?;
        let is_ending = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_ending);
        Ok(Reader { is_ending, thread: std::thread::spawn(move || count(&socket, &ends)) })
    }
}

impl Reader {
    /// Ends the reader once nothing comes any more.
    pub(crate) fn finish(self) -> anyhow::Result<Received> {
        self.is_ending.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the reader has panicked"))
    }
}

fn count(socket: &UdpSocket, is_ending: &AtomicBool) -> Received {
    let mut buffer = [0; 65_536];
    let mut datagrams = 0;
    loop {
        match socket.recv(&mut buffer) {
            Ok(_) => datagrams += 1,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) if is_ending.load(Ordering::Relaxed) => break,
            Err(_) => {}
        }
    }
    Received { datagrams, cpu: cpu_time(ClockId::ThreadCPUTime) }
}
