//! How an output that fails is tried again.

use std::time::Duration;

/// The pauses between attempts at an output that is down: each is twice as long as the one
/// before, less up to a tenth by chance, so that many outputs do not come back at once.
///
/// RFC 7011 section 10.4.5 asks for a minute between attempts to connect; starting with a second
/// brings records back sooner after a collector's restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause.
    pub first: Duration,
    /// The longest.
    pub most: Duration,
}

impl Backoff {
    /// The same pause each time.
    pub const fn every(pause: Duration) -> Self {
        Self { first: pause, most: pause }
    }

    /// The pause after `failures` failures in a row, counted from 1, `chance` being 0 to 1.
    fn pause(&self, failures: u32, chance: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.most).mul_f64(1.0 - chance / 10.0)
    }
}

impl Default for Backoff {
    /// 1 s to 60 s.
    fn default() -> Self {
        Self { first: Duration::from_secs(1), most: Duration::from_secs(60) }
    }
}

/// What an attempt that failed leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again at once: what worked a moment ago may work again.
    AtOnce,
    /// It is down: try again after the pause.
    After(Duration),
    /// There is no point in going on.
    GiveUp,
}

/// Whether an output works, and when it is tried again. Time is monotonic and passed in.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    backoff: Backoff,
    give_up_after: Option<Duration>,
    failing: Option<Failing>,
}

#[derive(Clone, Copy, Debug)]
struct Failing {
    since: Duration,
    /// Pauses so far.
    pauses: u32,
    /// When the next attempt is due.
    due: Duration,
}

impl Health {
    /// An output that works. It is given up after failing for `give_up_after`, if ever.
    pub(crate) fn new(backoff: Backoff, give_up_after: Option<Duration>) -> Self {
        Self { backoff, give_up_after, failing: None }
    }

    /// Something was delivered.
    pub(crate) fn succeeded(&mut self) {
        self.failing = None;
    }

    /// An attempt has failed; `has_worked` when a connection broke that had been made.
    pub(crate) fn failed(&mut self, now: Duration, has_worked: bool, chance: f64) -> Next {
        let is_first = self.failing.is_none();
        let first = Failing { since: now, pauses: 0, due: now };
        let failing = self.failing.get_or_insert(first);
        let failed_for = now.saturating_sub(failing.since);
        let left = self.give_up_after.map(|most| most.saturating_sub(failed_for));
        if left == Some(Duration::ZERO) {
            return Next::GiveUp;
        }
        if is_first && has_worked {
            return Next::AtOnce;
        }
        failing.pauses = failing.pauses.saturating_add(1);
        let pause = self.backoff.pause(failing.pauses, chance).min(left.unwrap_or(Duration::MAX));
        failing.due = now + pause;
        Next::After(pause)
    }

    /// Whether the output is known not to work.
    pub(crate) fn is_down(&self) -> bool {
        self.failing.is_some_and(|failing| failing.pauses > 0)
    }

    /// Whether an attempt may be made.
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        self.failing.is_none_or(|failing| failing.pauses == 0 || now >= failing.due)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The pauses of an output that always fails, in seconds.
    fn pauses(mut health: Health, count: usize) -> Vec<u64> {
        let (mut now, mut pauses) = (SECOND, Vec::new());
        while let Next::After(pause) = health.failed(now, false, 0.0) {
            pauses.push(pause.as_secs());
            assert!(health.is_down() && !health.is_due(now));
            now += pause;
            assert!(health.is_due(now));
            if pauses.len() == count {
                break;
            }
        }
        pauses
    }

    #[test]
    fn attempts_go_on_for_a_minute_with_longer_and_longer_pauses() {
        let health = Health::new(Backoff::default(), Some(60 * SECOND));
        assert_eq!(pauses(health, 100), [1, 2, 4, 8, 16, 29]);
    }

    #[test]
    fn attempts_never_end_where_nothing_is_given_up() {
        let health = Health::new(Backoff::default(), None);
        assert_eq!(pauses(health, 9), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let health = Health::new(Backoff::every(SECOND), None);
        assert_eq!(pauses(health, 40), [1; 40]);
    }

    #[test]
    fn what_has_worked_is_tried_again_at_once_and_only_once() {
        let mut health = Health::new(Backoff::default(), None);
        assert_eq!(health.failed(SECOND, true, 0.0), Next::AtOnce);
        assert!(!health.is_down() && health.is_due(SECOND));
        assert_eq!(health.failed(SECOND, true, 0.0), Next::After(SECOND));
        assert!(health.is_down());
        health.succeeded();
        assert!(!health.is_down());
        assert_eq!(health.failed(3 * SECOND, true, 0.0), Next::AtOnce);
    }

    #[test]
    fn without_patience_the_first_failure_is_the_last() {
        let mut health = Health::new(Backoff::default(), Some(Duration::ZERO));
        assert_eq!(health.failed(SECOND, true, 0.0), Next::GiveUp);
    }

    proptest! {
        #[test]
        fn a_pause_is_at_most_a_tenth_shorter_than_without_chance(
            failures in 1_u32..200, chance in 0.0..1.0,
        ) {
            let backoff = Backoff::default();
            let (longest, pause) = (backoff.pause(failures, 0.0), backoff.pause(failures, chance));
            prop_assert!(pause <= longest && pause >= longest.mul_f64(0.899));
            prop_assert!(longest <= backoff.most && longest >= backoff.first);
        }
    }
}
