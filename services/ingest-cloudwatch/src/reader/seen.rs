//! Which events of a group were seen.

use std::collections::BTreeSet;

use crate::event::EventId;

/// Which events of a group were seen: those that the window may show again, and of these at most
/// a bounded number.
#[derive(Debug)]
pub(crate) struct Seen {
    events: BTreeSet<EventId>,
    most: usize,
    /// Everything with this timestamp or a later one that was exported is here.
    complete_from: u64,
    /// What was forgotten for want of room is older than this.
    forgotten_to: u64,
}

impl Seen {
    /// Knows nothing.
    pub(crate) fn new(most: usize) -> Self {
        Self { events: BTreeSet::new(), most, complete_from: u64::MAX, forgotten_to: 0 }
    }

    pub(crate) fn contains(&self, id: EventId) -> bool {
        self.events.contains(&id)
    }

    /// Whether an event that is not here may have been exported all the same.
    pub(crate) fn is_unsure(&self, id: EventId) -> bool {
        id.timestamp < self.complete_from.max(self.forgotten_to) && !self.contains(id)
    }

    /// False when it was here already.
    pub(crate) fn insert(&mut self, id: EventId) -> bool {
        if !self.events.insert(id) {
            return false;
        }
        if self.events.len() > self.most
            && let Some(oldest) = self.events.pop_first()
        {
            self.forgotten_to = self.forgotten_to.max(oldest.timestamp.saturating_add(1));
        }
        true
    }

    /// Everything from this time on was looked at.
    pub(crate) fn is_complete_from(&mut self, timestamp: u64) {
        self.complete_from = self.complete_from.min(timestamp);
    }

    /// Events from before this time will not be shown again.
    pub(crate) fn forget_before(&mut self, timestamp: u64) {
        self.events = self.events.split_off(&EventId { timestamp, hash: 0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(timestamp: u64) -> EventId {
        EventId { timestamp, hash: 7 }
    }

    #[test]
    fn a_new_memory_is_sure_of_nothing_and_a_complete_one_of_what_it_looked_at() {
        let mut seen = Seen::new(10);
        assert!(seen.is_unsure(id(5)));
        seen.is_complete_from(5);
        assert!(!seen.is_unsure(id(5)));
        assert!(seen.is_unsure(id(4)));
    }

    #[test]
    fn what_was_forgotten_for_want_of_room_is_not_taken_for_new() {
        let mut seen = Seen::new(2);
        seen.is_complete_from(0);
        assert!((1..=3).all(|timestamp| seen.insert(id(timestamp))));
        assert!(seen.is_unsure(id(1)), "it may be the one that was forgotten");
        assert!(!seen.is_unsure(id(2)), "it is known");
        assert!(!seen.insert(id(3)));
    }

    #[test]
    fn what_left_the_window_takes_no_room() {
        let mut seen = Seen::new(10);
        seen.insert(id(1));
        seen.insert(id(2));
        seen.forget_before(2);
        assert!(!seen.contains(id(1)));
        assert!(seen.contains(id(2)));
    }
}
