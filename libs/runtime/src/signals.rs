//! Signals, brought out of their handlers to where locks may be taken.

use std::io;
use std::thread;

use signal_hook::iterator::Signals;

/// Calls `act` for each of `signals` from now on, on a thread of its own. Signals that come
/// together may be one call.
///
/// # Errors
///
/// When the system refuses a handler or a thread.
pub(crate) fn forward(signals: &[i32], mut act: impl FnMut() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new(signals)?;
    let wait = move || signals.forever().for_each(|_| act());
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}
