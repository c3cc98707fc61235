//! Monotonic time, and waits that a stop cuts short.

use std::convert::Infallible;
use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use crate::stopper::Stopper;

/// Counts time from the exporter's start. Clones share the start and the stop.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    time: Time,
    stop: Receiver<Infallible>,
}

#[derive(Clone, Debug)]
enum Time {
    Since(Instant),
    /// Goes on by what is slept, for tests.
    #[cfg(test)]
    Slept(std::sync::Arc<std::sync::Mutex<Duration>>),
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> (Self, Stopper) {
        Self::of(Time::Since(Instant::now()))
    }

    /// A clock at 0 that only goes on by what is slept.
    #[cfg(test)]
    pub(crate) fn slept() -> (Self, Stopper) {
        Self::of(Time::Slept(std::sync::Arc::default()))
    }

    fn of(time: Time) -> (Self, Stopper) {
        let (sender, stop) = bounded(0);
        (Self { time, stop }, Stopper::new(sender))
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        match &self.time {
            Time::Since(start) => start.elapsed(),
            #[cfg(test)]
            Time::Slept(slept) => *slept.lock().unwrap(),
        }
    }

    /// Whether the exporter is to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.stop.try_recv(), Err(crossbeam_channel::TryRecvError::Disconnected))
    }

    /// Ends when the exporter is to stop, for waits for several things.
    pub(crate) fn stop(&self) -> &Receiver<Infallible> {
        &self.stop
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
        #[cfg(test)]
        if let Time::Slept(slept) = &self.time {
            *slept.lock().unwrap() += time;
            return Ok(());
        }
        match self.stop.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => Err(stopped()),
            Ok(never) => match never {},
        }
    }
}

/// What a wait ends with when the exporter is to stop.
pub(crate) fn stopped() -> io::Error {
    io::Error::other("the exporter is stopped")
}
