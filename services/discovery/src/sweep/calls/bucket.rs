//! A token bucket whose rate falls when AWS throttles and recovers with answers.

use std::time::{Duration, Instant};

/// How often a service may be called for an account in a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    /// Calls a second in the long run; above 0.
    pub(super) per_second: f64,
    /// Calls that may come at once; at least 1.
    pub(super) burst: f64,
}

/// The rate never falls below this share of the configured one.
const LEAST_SHARE: f64 = 0.05;
/// What a throttled attempt leaves of the rate.
const CUT: f64 = 0.5;
/// What an answer adds to the rate, as a share of the configured one.
const RECOVERY: f64 = 0.01;
/// Attempts that were on their way together are throttled together: they count once.
const CUT_AT_MOST_EACH: Duration = Duration::from_secs(1);

/// Tokens of one account, region and service.
#[derive(Debug)]
pub(super) struct TokenBucket {
    rate: Rate,
    per_second: f64,
    tokens: f64,
    filled_at: Instant,
    cut_at: Option<Instant>,
}

impl TokenBucket {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        let rate = Rate { per_second: rate.per_second.max(0.01), burst: rate.burst.max(1.0) };
        Self { rate, per_second: rate.per_second, tokens: rate.burst, filled_at: now, cut_at: None }
    }

    /// Takes a token, which may be one of the future: the call has to wait for as long.
    pub(super) fn take(&mut self, now: Instant) -> Duration {
        self.fill(now);
        self.tokens -= 1.0;
        Duration::from_secs_f64((-self.tokens).max(0.0) / self.per_second)
    }

    /// AWS asked for patience.
    pub(super) fn throttled(&mut self, now: Instant) {
        self.fill(now);
        self.tokens = self.tokens.min(0.0);
        let is_same = |cut: Instant| now.saturating_duration_since(cut) < CUT_AT_MOST_EACH;
        if !self.cut_at.is_some_and(is_same) {
            self.cut_at = Some(now);
            self.per_second = (self.per_second * CUT).max(self.rate.per_second * LEAST_SHARE);
        }
    }

    /// AWS answered.
    pub(super) fn answered(&mut self, now: Instant) {
        self.fill(now);
        let more = self.per_second + self.rate.per_second * RECOVERY;
        self.per_second = more.min(self.rate.per_second);
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.rate.burst);
        self.filled_at = self.filled_at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: Rate = Rate { per_second: 10.0, burst: 5.0 };

    #[test]
    fn a_burst_goes_at_once_and_the_next_call_waits_for_its_token() {
        let now = Instant::now();
        let mut bucket = TokenBucket::new(RATE, now);
        for _ in 0..5 {
            assert_eq!(bucket.take(now), Duration::ZERO);
        }
        assert_eq!(bucket.take(now), Duration::from_millis(100));
        assert_eq!(bucket.take(now + Duration::from_millis(200)), Duration::ZERO);
    }

    #[test]
    fn throttling_halves_the_rate_once_a_second_and_answers_bring_it_back() {
        let now = Instant::now();
        let mut bucket = TokenBucket::new(RATE, now);
        bucket.throttled(now);
        bucket.throttled(now + Duration::from_millis(10));
        assert!((bucket.per_second - 5.0).abs() < 1e-9);
        assert!(bucket.take(now) > Duration::ZERO, "no burst follows a throttled call");
        for _ in 0..100 {
            bucket.answered(now);
        }
        assert!((bucket.per_second - 10.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn calls_never_exceed_the_burst_and_the_rate(
            gaps in prop::collection::vec(0_u64..300, 1..200),
            throttled in prop::collection::vec(any::<bool>(), 200),
        ) {
            let start = Instant::now();
            let mut bucket = TokenBucket::new(RATE, start);
            let mut now = start;
            for (at, gap) in gaps.iter().enumerate() {
                now += Duration::from_millis(*gap);
                let goes = now + bucket.take(now);
                let allowed = RATE.burst + RATE.per_second * (goes - start).as_secs_f64();
                prop_assert!((at + 1) as f64 <= allowed + 1e-6);
                if throttled[at] { bucket.throttled(now) } else { bucket.answered(now) }
                prop_assert!(bucket.per_second >= RATE.per_second * LEAST_SHARE - 1e-9);
                prop_assert!(bucket.per_second <= RATE.per_second + 1e-9);
            }
        }
    }
}
