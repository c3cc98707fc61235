//! Messages in the order in which they came.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A message of a transport session.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Numbers the sessions: a peer's address for UDP, a connection for TCP.
    pub session: u64,
    /// When it was read.
    pub at: Instant,
    /// The whole message.
    pub message: Vec<u8>,
}

/// All messages so far. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Arrivals(Arc<Mutex<Vec<Arrival>>>);

impl Arrivals {
    pub(super) fn push(&self, session: u64, message: Vec<u8>) {
        self.all().push(Arrival { session, at: Instant::now(), message });
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all().len()
    }

    /// Those from the one with number `first` on.
    pub fn since(&self, first: usize) -> Vec<Arrival> {
        self.all().get(first..).unwrap_or_default().to_vec()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
