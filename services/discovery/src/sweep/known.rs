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

impl Hints {
    fn add(&mut self, more: &Self) {
        self.targets.extend(more.targets.clone());
        self.feeds.extend(more.feeds.iter().cloned());
        self.buckets.extend(more.buckets.iter().cloned());
    }
}

impl Known {
    /// Remembers what a region knows now. When that is not the whole, what it knew before stays
    /// too.
    pub(crate) fn learn(&self, place: &Place, found: Hints, is_whole: bool) -> Hints {
        let mut hints = self.hints();
        let known = hints.entry(place.clone()).or_default();
        if is_whole {
            *known = found;
        } else {
            known.add(&found);
        }
        known.clone()
    }

    /// Forgets the regions that are swept no more.
    pub(crate) fn keep(&self, is_swept: impl Fn(&Place) -> bool) {
        self.hints().retain(|place, _| is_swept(place));
    }

    /// What the regions but `place` know.
    pub(crate) fn of_others(&self, place: &Place) -> Hints {
        let mut all = Hints::default();
        for (_, hints) in self.hints().iter().filter(|(other, _)| *other != place) {
            all.add(hints);
        }
        all
    }

    fn hints(&self) -> MutexGuard<'_, BTreeMap<Place, Hints>> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feeds(vpcs: &[&str]) -> Hints {
        let feeds = vpcs.iter().map(|vpc| ("stream".to_owned(), (*vpc).to_owned())).collect();
        Hints { feeds, ..Hints::default() }
    }

    #[test]
    fn what_could_not_be_read_now_is_still_known() {
        let (known, place) = (Known::default(), Place::new("111122223333", "eu-west-1"));
        known.learn(&place, feeds(&["vpc-1"]), true);
        let after = known.learn(&place, feeds(&[]), false);
        assert_eq!(after.feeds, feeds(&["vpc-1"]).feeds);
        assert!(known.learn(&place, feeds(&[]), true).feeds.is_empty());
    }

    #[test]
    fn others_know_until_they_are_swept_no_more() {
        let known = Known::default();
        let [one, other] = ["111122223333", "222233334444"].map(|id| Place::new(id, "eu-west-1"));
        known.learn(&one, feeds(&["vpc-1"]), true);
        assert_eq!(known.of_others(&other).feeds, feeds(&["vpc-1"]).feeds);
        assert!(known.of_others(&one).feeds.is_empty());
        known.keep(|place| *place != one);
        assert!(known.of_others(&other).feeds.is_empty());
    }
}
