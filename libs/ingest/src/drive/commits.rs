//! What is settled and not committed as yet.

use std::collections::HashMap;
use std::hash::Hash;

use tokio::time::Instant;

use super::wait::Patience;
use super::{Driver, Errors};
use crate::dispatch::DeliveryEvent;
use crate::source::{Commit, Source};

/// Parts of one call: answers wait meanwhile.
const MAX_PARTS: usize = 1000;

/// What the source is to commit next.
pub(super) struct Commits<K, P> {
    waiting: HashMap<K, Commit<K, P>>,
    /// When the next commit may be.
    next: Instant,
    errors: Errors,
}

impl<K: Clone + Eq + Hash, P> Commits<K, P> {
    pub(super) fn new(next: Instant) -> Self {
        Self { waiting: HashMap::new(), next, errors: Errors::default() }
    }

    pub(super) fn add(&mut self, commit: Commit<K, P>) {
        match self.waiting.get_mut(&commit.part) {
            Some(earlier) => earlier.merge(commit),
            None => drop(self.waiting.insert(commit.part.clone(), commit)),
        }
    }

    /// The part goes on: that it is done is not true any more.
    pub(super) fn reopen(&mut self, part: &K) {
        if let Some(commit) = self.waiting.get_mut(part) {
            commit.done = None;
            if commit.position.is_none() {
                self.waiting.remove(part);
            }
        }
    }

    pub(super) fn forget(&mut self, part: &K) {
        self.waiting.remove(part);
    }

    /// When to commit. In a hurry it is at once, unless the source has just failed to.
    pub(super) fn due(&self, is_hurried: bool) -> Option<Instant> {
        let next = if is_hurried { None } else { Some(self.next) };
        let due = next.max(self.errors.until).unwrap_or_else(Instant::now);
        (!self.waiting.is_empty()).then_some(due)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether the last call failed.
    pub(super) fn has_failed(&self) -> bool {
        self.errors.count > 0
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

impl<S, E> Driver<S, E>
where
    S: Source,
    E: Into<DeliveryEvent> + Send,
{
    pub(super) async fn commit_what_is_due(&mut self) {
        let due = self.commits.due(self.is_hurried());
        if due.is_some_and(|due| due <= Instant::now()) {
            self.commit().await;
        }
    }

    /// Commits what is settled, a thousand parts at a time. What the source does not do is tried
    /// again.
    pub(super) async fn commit(&mut self) {
        let commits: Vec<_> = self.commits.waiting.values().take(MAX_PARTS).cloned().collect();
        let call = self.source.commit(&commits);
        let patience = Patience::of(&self.config);
        let committed = patience.limit(&self.shutdown, "a commit", call).await;
        self.commits.next = Instant::now() + self.config.commit_interval;
        let mut errors = std::mem::take(&mut self.commits.errors);
        match committed {
            Ok(()) => {
                commits.iter().for_each(|commit| self.commits.forget(&commit.part));
                errors = Errors::default();
                if !self.commits.is_empty() {
                    self.commits.next = Instant::now();
                }
            }
            Err(error) => self.show(&error, &mut errors, "commit"),
        }
        self.commits.errors = errors;
    }
}
