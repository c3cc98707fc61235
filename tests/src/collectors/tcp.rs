//! A collector over TCP that can misbehave.

use std::io::{ErrorKind, Read as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use weir_testkit::free_tcp_port;

use super::arrivals::Arrivals;

/// The pause after a look that found nothing to read.
const TICK: Duration = Duration::from_millis(1);

/// Octets that are read at once.
const STEP: usize = 256 * 1024;

/// Octets of a message header up to its length (RFC 7011 section 3.1).
const LENGTH_END: usize = 4;

/// What the collector does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpMode {
    /// Takes connections and reads all that comes.
    Reading,
    /// Takes no connections and reads nothing, as a process that was stopped: the system still
    /// takes connections for it.
    Stalled,
    /// Reads so many octets each millisecond at most.
    Trickle(usize),
    /// Its connections are closed and new ones are refused. The port stays its own.
    Refusing,
}

/// Listens on a port of its own until it is dropped. Each connection is a session.
#[derive(Debug)]
pub struct TcpCollector {
    address: SocketAddr,
    arrivals: Arrivals,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    mode: Mutex<TcpMode>,
    /// The mode is in force.
    is_obeyed: AtomicBool,
    is_closing: AtomicBool,
    connections: AtomicUsize,
}

impl TcpCollector {
    /// Starts in a mode.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn open(mode: TcpMode) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_tcp_port()));
        let socket = bind(address);
        let shared = Arc::new(Shared {
            mode: Mutex::new(mode),
            is_obeyed: AtomicBool::new(false),
            is_closing: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        });
        let arrivals = Arrivals::default();
        let server = Server {
            address,
            state: State::Bound(socket),
            streams: Vec::new(),
            sessions: 0,
            arrivals: arrivals.clone(),
            buffer: vec![0; STEP],
        };
        let of_thread = Arc::clone(&shared);
        let thread = Some(thread::spawn(move || server.run(&of_thread)));
        let collector = Self { address, arrivals, shared, thread };
        collector.set(mode);
        collector
    }

    /// The address in the form of a configuration.
    pub fn url(&self) -> String {
        format!("tcp://{}", self.address)
    }

    /// What has come.
    pub fn arrivals(&self) -> Arrivals {
        self.arrivals.clone()
    }

    /// Connections that were taken so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Acquire)
    }

    /// Goes over to another mode, which is in force afterwards.
    pub fn set(&self, mode: TcpMode) {
        let is_obeyed = &self.shared.is_obeyed;
        {
            let mut wanted = self.shared.mode.lock().unwrap_or_else(PoisonError::into_inner);
            *wanted = mode;
            is_obeyed.store(false, Ordering::Release);
        }
        let thread = self.thread.as_ref();
        while !is_obeyed.load(Ordering::Acquire) && thread.is_some_and(|it| !it.is_finished()) {
            thread::yield_now();
        }
    }
}

impl Drop for TcpCollector {
    fn drop(&mut self) {
        self.shared.is_closing.store(true, Ordering::Release);
        // A thread that failed has said so.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// A port that is ours, with or without anybody who listens.
enum State {
    Bound(Socket),
    Listening(TcpListener),
    /// Between two of these.
    Nothing,
}

struct Server {
    address: SocketAddr,
    state: State,
    streams: Vec<Stream>,
    sessions: u64,
    arrivals: Arrivals,
    buffer: Vec<u8>,
}

struct Stream {
    socket: TcpStream,
    session: u64,
    /// What is there of the next message.
    rest: Vec<u8>,
}

impl Server {
    fn run(mut self, shared: &Shared) {
        while !shared.is_closing.load(Ordering::Acquire) {
            let mode = {
                let mode = shared.mode.lock().unwrap_or_else(PoisonError::into_inner);
                self.obey(*mode);
                shared.is_obeyed.store(true, Ordering::Release);
                *mode
            };
            let most = match mode {
                TcpMode::Reading => STEP,
                TcpMode::Trickle(most) => most.min(STEP),
                TcpMode::Stalled | TcpMode::Refusing => 0,
            };
            if most > 0 {
                self.accept(shared);
            }
            let is_idle = most == 0 || !self.read(most);
            if is_idle || most < STEP {
                thread::sleep(TICK);
            }
        }
    }

    /// Listens or does not, as the mode asks.
    fn obey(&mut self, mode: TcpMode) {
        if mode == TcpMode::Refusing {
            if let State::Listening(listener) = std::mem::replace(&mut self.state, State::Nothing) {
                drop(listener);
                self.streams.clear();
            }
            if matches!(self.state, State::Nothing) {
                self.state = State::Bound(bind(self.address));
            }
        } else if let State::Bound(socket) = &self.state {
            socket.listen(16).expect("a listener");
            socket.set_nonblocking(true).expect("a listener that does not block");
            let socket = socket.try_clone().expect("a handle");
            self.state = State::Listening(socket.into());
        }
    }

    fn accept(&mut self, shared: &Shared) {
        let State::Listening(listener) = &self.state else { return };
        while let Ok((socket, _)) = listener.accept() {
            socket.set_nonblocking(true).expect("a socket that does not block");
            self.streams.push(Stream { socket, session: self.sessions, rest: Vec::new() });
            self.sessions += 1;
            shared.connections.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Whether anything was there to read.
    fn read(&mut self, most: usize) -> bool {
        let Self { streams, buffer, arrivals, .. } = self;
        let mut has_read = false;
        streams.retain_mut(|stream| {
            let room = buffer.get_mut(..most).unwrap_or_default();
            match stream.socket.read(room) {
                Ok(0) => false,
                Ok(length) => {
                    has_read = true;
                    stream.rest.extend_from_slice(room.get(..length).unwrap_or_default());
                    stream.take_messages(arrivals);
                    true
                }
                Err(error) => {
                    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
                }
            }
        });
        has_read
    }
}

impl Stream {
    fn take_messages(&mut self, arrivals: &Arrivals) {
        let mut start = 0;
        while let Some(header) = self.rest.get(start..start + LENGTH_END) {
            let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            assert!(length >= 16, "a message of {length} octets");
            let Some(message) = self.rest.get(start..start + length) else { break };
            arrivals.push(self.session, message.to_vec());
            start += length;
        }
        self.rest.drain(..start);
    }
}

/// Takes the port without listening: connections are refused then.
fn bind(address: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("the address may be used again");
    socket.bind(&address.into()).expect("the port");
    socket
}
