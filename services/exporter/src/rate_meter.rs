//! How many records went out each second of late.

use std::time::Duration;

/// The seconds that are looked back at.
const WINDOW: u64 = 10;

/// Records of the last seconds, each second in a place of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RateMeter {
    records: [u64; WINDOW as usize],
    /// The second that was counted last.
    second: u64,
}

impl RateMeter {
    /// Counts records at monotonic time `now`.
    pub(crate) fn add(&mut self, now: Duration, records: u64) {
        self.advance(now);
        if let Some(count) = self.records.get_mut((self.second % WINDOW) as usize) {
            *count += records;
        }
    }

    /// Records per second over the last 10 s, or since the start.
    pub(crate) fn rate(&self, now: Duration) -> f64 {
        let mut until_now = *self;
        until_now.advance(now);
        let past = (WINDOW - 1).min(until_now.second) as f64;
        let time = past + f64::from(now.subsec_nanos()) / 1e9;
        let records: u64 = until_now.records.iter().sum();
        // The very start tells nothing.
        if time < 0.1 { 0.0 } else { records as f64 / time }
    }

    /// Forgets the seconds between the last one counted and now.
    fn advance(&mut self, now: Duration) {
        let second = now.as_secs().max(self.second);
        for passed in (self.second + 1..=second).rev().take(WINDOW as usize) {
            if let Some(count) = self.records.get_mut((passed % WINDOW) as usize) {
                *count = 0;
            }
        }
        self.second = second;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_measured_at_any_time() {
        let mut meter = RateMeter::default();
        for tenth in 0..400 {
            let now = Duration::from_millis(tenth * 100);
            meter.add(now, 50);
            if tenth >= 50 {
                let rate = meter.rate(now + Duration::from_millis(99));
                assert!((490.0..=515.0).contains(&rate), "{rate} after {now:?}");
            }
        }
    }

    #[test]
    fn what_is_ten_seconds_old_does_not_count() {
        let mut meter = RateMeter::default();
        meter.add(Duration::from_secs(5), 1000);
        assert!(meter.rate(Duration::from_millis(14_900)) > 100.0);
        assert_eq!(meter.rate(Duration::from_secs(15)), 0.0);
        assert_eq!(meter.rate(Duration::from_secs(100_000)), 0.0);
        meter.add(Duration::from_secs(100_000), 90);
        assert_eq!(meter.rate(Duration::from_secs(100_001)), 10.0);
    }
}
