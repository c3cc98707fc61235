//! What a source has read, and when last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// When each of the things that a source reads (a stream, a log group, a queue) was read last: a
/// call that would have brought something if there had been something. Who passes over a worse
/// source relies on that. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Reads(Arc<Mutex<HashMap<String, SystemTime>>>);

impl Reads {
    /// It was read just now. Its name is the one that the source's crate tells.
    pub fn note(&self, name: &str) {
        let (mut reads, now) = (self.lock(), SystemTime::now());
        match reads.get_mut(name) {
            Some(last) => *last = now,
            None => drop(reads.insert(name.to_owned(), now)),
        }
    }

    /// When it was read last; none when it never was.
    pub fn last(&self, name: &str) -> Option<SystemTime> {
        self.lock().get(name).copied()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, SystemTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
