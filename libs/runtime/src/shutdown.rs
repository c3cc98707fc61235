//! The wish to end, as signals express it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;

/// The exit code of a process that a second signal ended: 128 + SIGINT, as shells write it.
const SECOND_SIGNAL: i32 = 130;

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
            flag::register_conditional_shutdown(*signal, SECOND_SIGNAL, shutdown.flag())?;
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
