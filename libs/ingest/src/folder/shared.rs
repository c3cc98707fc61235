//! What the source tells the reader's thread.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::file::{FilePart, FilePosition};

/// What the source tells the reader's thread.
#[derive(Debug, Default)]
pub(super) struct Shared {
    wishes: Mutex<Wishes>,
    changed: Condvar,
    /// Whether there is any wish, for a look without the lock.
    is_wanted: AtomicBool,
}

#[derive(Debug, Default)]
struct Wishes {
    /// At most one for each file.
    rewinds: VecDeque<Rewind>,
    is_stopped: bool,
}

/// A file that is to be read again.
#[derive(Debug)]
pub(super) struct Rewind {
    pub(super) part: FilePart,
    pub(super) generation: u64,
    pub(super) position: FilePosition,
    pub(super) cuts: VecDeque<u64>,
    /// How many rewinds of the folder were asked for, this one counted in.
    pub(super) number: u64,
}

impl Shared {
    pub(super) fn rewind(&self, rewind: Rewind) {
        let mut wishes = self.wishes();
        wishes.rewinds.retain(|earlier| earlier.part != rewind.part);
        wishes.rewinds.push_back(rewind);
        self.wake();
    }

    pub(super) fn stop(&self) {
        self.wishes().is_stopped = true;
        self.wake();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_wanted.load(Ordering::Acquire) && self.wishes().is_stopped
    }

    /// Whether the reading of this file is in vain.
    pub(super) fn is_unwanted(&self, part: &FilePart) -> bool {
        if !self.is_wanted.load(Ordering::Acquire) {
            return false;
        }
        let wishes = self.wishes();
        wishes.is_stopped || wishes.rewinds.iter().any(|rewind| rewind.part == *part)
    }

    pub(super) fn next_rewind(&self) -> Option<Rewind> {
        let mut wishes = self.wishes();
        let next = wishes.rewinds.pop_front();
        let is_wanted = wishes.is_stopped || !wishes.rewinds.is_empty();
        self.is_wanted.store(is_wanted, Ordering::Release);
        next
    }

    /// Waits for a wish, at most until `until`.
    pub(super) fn wait(&self, until: Option<Instant>) {
        let mut wishes = self.wishes();
        while !wishes.is_stopped && wishes.rewinds.is_empty() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return;
            }
            wishes = match left {
                None => self.changed.wait(wishes).unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    let waited = self.changed.wait_timeout(wishes, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn wake(&self) {
        self.is_wanted.store(true, Ordering::Release);
        self.changed.notify_all();
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
