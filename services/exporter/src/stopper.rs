//! Stops an exporter from any thread.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crossbeam_channel::Sender;

/// Stops an [`crate::Exporter`].
#[derive(Clone, Debug)]
pub struct Stopper {
    stop: Arc<Mutex<Option<Sender<Infallible>>>>,
}

/// A [`Stopper`] for the exporter's own threads: it does not outlive the exporter.
#[derive(Clone, Debug)]
pub(crate) struct WeakStopper {
    stop: Weak<Mutex<Option<Sender<Infallible>>>>,
}

impl Stopper {
    /// Stops when this and its clones are gone, or on [`Self::stop`]: the sender is dropped.
    pub(crate) fn new(sender: Sender<Infallible>) -> Self {
        Self { stop: Arc::new(Mutex::new(Some(sender))) }
    }

    /// Stops without writing the runs that wait, and amid the one at hand where that one has to
    /// wait for the rate limit or a connection. They are not answered: not delivered.
    pub fn stop(&self) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn downgrade(&self) -> WeakStopper {
        WeakStopper { stop: Arc::downgrade(&self.stop) }
    }
}

impl WeakStopper {
    pub(crate) fn stop(&self) {
        if let Some(stop) = self.stop.upgrade() {
            Stopper { stop }.stop();
        }
    }
}
