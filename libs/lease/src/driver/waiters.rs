//! Who waits for a write.

use std::collections::HashMap;

use tokio::sync::oneshot;

use crate::position::Checkpoint;
use crate::unit::UnitId;

/// Who waits for a write. At most as many as there are requests under way.
#[derive(Default)]
pub(super) struct Waiters(HashMap<UnitId, Vec<Waiter>>);

struct Waiter {
    /// None for who waits for the release.
    checkpoint: Option<Checkpoint>,
    done: oneshot::Sender<bool>,
}

impl Waiters {
    pub(super) fn add(
        &mut self,
        unit: UnitId,
        checkpoint: Option<Checkpoint>,
        done: oneshot::Sender<bool>,
    ) {
        let waiters = self.0.entry(unit).or_default();
        // A caller that waits no more, since its future was dropped, is forgotten.
        waiters.retain(|waiter| !waiter.done.is_closed());
        waiters.push(Waiter { checkpoint, done });
    }

    /// A checkpoint is written: whoever waits for it or for an earlier one has it.
    pub(super) fn checkpointed(&mut self, unit: &UnitId, written: &Checkpoint) {
        self.tell(unit, true, |waiter| {
            waiter.checkpoint.as_ref().is_some_and(|wanted| wanted.allows(written))
        });
    }

    /// The lease was given back: what was wanted of it was written before.
    pub(super) fn released(&mut self, unit: &UnitId) {
        self.tell(unit, true, |waiter| waiter.checkpoint.is_none());
        self.lost(unit);
    }

    /// The lease is gone.
    pub(super) fn lost(&mut self, unit: &UnitId) {
        self.tell(unit, false, |_| true);
    }

    fn tell(&mut self, unit: &UnitId, is_done: bool, is_meant: impl Fn(&Waiter) -> bool) {
        let Some(waiters) = self.0.remove(unit) else { return };
        let (meant, others): (Vec<_>, Vec<_>) = waiters.into_iter().partition(is_meant);
        // Who does not wait any more needs no answer.
        meant.into_iter().for_each(|waiter| waiter.done.send(is_done).unwrap_or_default());
        if !others.is_empty() {
            self.0.insert(unit.clone(), others);
        }
    }
}
