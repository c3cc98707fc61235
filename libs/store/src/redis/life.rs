//! Whether the state is still the one that was seen before.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether the state is still the one that was seen before.
///
/// A namespace has an epoch, which its first write draws, and a revision, which grows with each
/// write. Another epoch, none, or a smaller revision than was seen means that writes were lost:
/// the server was flushed, restarted without its data or put back to an earlier state, or a
/// replica that had not everything took its place.
#[derive(Debug, Default)]
pub(super) struct Life(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: Option<Known>,
    /// The revision is smaller than it was, and the epoch is not renewed yet.
    is_behind: bool,
    losses: u64,
}

#[derive(Clone, Debug, Default)]
struct Known {
    /// Empty when nothing was written yet.
    epoch: String,
    revision: u64,
}

/// What was known when a call was sent: its answer is compared with this, since answers overtake
/// each other.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) epoch: String,
    pub(super) revision: u64,
    pub(super) losses: u64,
}

impl Life {
    pub(super) fn seen(&self) -> Seen {
        let state = self.lock();
        let Known { epoch, revision } = state.known.clone().unwrap_or_default();
        Seen { epoch, revision, losses: state.losses }
    }

    pub(super) fn losses(&self) -> u64 {
        self.lock().losses
    }

    pub(super) fn is_behind(&self) -> bool {
        self.lock().is_behind
    }

    /// Takes note of what an answer says. Whether it says that something was lost, the first time
    /// that an answer does.
    pub(super) fn note(&self, sent: &Seen, epoch: &str, revision: u64) -> bool {
        let mut state = self.lock();
        let is_loss = state.losses == sent.losses && state.note(sent, epoch, revision);
        state.losses += u64::from(is_loss);
        is_loss
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, sent: &Seen, epoch: &str, revision: u64) -> bool {
        match &mut self.known {
            Some(known) if known.epoch == epoch => {
                let was_behind = self.is_behind;
                self.is_behind = revision < sent.revision;
                known.revision = known.revision.max(revision);
                self.is_behind && !was_behind
            }
            known => {
                let was_behind = std::mem::take(&mut self.is_behind) && !epoch.is_empty();
                let before = known.replace(Known { epoch: epoch.to_owned(), revision });
                before.is_some_and(|before| !before.epoch.is_empty()) && !was_behind
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(life: &Life, epoch: &str, revision: u64) -> bool {
        life.note(&life.seen(), epoch, revision)
    }

    #[test]
    fn a_state_that_begins_and_grows_loses_nothing() {
        let life = Life::default();
        for (epoch, revision) in [("", 0), ("", 0), ("a", 1), ("a", 1), ("a", 5)] {
            assert!(!note(&life, epoch, revision));
        }
        assert_eq!(life.losses(), 0);
    }

    #[test]
    fn a_flush_and_another_epoch_are_one_loss() {
        let life = Life::default();
        assert!(!note(&life, "a", 5));
        assert!(note(&life, "", 0));
        assert!(!note(&life, "b", 1));
        assert!(note(&life, "c", 9));
        assert_eq!(life.losses(), 2);
    }

    #[test]
    fn an_earlier_revision_and_the_epoch_that_follows_are_one_loss() {
        let life = Life::default();
        assert!(!note(&life, "a", 5));
        assert!(note(&life, "a", 4));
        assert!(!note(&life, "a", 4));
        assert!(life.is_behind());
        assert_eq!(life.seen().revision, 5);
        assert!(!note(&life, "b", 5));
        assert!(!life.is_behind());
        assert_eq!(life.losses(), 1);
    }

    #[test]
    fn answers_that_overtake_each_other_are_no_loss() {
        let life = Life::default();
        assert!(!note(&life, "a", 5));
        let (first, second) = (life.seen(), life.seen());
        assert!(!life.note(&second, "a", 7));
        assert!(!life.note(&first, "a", 6));
        let before_the_flush = life.seen();
        assert!(note(&life, "", 0));
        assert!(!life.note(&before_the_flush, "a", 8));
        assert_eq!(life.seen().epoch, "");
    }
}
