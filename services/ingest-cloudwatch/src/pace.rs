//! How often an API of an account and region is called.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use weir_ingest::Backoff;

/// Waits after calls that were one too many.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(30) };

/// An account and a region: what AWS counts calls by.
pub(crate) type Quota = (String, String);

/// A token bucket with room for one token: calls are evenly spaced. All workers on the quota
/// share its rate; none knows of the others' calls, so that each has its part.
#[derive(Debug)]
struct Pace {
    /// Between two calls of all workers.
    interval: Duration,
    workers: u32,
    /// When the next call may be.
    next: Duration,
    /// Calls in a row that were one too many.
    refused: u32,
}

impl Pace {
    fn new(rate: f64) -> Self {
        let interval = Duration::from_secs_f64(1.0 / rate.max(0.001));
        Self { interval, workers: 1, next: Duration::ZERO, refused: 0 }
    }

    /// Takes a token, or says how long there is none.
    fn take(&mut self, now: Duration) -> Result<(), Duration> {
        match self.next.checked_sub(now) {
            Some(wait) if wait > Duration::ZERO => Err(wait),
            _ => {
                self.next = now + self.interval * self.workers;
                Ok(())
            }
        }
    }

    /// A call was one too many: none is made for so long.
    fn refuse(&mut self, now: Duration, wait: Duration) {
        self.next = self.next.max(now + wait);
    }
}

/// The pace of a quota in this process. Who comes first is first served.
#[derive(Debug)]
pub(crate) struct Lane {
    pace: Mutex<Pace>,
    turn: tokio::sync::Mutex<()>,
    start: Instant,
}

impl Lane {
    fn new(rate: f64) -> Self {
        let (pace, turn) = (Mutex::new(Pace::new(rate)), tokio::sync::Mutex::default());
        Self { pace, turn, start: Instant::now() }
    }

    /// Waits until a call may be made.
    pub(crate) async fn take(&self) {
        let _turn = self.turn.lock().await;
        loop {
            let taken = self.pace().take(self.start.elapsed());
            match taken {
                Ok(()) => return,
                Err(wait) => sleep(wait).await,
            }
        }
    }

    /// A call was one too many.
    pub(crate) fn refuse(&self) {
        let mut pace = self.pace();
        pace.refused = pace.refused.saturating_add(1);
        let wait = BACKOFF.wait(pace.refused);
        pace.refuse(self.start.elapsed(), wait);
    }

    /// A call was answered.
    pub(crate) fn answered(&self) {
        self.pace().refused = 0;
    }

    /// So many workers call.
    pub(crate) fn share(&self, workers: u32) {
        self.pace().workers = workers.max(1);
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The paces of all quotas.
#[derive(Debug)]
pub(crate) struct Lanes {
    rate: f64,
    lanes: Mutex<HashMap<Quota, Arc<Lane>>>,
}

impl Lanes {
    /// `rate` calls in a second, of each.
    pub(crate) fn new(rate: f64) -> Self {
        Self { rate, lanes: Mutex::default() }
    }

    pub(crate) fn of(&self, quota: Quota) -> Arc<Lane> {
        let mut lanes = self.lanes();
        Arc::clone(lanes.entry(quota).or_insert_with(|| Arc::new(Lane::new(self.rate))))
    }

    /// Tells how many workers share each.
    pub(crate) fn share(&self, workers: &HashMap<Quota, usize>) {
        for (quota, lane) in self.lanes().iter() {
            let workers = workers.get(quota).copied().unwrap_or(1);
            lane.share(u32::try_from(workers).unwrap_or(u32::MAX));
        }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Quota, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn calls_are_evenly_spaced() {
        let mut pace = Pace::new(5.0);
        assert_eq!(pace.take(Duration::ZERO), Ok(()));
        assert_eq!(pace.take(50 * MS), Err(150 * MS));
        assert_eq!(pace.take(200 * MS), Ok(()));
        assert_eq!(pace.take(2000 * MS), Ok(()), "a rest gives no burst");
        assert_eq!(pace.take(2000 * MS), Err(200 * MS));
    }

    #[test]
    fn workers_share_the_rate() {
        let mut pace = Pace::new(5.0);
        pace.workers = 4;
        assert_eq!(pace.take(Duration::ZERO), Ok(()));
        assert_eq!(pace.take(Duration::ZERO), Err(800 * MS));
    }

    #[test]
    fn a_call_that_was_one_too_many_holds_up_all() {
        let mut pace = Pace::new(5.0);
        assert_eq!(pace.take(Duration::ZERO), Ok(()));
        pace.refuse(10 * MS, 1000 * MS);
        assert_eq!(pace.take(500 * MS), Err(510 * MS));
        assert_eq!(pace.take(1010 * MS), Ok(()));
    }
}
