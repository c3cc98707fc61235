//! The time by which members of sets expire.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time by which members of sets expire.
///
/// It is the wall clock, since members outlive the process: a jump makes members live longer or
/// shorter, by as much.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// A clock that shows what `now` returns, for tests.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The system's.
    pub fn system() -> Self {
        Self::new(SystemTime::now)
    }

    /// Milliseconds since 1970-01-01 00:00 UTC, 0 for any time before.
    pub(crate) fn now(&self) -> u64 {
        milliseconds((self.0)().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The start and the end of a member's life, in milliseconds since 1970. It is alive as long as
/// its end is after now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) now: u64,
    pub(crate) end: u64,
}

impl Life {
    pub(crate) fn of(ttl: Duration, clock: &Clock) -> Self {
        let now = clock.now();
        // Less than a millisecond is still a life.
        Self { now, end: now.saturating_add(milliseconds(ttl).max(1)) }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
