//! How far a source's runs are settled, and what that lets the source commit.
//!
//! Two trackers, for two kinds of source. A stream has an order and a checkpoint in it:
//! [`OrderedTracker`] says how far the checkpoint may go. A queue has units that are done one by
//! one, in any order: [`UnitTracker`] says which are. Both take "not delivered" for granted until
//! an answer says otherwise, and both stay right when a part of the source is read again: the
//! order of a reading is forgotten with it, the answers of its runs are not.

mod ordered;
mod unit;
mod unit_runs;

#[cfg(test)]
mod tests;

pub use ordered::OrderedTracker;
pub use unit::{UnitDone, UnitTracker};

/// What became of a run for good, or of all runs of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was delivered.
    Committed,
    /// It can never be delivered; of a unit, a part of it.
    Rejected,
}

impl Verdict {
    /// The worse of the two: one rejected run is enough for a unit to be rejected.
    pub fn and(self, other: Self) -> Self {
        if self == Self::Committed { other } else { Self::Rejected }
    }
}

/// What a tracker knows of a run that was just read. `Moved` is what a settled run lets happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered<Moved> {
    /// It is to be sent.
    New,
    /// It was sent, and its answer is to come.
    InFlight,
    /// It has its answer: there is nothing to send.
    Settled(Moved),
}

/// Why a tracker did not take a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrackError {
    /// It follows as many runs as it may.
    #[error("{most} runs wait for their answers; read on when some of them are settled")]
    Full {
        /// The most runs that it follows.
        most: usize,
    },
    /// The unit was not opened, or is done.
    #[error("the run is of a unit that is not open; open the unit first")]
    NotOpen,
}
