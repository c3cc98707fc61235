//! What the regions that were read know of each other: where filters and flow logs lead.
//!
//! A stream is in one account and the flow logs that reach it are in others. Each region leaves
//! here what it knows of others; who is read later, or the next time, finds it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ties::{Feed, Targets};
use crate::reader::Place;

/// What one region knows that others may need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hints {
    /// Its destinations and delivery streams, and where they lead.
    pub(crate) targets: Targets,
    /// Where its VPCs' flow logs arrive.
    pub(crate) feeds: BTreeSet<Feed>,
    /// The buckets that its flow logs are delivered to.
    pub(crate) buckets: BTreeSet<String>,
}

/// What all regions know.
#[derive(Debug, Default)]
pub(crate) struct Known {
    hints: Mutex<BTreeMap<Place, Hints>>,
}

impl Known {
    pub(crate) fn set(&self, place: &Place, hints: Hints) {
        self.hints().insert(place.clone(), hints);
    }

    /// Forgets the regions that are swept no more.
    pub(crate) fn keep(&self, is_swept: impl Fn(&Place) -> bool) {
        self.hints().retain(|place, _| is_swept(place));
    }

    /// What the regions but `place` know.
    pub(crate) fn of_others(&self, place: &Place) -> Hints {
        let mut all = Hints::default();
        for (_, hints) in self.hints().iter().filter(|(other, _)| *other != place) {
            all.targets.extend(hints.targets.clone());
            all.feeds.extend(hints.feeds.iter().cloned());
            all.buckets.extend(hints.buckets.iter().cloned());
        }
        all
    }

    fn hints(&self) -> MutexGuard<'_, BTreeMap<Place, Hints>> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
