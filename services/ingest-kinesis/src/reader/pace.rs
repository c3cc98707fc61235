//! How fast a shard is read.

use std::time::Duration;

use tokio::time::Instant;

use crate::faults::Kind;

pub(super) const KIB: usize = 1024;

/// The most KiB that a read returns: 10 MiB
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>), and as much
/// again for what is around the records.
pub(super) const MOST_OF_A_READ: usize = 11 * KIB;

/// The least time between two reads: a shard takes 5 in a second, of all who read it.
const BETWEEN_READS: Duration = Duration::from_millis(200);

/// Octets in a second that a shard gives, of all who read it.
const OCTETS_PER_SECOND: f64 = 2.0 * 1024.0 * 1024.0;

/// How fast a shard is read: as fast as it gives, less often when there is nothing, and with
/// growing waits after errors.
pub(super) struct Pace {
    next: Instant,
    /// Errors in a row.
    failures: u32,
    idle: Duration,
}

impl Pace {
    pub(super) fn new(idle: Duration) -> Self {
        Self { next: Instant::now(), failures: 0, idle: idle.max(BETWEEN_READS) }
    }

    pub(super) async fn wait(&self) {
        tokio::time::sleep_until(self.next).await;
    }

    /// A read began then and returned so much. Whether more is there at once is known.
    pub(super) fn read(&mut self, began: Instant, octets: usize, is_behind: bool) {
        self.failures = 0;
        let least = if octets == 0 && !is_behind { self.idle } else { BETWEEN_READS };
        let budget = Duration::from_secs_f64(octets as f64 / OCTETS_PER_SECOND);
        self.next = began + least.max(budget);
    }

    /// A call succeeded.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The next call is not made before this.
    pub(super) fn not_before(&mut self, earliest: Instant) {
        self.next = self.next.max(earliest);
    }

    /// A call failed.
    pub(super) fn failed(&mut self, kind: Kind) {
        let (first, longest) = kind.waits();
        let wait = first.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures = self.failures.saturating_add(1);
        self.next = Instant::now() + wait;
    }

    /// Whether the last call failed for the first time, and then for each doubling.
    pub(super) fn is_worth_telling(&self) -> bool {
        self.failures.is_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(pace: &Pace) -> Duration {
        pace.next.saturating_duration_since(Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_is_read_as_fast_as_it_gives() {
        let mut pace = Pace::new(Duration::from_secs(1));
        let now = Instant::now();
        pace.read(now, 1000, true);
        assert_eq!(until(&pace), Duration::from_millis(200));
        pace.read(now, 10 << 20, true);
        assert_eq!(until(&pace), Duration::from_secs(5));
        pace.read(now, 0, false);
        assert_eq!(until(&pace), Duration::from_secs(1));
        pace.read(now, 0, true);
        assert_eq!(until(&pace), Duration::from_millis(200));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_after_errors_grow_to_their_longest() {
        let mut pace = Pace::new(Duration::from_secs(1));
        let waits: Vec<_> = (0..7)
            .map(|_| {
                pace.failed(Kind::ThroughputExceeded);
                until(&pace).as_millis()
            })
            .collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        pace.read(Instant::now(), 1, true);
        pace.failed(Kind::Denied);
        assert_eq!(until(&pace), Duration::from_secs(5));
    }
}
