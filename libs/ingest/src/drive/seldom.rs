//! Log lines that the input can cause at will, held to a rate.

use std::time::Duration;

use tokio::time::Instant;

/// How often a line may be written.
const INTERVAL: Duration = Duration::from_secs(1);

/// Allows one line in each second and counts the others.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    last: Option<Instant>,
    left_out: u64,
}

impl Seldom {
    /// Whether a line may be written now: then, how many were not since the last.
    pub(super) fn allow(&mut self) -> Option<u64> {
        if self.last.is_some_and(|last| last.elapsed() < INTERVAL) {
            self.left_out += 1;
            return None;
        }
        self.last = Some(Instant::now());
        Some(std::mem::take(&mut self.left_out))
    }
}
