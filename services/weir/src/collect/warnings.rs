//! Keeps a flood of bad input from becoming a flood of log lines.

use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(1);

/// Lets one warning through per second and counts the others.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    last: Option<Instant>,
    suppressed: u64,
}

impl Warnings {
    /// The number of warnings held back since the last one, if one is due at `now`.
    pub(super) fn due(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now.duration_since(last) < INTERVAL) {
            self.suppressed += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_warning_per_second_tells_of_those_held_back() {
        let mut warnings = Warnings::default();
        let start = Instant::now();
        assert_eq!(warnings.due(start), Some(0));
        assert_eq!(warnings.due(start), None);
        assert_eq!(warnings.due(start + INTERVAL / 2), None);
        assert_eq!(warnings.due(start + INTERVAL), Some(2));
        assert_eq!(warnings.due(start + 2 * INTERVAL), Some(0));
    }
}
