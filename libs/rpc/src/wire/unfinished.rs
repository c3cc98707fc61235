//! A budget for runs whose last part has not come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tonic::Status;

/// Octets that the unfinished runs of all streams take together. Only complete runs count towards
/// a receiver's other budgets; without this one, parts without an end would take any memory.
#[derive(Clone, Debug)]
pub struct Unfinished {
    most: usize,
    octets: Arc<AtomicUsize>,
}

impl Unfinished {
    /// At most `most` octets.
    pub fn within(most: usize) -> Self {
        Self { most, octets: Arc::default() }
    }
}

impl Default for Unfinished {
    fn default() -> Self {
        Self::within(usize::MAX)
    }
}

/// What one run takes of the budget; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Unfinished,
    octets: usize,
}

impl Share {
    pub(super) fn of(budget: &Unfinished) -> Self {
        Self { budget: budget.clone(), octets: 0 }
    }

    /// Makes it `octets` in all.
    ///
    /// # Errors
    ///
    /// RESOURCE_EXHAUSTED when all runs together would take more than the budget.
    pub(super) fn grow_to(&mut self, octets: usize) -> Result<(), Status> {
        let more = octets.saturating_sub(self.octets);
        let all = self.budget.octets.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        self.octets += more;
        if all <= self.budget.most {
            return Ok(());
        }
        Err(Status::resource_exhausted(format!(
            "runs without a last part take more than {} octets together: end runs that were begun",
            self.budget.most
        )))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.octets.fetch_sub(self.octets, Ordering::Relaxed);
    }
}
