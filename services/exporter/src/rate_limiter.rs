//! Spreads records evenly over time.

use std::time::Duration;

/// The most that is ever sent at once, as time at the configured rate: at 500,000 records a second
/// some 3 MB, which a receive buffer of 4 MiB holds.
const BURST: Duration = Duration::from_millis(20);

const NANOSECONDS: u128 = 1_000_000_000;

/// Delays records so that they keep a rate: in any stretch of time no more than its length plus
/// 20 ms allow. It never drops. (The generic cell rate algorithm, ITU-T I.371.)
#[derive(Clone, Debug)]
pub struct RateLimiter {
    records_per_second: u64,
    /// When the records so far would all have been sent at exactly the rate.
    paid_until: Duration,
}

impl RateLimiter {
    /// A limit in records per second; 0 is no limit.
    pub fn new(records_per_second: u64) -> Self {
        Self { records_per_second, paid_until: Duration::ZERO }
    }

    /// Keeps another rate from monotonic time `now` on. Records that were sent ahead of the old
    /// one are paid for at the new one.
    pub fn set_rate(&mut self, now: Duration, records_per_second: u64) {
        if records_per_second == self.records_per_second {
            return;
        }
        let ahead = self.paid_until.saturating_sub(now).as_nanos();
        let records = ahead * u128::from(self.records_per_second) / NANOSECONDS;
        let before = self.records_per_second;
        self.records_per_second = records_per_second;
        self.paid_until = match (before, records_per_second) {
            (0, _) | (_, 0) => now,
            _ => now + self.cost(u32::try_from(records).unwrap_or(u32::MAX)),
        };
    }

    /// How long to wait for what was taken, at monotonic time `now`.
    pub(crate) fn delay(&self, now: Duration) -> Duration {
        if self.records_per_second == 0 {
            return Duration::ZERO;
        }
        self.paid_until.saturating_sub(now).saturating_sub(self.burst())
    }

    /// The most records that may go in one message: what 20 ms allow, and at least one.
    pub fn max_records_at_once(&self) -> u32 {
        match self.records_per_second {
            0 => u32::MAX,
            rate => u32::try_from(rate / 50).unwrap_or(u32::MAX).max(1),
        }
    }

    /// The most records that go out with one call: what 10 ms allow, so that the rate is smooth.
    /// A message with more goes alone.
    pub fn max_records_in_a_chunk(&self) -> u32 {
        match self.records_per_second {
            0 => u32::MAX,
            rate => u32::try_from(rate / 100).unwrap_or(u32::MAX),
        }
    }

    /// The most records that are packed before they are sent: what 100 ms allow, and at least
    /// one, so that templates are repeated in time between them.
    pub(crate) fn max_records_ahead(&self) -> usize {
        match self.records_per_second {
            0 => usize::MAX,
            rate => usize::try_from(rate / 10).unwrap_or(usize::MAX).max(1),
        }
    }

    /// Takes `records` records at monotonic time `now`: how long to wait before they are sent.
    pub fn take(&mut self, now: Duration, records: u32) -> Duration {
        if self.records_per_second == 0 || records == 0 {
            return Duration::ZERO;
        }
        self.paid_until = self.paid_until.max(now) + self.cost(records);
        self.delay(now)
    }

    fn burst(&self) -> Duration {
        BURST.max(self.cost(1))
    }

    fn cost(&self, records: u32) -> Duration {
        let nanoseconds = u128::from(records) * NANOSECONDS / u128::from(self.records_per_second);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `messages` messages as fast as the limiter lets them: when each leaves.
    fn departures(rate: u64, records: u32, messages: u32) -> Vec<Duration> {
        let mut limiter = RateLimiter::new(rate);
        let mut now = Duration::from_secs(5);
        let send = |_| {
            now += limiter.take(now, records);
            now
        };
        (0..messages).map(send).collect()
    }

    #[test]
    fn no_stretch_of_time_holds_more_than_its_length_and_20_ms_allow() {
        for (rate, records) in [(1, 1), (7, 1), (100, 2), (1000, 4), (250_000, 3)] {
            let times = departures(rate, records, 400);
            for (first, start) in times.iter().enumerate() {
                for (last, end) in times.iter().enumerate().skip(first) {
                    let sent = (last - first + 1) as f64 * f64::from(records);
                    let allowed = (*end - *start).as_secs_f64() + 0.02;
                    let allowed = (allowed * rate as f64)
                        .max(1.0 + (*end - *start).as_secs_f64() * rate as f64);
                    assert!(sent <= allowed + 0.01, "{sent} > {allowed} at {rate}/s");
                }
            }
        }
    }

    #[test]
    fn a_long_load_reaches_the_rate() {
        let times = departures(1000, 4, 2501);
        let elapsed = *times.last().unwrap() - Duration::from_secs(5);
        // 10 004 records, of which 20 went at once.
        assert!((9.9..=10.0).contains(&elapsed.as_secs_f64()), "{elapsed:?}");
    }

    #[test]
    fn a_new_rate_counts_for_what_was_sent_ahead_too() {
        let second = Duration::from_secs(1);
        let mut limiter = RateLimiter::new(10);
        assert_eq!(limiter.take(second, 100), Duration::from_millis(9900));
        limiter.set_rate(second, 1000);
        assert_eq!(limiter.delay(second), Duration::from_millis(80));
        limiter.set_rate(second, 100);
        assert_eq!(limiter.delay(second), Duration::from_millis(980));
        limiter.set_rate(second, 0);
        assert_eq!((limiter.delay(second), limiter.take(second, 1000)), Default::default());
        limiter.set_rate(second, 100);
        assert_eq!(limiter.take(second, 2), Duration::ZERO);
        assert_eq!(limiter.take(second, 2), Duration::from_millis(20));
    }

    #[test]
    fn no_limit_is_no_delay() {
        assert_eq!(departures(0, 1000, 3), [Duration::from_secs(5); 3]);
    }

    #[test]
    fn a_pause_is_not_saved_up() {
        let mut limiter = RateLimiter::new(100);
        let start = Duration::from_secs(1);
        limiter.take(start, 2);
        let later = start + Duration::from_secs(60);
        assert_eq!(limiter.take(later, 2), Duration::ZERO);
        assert_eq!(limiter.take(later, 2), Duration::from_millis(20));
    }
}
