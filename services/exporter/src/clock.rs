//! Monotonic time, and waits that a stop cuts short.

use std::convert::Infallible;
use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// Counts time from the exporter's start. Clones share the start and the stop.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    start: Instant,
    stop: Receiver<Infallible>,
}

/// Stops the waits of a [`Clock`] when it is dropped.
#[derive(Debug)]
pub(crate) struct StopOnDrop {
    _sender: Sender<Infallible>,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> (Self, StopOnDrop) {
        let (sender, stop) = bounded(0);
        (Self { start: Instant::now(), stop }, StopOnDrop { _sender: sender })
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Whether the exporter is to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.stop.try_recv(), Err(crossbeam_channel::TryRecvError::Disconnected))
    }

    /// Waits.
    ///
    /// # Errors
    ///
    /// When the exporter is to stop, at once.
    pub(crate) fn sleep(&self, time: Duration) -> io::Result<()> {
        if time.is_zero() {
            return Ok(());
        }
        match self.stop.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("the exporter is stopped")),
            Ok(never) => match never {},
        }
    }
}
