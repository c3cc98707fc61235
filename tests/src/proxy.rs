//! A TCP proxy between two stages that can cut, swallow, delay and send elsewhere.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often a quiet connection asks what it is to do.
const TICK: Duration = Duration::from_millis(2);

/// Octets that are passed on at once.
const STEP: usize = 64 * 1024;

/// What a connection's directions do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Nothing goes from the client to the server; it is kept for later.
    pub holds_requests: bool,
    /// Nothing goes from the server to the client; it is kept for later.
    pub holds_responses: bool,
    /// How much later everything comes.
    pub delay: Duration,
}

/// Listens on a port of its own until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    faults: Faults,
    /// Connections of an earlier number are cut.
    cuts: u64,
    is_closing: bool,
    taken: usize,
}

impl Proxy {
    /// A proxy in front of `target` that does nothing but pass on.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn open(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("an address");
        let faults = Faults::default();
        let shared = Shared { target, faults, cuts: 0, is_closing: false, taken: 0 };
        let shared = Arc::new(Mutex::new(shared));
        let of_thread = Arc::clone(&shared);
        let thread = Some(thread::spawn(move || serve(&listener, &of_thread)));
        Self { address, shared, thread }
    }

    /// Where clients connect in plaintext.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happens to all connections from now on.
    pub fn set(&self, faults: Faults) {
        lock(&self.shared).faults = faults;
    }

    /// Cuts all connections. New ones are taken at once.
    pub fn cut(&self) {
        lock(&self.shared).cuts += 1;
    }

    /// New connections go to another server.
    pub fn retarget(&self, target: SocketAddr) {
        lock(&self.shared).target = target;
    }

    /// Connections that were taken so far.
    pub fn taken(&self) -> usize {
        lock(&self.shared).taken
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        lock(&self.shared).is_closing = true;
        // A thread that failed has said so.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(listener: &TcpListener, shared: &Arc<Mutex<Shared>>) {
    let mut threads = Vec::new();
    while !lock(shared).is_closing {
        let Ok((client, _)) = listener.accept() else {
            thread::sleep(TICK);
            continue;
        };
        let (target, cuts) = {
            let mut shared = lock(shared);
            shared.taken += 1;
            (shared.target, shared.cuts)
        };
        // A server that is gone: the client's connection ends.
        let Ok(server) = TcpStream::connect(target) else { continue };
        for (from, to, is_request) in [(&client, &server, true), (&server, &client, false)] {
            let pass = Pass {
                from: from.try_clone().expect("a handle"),
                to: to.try_clone().expect("a handle"),
                is_request,
                cuts,
                shared: Arc::clone(shared),
            };
            threads.push(thread::spawn(move || pass.run()));
        }
    }
    // Each sees the end by itself; one that failed has said so.
    threads.into_iter().for_each(|thread| drop(thread.join()));
}

/// One direction of a connection.
struct Pass {
    from: TcpStream,
    to: TcpStream,
    is_request: bool,
    /// The cuts before it.
    cuts: u64,
    shared: Arc<Mutex<Shared>>,
}

impl Pass {
    fn run(mut self) {
        self.from.set_nonblocking(false).expect("a socket that blocks");
        self.from.set_read_timeout(Some(TICK)).expect("a timeout");
        self.to.set_write_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        let mut buffer = vec![0; STEP];
        while let Some(faults) = self.faults() {
            let is_held =
                if self.is_request { faults.holds_requests } else { faults.holds_responses };
            if is_held {
                thread::sleep(TICK);
                continue;
            }
            match self.from.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    let due = Instant::now() + faults.delay;
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    if self.to.write_all(buffer.get(..length).unwrap_or_default()).is_err() {
                        break;
                    }
                }
                Err(error) if is_timeout(error.kind()) => {}
                Err(_) => break,
            }
        }
        // Either may be gone already.
        drop((self.from.shutdown(Shutdown::Both), self.to.shutdown(Shutdown::Both)));
    }

    /// What is to be done; none when the connection is to end.
    fn faults(&self) -> Option<Faults> {
        let shared = lock(&self.shared);
        (!shared.is_closing && shared.cuts == self.cuts).then_some(shared.faults)
    }
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
