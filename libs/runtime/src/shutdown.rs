//! The wish to end, as signals express it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;
use tokio::sync::watch;

use crate::signals;

/// Added to the signal's number, the exit code of a process that a signal ended, as shells write
/// it.
const ENDED_BY_SIGNAL: i32 = 128;

/// Tells whether the process should come to its end, by asking and by waiting. Clones share the
/// answer.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    requested: Arc<AtomicBool>,
    announced: watch::Sender<bool>,
}

impl Shutdown {
    /// A shutdown that is asked for with SIGINT, SIGTERM or SIGQUIT. A second signal ends the
    /// process at once.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler or a thread.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::never();
        // Apart from `requested`: the first signal after a trigger is no second one.
        let signalled = Arc::new(AtomicBool::new(false));
        for signal in TERM_SIGNALS {
            // Registered first, so that it acts on a second signal: the first sets the flag after.
            let code = ENDED_BY_SIGNAL + *signal;
            flag::register_conditional_shutdown(*signal, code, Arc::clone(&signalled))?;
            flag::register(*signal, Arc::clone(&signalled))?;
            // Set in the handler, so that it is seen even when no thread gets to run.
            flag::register(*signal, Arc::clone(&shutdown.requested))?;
        }
        let forwarded = shutdown.clone();
        signals::forward(TERM_SIGNALS, move || forwarded.trigger())?;
        Ok(shutdown)
    }

    /// A shutdown that no signal asks for.
    pub fn never() -> Self {
        Self::default()
    }

    /// A shutdown that only [`Shutdown::trigger`] asks for.
    pub fn manual() -> Self {
        Self::default()
    }

    /// Asks for the end from inside: a test that is done, a part that cannot go on.
    pub fn trigger(&self) {
        self.requested.store(true, Ordering::Relaxed);
        self.announced.send_replace(true);
    }

    /// Whether the process should end.
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Waits until the process should end; at once when it already should. Any number of tasks
    /// may wait, each as often as it likes. Cancel-safe.
    pub async fn requested(&self) {
        let mut announced = self.announced.subscribe();
        // `self` holds the sender, so that waiting cannot fail.
        drop(announced.wait_for(|announced| *announced).await);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::low_level::raise;
    use tokio::time::timeout;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    #[test]
    fn nobody_asks_for_a_shutdown_without_signals() {
        assert!(!Shutdown::never().is_requested());
    }

    #[test]
    fn the_first_signal_asks_all_clones_and_the_second_ends_the_process() {
        let this = std::env::current_exe().unwrap();
        let child = "shutdown::tests::a_process_that_gets_two_signals";
        let output = Command::new(this).args([child, "--exact", "--ignored"]).output().unwrap();
        assert_eq!(output.status.code(), Some(128 + SIGTERM), "{output:?}");
    }

    #[tokio::test]
    #[ignore = "ends its process; run by the test above"]
    async fn a_process_that_gets_two_signals() {
        let shutdown = Shutdown::on_signals().unwrap();
        let clone = shutdown.clone();
        // No signal: it must not count as the first of two.
        Shutdown::on_signals().unwrap().trigger();
        raise(SIGINT).unwrap();
        assert!(shutdown.is_requested() && clone.is_requested());
        timeout(DEADLINE, clone.requested()).await.unwrap();
        raise(SIGTERM).unwrap();
    }

    #[tokio::test]
    async fn everyone_who_waits_learns_of_a_trigger_and_so_do_the_late() {
        let shutdown = Shutdown::manual();
        let waiting = [(); 3].map(|()| {
            let shutdown = shutdown.clone();
            tokio::spawn(async move { shutdown.requested().await })
        });
        tokio::task::yield_now().await;
        shutdown.trigger();
        for task in waiting {
            timeout(DEADLINE, task).await.unwrap().unwrap();
        }
        timeout(DEADLINE, shutdown.requested()).await.unwrap();
        assert!(shutdown.is_requested());
    }

    #[tokio::test]
    async fn a_wait_that_was_given_up_loses_nothing() {
        let shutdown = Shutdown::manual();
        assert!(timeout(Duration::ZERO, shutdown.requested()).await.is_err());
        shutdown.trigger();
        timeout(DEADLINE, shutdown.requested()).await.unwrap();
    }
}
