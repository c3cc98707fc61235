//! What leases are for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::range::HashRange;

/// A named unit of work: a shard of a stream, a log group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnitId {
    /// What it is a part of, and begins with: a stream, the log groups of a region.
    pub set: String,
    /// Its name in the set.
    pub name: String,
}

impl UnitId {
    /// The unit of this name in the set.
    pub fn new(set: impl Into<String>, name: impl Into<String>) -> Self {
        Self { set: set.into(), name: name.into() }
    }

    /// Another unit of the same set.
    pub fn sibling(&self, name: &str) -> Self {
        Self::new(self.set.clone(), name)
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.set, self.name)
    }
}

/// A unit as its source lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitSpec {
    /// Its name in the set.
    pub name: String,
    /// The names of the units that must be finished before it starts.
    pub parents: Vec<String>,
    /// Which keys it has; none where units do not share a range of keys.
    pub range: Option<HashRange>,
    /// Whether more may still come: a shard that was not split or merged.
    pub is_open: bool,
}
