//! The wish to end, as signals express it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;

/// Added to the signal's number, the exit code of a process that a signal ended, as shells write
/// it.
const ENDED_BY_SIGNAL: i32 = 128;

/// Tells whether the process should come to its end. Clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    requested: Arc<AtomicBool>,
}

impl Shutdown {
    /// A shutdown that is asked for with SIGINT, SIGTERM or SIGQUIT. A second signal ends the
    /// process at once.
    ///
    /// # Errors
    ///
    /// When the system refuses to register a handler.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::never();
        for signal in TERM_SIGNALS {
            // Registered first, so that it acts on a second signal: the first sets the flag after.
            let code = ENDED_BY_SIGNAL + *signal;
            flag::register_conditional_shutdown(*signal, code, shutdown.flag())?;
            flag::register(*signal, shutdown.flag())?;
        }
        Ok(shutdown)
    }

    /// A shutdown that no signal asks for.
    pub fn never() -> Self {
        Self::default()
    }

    /// Whether the process should end.
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.requested)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::low_level::raise;

    use super::*;

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

    #[test]
    #[ignore = "ends its process; run by the test above"]
    fn a_process_that_gets_two_signals() {
        let shutdown = Shutdown::on_signals().unwrap();
        let clone = shutdown.clone();
        raise(SIGINT).unwrap();
        assert!(shutdown.is_requested() && clone.is_requested());
        raise(SIGTERM).unwrap();
    }
}
