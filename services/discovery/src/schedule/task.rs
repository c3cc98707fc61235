//! Begins a sweep whenever the schedule says so.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::Schedule;
use super::jitter::Jitter;

/// The longest wait before the clock is looked at again: it may be set meanwhile.
const LOOK: Duration = Duration::from_secs(10);

/// Hands out when the next scheduled run begins, its delay counted in.
pub type NextRun = watch::Receiver<Option<Timestamp>>;

/// What the task goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// When runs are due.
    pub schedule: Schedule,
    /// The longest random delay of a run.
    pub jitter: Duration,
}

/// Runs `begin` at each time of the schedule until the future is dropped, one run after the
/// other: times that come while a run is under way are left out. `clock` says what time it is.
/// Another timing counts at once, but for the run that is under way.
pub async fn follow<F, R>(
    mut timings: watch::Receiver<Timing>,
    next_run: &watch::Sender<Option<Timestamp>>,
    clock: impl Fn() -> Timestamp,
    mut begin: F,
) where
    F: FnMut() -> R,
    R: Future<Output = ()>,
{
    let jitter = Jitter::default();
    // A delayed run is not due again, whatever its delay was.
    let mut last_due = clock();
    loop {
        let timing = timings.borrow_and_update().clone();
        let Some(due) = timing.schedule.next_after(last_due.max(clock())) else {
            next_run.send_replace(None);
            changed(&mut timings).await;
            continue;
        };
        let following = timing.schedule.next_after(due);
        let delay = jitter.delay(due, following, timing.jitter);
        let at = due.checked_add(delay).unwrap_or(due);
        next_run.send_replace(Some(at));
        tokio::select! {
            () = wait_until(at, &clock) => {}
            () = changed(&mut timings) => continue,
        }
        begin().await;
        last_due = due;
    }
}

/// Ends when the timing is another: never, where nobody can change it any more.
async fn changed(timings: &mut watch::Receiver<Timing>) {
    if timings.changed().await.is_err() {
        std::future::pending().await
    }
}

async fn wait_until(time: Timestamp, clock: impl Fn() -> Timestamp) {
    while let Ok(left) = Duration::try_from(time.duration_since(clock()))
        && !left.is_zero()
    {
        tokio::time::sleep(left.min(LOOK)).await;
    }
}
