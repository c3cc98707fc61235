//! What a dispatcher is doing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a dispatcher is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DispatcherStatus {
    /// Each receiver with an open link.
    pub receivers: Vec<ReceiverLoad>,
    /// Runs without a final answer.
    pub pending: u64,
    /// Octets of runs that no receiver has accepted.
    pub octets_in_flight: u64,
    /// Runs that were sent again after a link was lost, since the start.
    pub resent: u64,
    /// Runs that were sent again because a receiver asked for it, since the start.
    pub retried: u64,
    /// Accepted runs that were announced after a link was lost, since the start.
    pub announced: u64,
    /// Links that were lost, since the start.
    pub links_lost: u64,
    /// Answers to runs that were not sent to who gave them, since the start.
    pub stray_answers: u64,
}

/// What one receiver has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverLoad {
    /// Where it is.
    pub endpoint: String,
    /// Octets that were sent to it and are not accepted.
    pub octets_in_flight: u64,
    /// Runs that were sent over this link.
    pub runs_sent: u64,
}

/// The counts, as the task keeps them.
#[derive(Debug, Default)]
pub(super) struct Stats {
    pub(super) pending: AtomicU64,
    pub(super) octets_in_flight: AtomicU64,
    pub(super) resent: AtomicU64,
    pub(super) retried: AtomicU64,
    pub(super) announced: AtomicU64,
    pub(super) links_lost: AtomicU64,
    pub(super) stray_answers: AtomicU64,
    pub(super) receivers: Mutex<Vec<ReceiverLoad>>,
}

impl Stats {
    pub(super) fn status(&self) -> DispatcherStatus {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        DispatcherStatus {
            receivers: self.receivers.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            pending: of(&self.pending),
            octets_in_flight: of(&self.octets_in_flight),
            resent: of(&self.resent),
            retried: of(&self.retried),
            announced: of(&self.announced),
            links_lost: of(&self.links_lost),
            stray_answers: of(&self.stray_answers),
        }
    }

    pub(super) fn set_receivers(&self, receivers: Vec<ReceiverLoad>) {
        *self.receivers.lock().unwrap_or_else(PoisonError::into_inner) = receivers;
    }
}

pub(super) fn add(count: &AtomicU64, more: usize) {
    count.fetch_add(more as u64, Ordering::Relaxed);
}

pub(super) fn set(count: &AtomicU64, value: usize) {
    count.store(value as u64, Ordering::Relaxed);
}
