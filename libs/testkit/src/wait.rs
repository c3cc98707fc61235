//! Waiting for a condition with a deadline.

use std::panic::Location;
use std::thread;
use std::time::{Duration, Instant};

/// How long anything is waited for.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// How long to wait before a question is asked again.
const PAUSE: Duration = Duration::from_millis(5);

/// Asks again and again until `ask` has an answer, on a thread that may block.
///
/// # Panics
/// When there is none within [`DEADLINE`]; `what` is said then.
#[track_caller]
pub fn wait_for<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    wait_long_for(DEADLINE, what, ask)
}

/// The same with a patience of its own, for what takes its time.
///
/// # Panics
/// When there is no answer in time.
#[track_caller]
pub fn wait_long_for<T>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < patience, "waited {patience:?} in vain for {what}");
        thread::sleep(PAUSE);
    }
}

/// The same for questions that are asked in a task.
///
/// # Panics
/// As [`wait_for`]. A test with paused time waits by that time.
#[track_caller]
pub fn wait_for_async<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> impl Future<Output = T> {
    soon(what, async move {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
}

/// The value of `future`, which has to come in time.
///
/// # Panics
/// When it does not within [`DEADLINE`]; `what` is said then, and who waited.
#[track_caller]
pub fn soon<F: Future>(what: &str, future: F) -> impl Future<Output = F::Output> {
    let place = Location::caller();
    async move {
        let result = tokio::time::timeout(DEADLINE, future).await;
        result.unwrap_or_else(|_| panic!("waited {DEADLINE:?} in vain for {what} ({place})"))
    }
}
