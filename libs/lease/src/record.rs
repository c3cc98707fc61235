//! What the store has of leases.

use serde::{Deserialize, Serialize};

use crate::position::{Checkpoint, InitialPosition};
use crate::range::HashRange;
use crate::unit::{UnitId, UnitSpec};

/// A unit as the store has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// The worker that reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Grows by 1 with each change of the owner, and is never set back.
    pub fence: u64,
    /// How far it was committed.
    pub checkpoint: Checkpoint,
    /// The names of the units of the set that must be finished before it starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// The units that follow it; known when it is finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Child>,
    /// Which keys it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<HashRange>,
    /// The worker that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over_to: Option<String>,
    /// How far its reading is behind, in milliseconds, as its owner last wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<u64>,
    /// What went wrong with it last; empty when nothing has.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_error: String,
    /// When its owner wrote this. Shown to people: no worker goes by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// The worker that it was taken from by [`crate::Table::release`], until somebody has it:
    /// others take it first, whatever their share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// Where it was put by [`crate::Table::set_position`]; none when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
}

/// When a lease was renewed, in milliseconds since 1970-01-01 00:00 UTC by its owner's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// When it was written.
    pub at_ms: u64,
    /// Until when it lasts.
    pub until_ms: u64,
}

/// Where somebody has put a unit, whatever was read of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// How often that was done: tells readings apart that somebody wanted.
    pub times: u64,
    /// Where it was put the last time.
    pub at: Checkpoint,
}

/// A unit that follows another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// Its name in the set.
    pub name: String,
    /// The names of all its parents: a merged shard has two.
    pub parents: Vec<String>,
    /// Which keys it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<HashRange>,
}

/// When and where the units of a set began. Without it, none of them is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRecord {
    /// Tells two beginnings apart.
    pub epoch: String,
    /// Where the units began that were there.
    pub initial: InitialPosition,
}

impl LeaseRecord {
    /// A unit that nobody has read.
    pub fn new(spec: &UnitSpec, initial: InitialPosition) -> Self {
        Self {
            owner: None,
            fence: 0,
            checkpoint: Checkpoint::Initial(initial),
            parents: spec.parents.clone(),
            children: Vec::new(),
            range: spec.range,
            hand_over_to: None,
            lag_ms: None,
            last_error: String::new(),
            renewal: None,
            taken_from: None,
            placement: None,
        }
    }

    /// The record of a unit that follows a finished one: it is read from its start, so that
    /// nothing between the two is lost.
    pub(crate) fn of_child(child: &Child) -> Self {
        let (name, parents, range) = (child.name.clone(), child.parents.clone(), child.range);
        let spec = UnitSpec { name, parents, range, is_open: true };
        Self::new(&spec, InitialPosition::TrimHorizon)
    }

    /// Whether all of it was read.
    pub fn is_finished(&self) -> bool {
        self.checkpoint == Checkpoint::End
    }

    /// Whether `worker` has asked for it.
    pub(crate) fn is_asked_by(&self, worker: &str) -> bool {
        self.hand_over_to.as_deref() == Some(worker)
    }

    /// Whether somebody took it from `worker`.
    pub(crate) fn was_taken_from(&self, worker: &str) -> bool {
        self.taken_from.as_deref() == Some(worker)
    }

    /// Whether `worker` owns it.
    pub(crate) fn is_owned_by(&self, worker: &str) -> bool {
        self.owner.as_deref() == Some(worker)
    }

    /// Its children as units.
    pub(crate) fn child_units(&self, of: &UnitId) -> Vec<(UnitId, Self)> {
        let unit = |child: &Child| (of.sibling(&child.name), Self::of_child(child));
        self.children.iter().map(unit).collect()
    }
}
