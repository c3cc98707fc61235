//! Log lines that others can cause at will, held to a rate.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Allows one line in each interval and counts the others.
#[derive(Debug)]
pub(crate) struct Seldom {
    interval: Duration,
    last: Mutex<(Option<Instant>, u64)>,
}

impl Seldom {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, last: Mutex::new((None, 0)) }
    }

    /// Whether a line may be written now: then, how many were not since the last.
    pub(crate) fn allow(&self) -> Option<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, left_out) = &mut *last;
        if at.is_some_and(|at| at.elapsed() < self.interval) {
            *left_out += 1;
            return None;
        }
        *at = Some(Instant::now());
        Some(std::mem::take(left_out))
    }
}
