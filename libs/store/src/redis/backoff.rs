//! How long to wait before the next attempt.

use std::time::Duration;

use crate::etag::new_epoch;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// How long to wait before the next attempt: twice as long after each failure, up to 2 s, less up
/// to a half of it by chance, so that not all come at once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(super) fn next(&mut self) -> Duration {
        let longest = LONGEST.min(FIRST.saturating_mul(1 << self.failures.min(6)));
        self.failures = self.failures.saturating_add(1);
        longest - longest.mul_f64((new_epoch() % 512) as f64 / 1024.0)
    }

    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}
