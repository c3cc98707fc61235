//! Log events that were seen, for a while.

use std::collections::{HashMap, VecDeque};

/// The ids of the last log events, each with the record that it came in first.
#[derive(Debug, Default)]
pub(super) struct EventWindow {
    seen: HashMap<u128, u64>,
    order: VecDeque<u128>,
    most: usize,
}

impl EventWindow {
    /// Remembers at most `most` events.
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Whether the event came in another record before. The same record may be read again, and
    /// has all its events then. An event without an id is never known.
    pub(super) fn is_duplicate(&mut self, event: u128, record: u64) -> bool {
        if event == 0 || self.most == 0 {
            return false;
        }
        if let Some(first) = self.seen.get(&event) {
            return *first != record;
        }
        if self.order.len() >= self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        self.seen.insert(event, record);
        self.order.push_back(event);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_duplicate_in_another_record_alone() {
        let mut window = EventWindow::new(10);
        assert!(!window.is_duplicate(7, 1));
        assert!(!window.is_duplicate(7, 1));
        assert!(window.is_duplicate(7, 2));
        assert!(!window.is_duplicate(7, 1));
        assert!(!window.is_duplicate(0, 1) && !window.is_duplicate(0, 2));
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut window = EventWindow::new(2);
        assert!([1, 2, 3].iter().all(|event| !window.is_duplicate(*event, 1)));
        assert!(!window.is_duplicate(1, 2));
        assert!(window.is_duplicate(3, 2));
        assert_eq!((window.seen.len(), window.order.len()), (2, 2));
        assert!(!EventWindow::new(0).is_duplicate(1, 1));
    }
}
