//! Runs that the exporter keeps although they are not written, so that senders need not.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use weir_delivery::RunId;

/// How long a run waits for its outputs before it is accepted.
const ACCEPT_AFTER: Duration = Duration::from_secs(1);

/// The runs that were given to the outputs and are not committed. One that is still there after
/// a second is held back by an output, and is accepted as long as the budget has room: its sender
/// then forgets its text.
#[derive(Debug)]
pub(super) struct Held {
    budget: usize,
    octets: usize,
    taken: HashMap<RunId, Taken>,
    /// Those that are not accepted, the oldest first; some are done with.
    order: VecDeque<RunId>,
}

#[derive(Debug)]
struct Taken {
    octets: usize,
    at: Instant,
    is_accepted: bool,
}

impl Held {
    /// Holds at most `budget` octets; a larger run may still be held alone.
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, octets: 0, taken: HashMap::new(), order: VecDeque::new() }
    }

    /// Holds at most so many octets from now on; what is held stays.
    pub(super) fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
    }

    /// A run is given to the outputs.
    pub(super) fn take(&mut self, run: RunId, octets: usize, at: Instant) {
        self.taken.insert(run, Taken { octets, at, is_accepted: false });
        self.order.push_back(run);
    }

    /// A run has its final answer.
    pub(super) fn done(&mut self, run: RunId) {
        if let Some(taken) = self.taken.remove(&run)
            && taken.is_accepted
        {
            self.octets -= taken.octets;
        }
    }

    /// A run's records are counted, and what is left of it takes `octets`: it is accepted.
    pub(super) fn counted(&mut self, run: RunId, octets: usize) {
        if let Some(taken) = self.taken.get_mut(&run) {
            let before = if taken.is_accepted { taken.octets } else { 0 };
            (taken.is_accepted, taken.octets) = (true, octets);
            self.octets = self.octets - before + octets;
        }
    }

    /// The runs that are accepted at `now`.
    pub(super) fn accept(&mut self, now: Instant) -> Vec<RunId> {
        let mut accepted = Vec::new();
        while let Some(run) = self.order.front() {
            if let Some(taken) = self.taken.get_mut(run).filter(|taken| !taken.is_accepted) {
                let is_young = now.saturating_duration_since(taken.at) < ACCEPT_AFTER;
                let has_room = self.octets == 0 || self.octets + taken.octets <= self.budget;
                if is_young || !has_room {
                    break;
                }
                taken.is_accepted = true;
                self.octets += taken.octets;
                accepted.push(*run);
            }
            self.order.pop_front();
        }
        accepted
    }

    /// Octets of the accepted runs.
    pub(super) fn octets(&self) -> usize {
        self.octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_run_is_accepted_after_a_second_while_there_is_room() {
        let (mut held, start) = (Held::new(100), Instant::now());
        (1..=3).for_each(|run| held.take(RunId(run), 60, start));
        assert_eq!(held.accept(start + SECOND / 2), []);
        assert_eq!(held.accept(start + SECOND), [RunId(1)]);
        assert_eq!((held.accept(start + 9 * SECOND), held.octets()), (vec![], 60));
        held.done(RunId(1));
        assert_eq!(held.accept(start + 9 * SECOND), [RunId(2)]);
        held.done(RunId(3));
        held.done(RunId(2));
        assert_eq!((held.accept(start + 9 * SECOND), held.octets()), (vec![], 0));
    }

    #[test]
    fn a_run_of_more_than_the_budget_is_held_alone() {
        let (mut held, start) = (Held::new(10), Instant::now());
        held.take(RunId(1), 1000, start);
        held.take(RunId(2), 1, start);
        assert_eq!(held.accept(start + SECOND), [RunId(1)]);
        held.done(RunId(1));
        assert_eq!(held.accept(start + SECOND), [RunId(2)]);
    }

    #[test]
    fn of_a_run_whose_records_are_counted_little_is_held() {
        let (mut held, start) = (Held::new(100), Instant::now());
        (1..=3).for_each(|run| held.take(RunId(run), 60, start));
        assert_eq!(held.accept(start + SECOND), [RunId(1)]);
        held.counted(RunId(1), 5);
        held.counted(RunId(2), 5);
        assert_eq!(held.octets(), 10);
        assert_eq!(held.accept(start + SECOND), [RunId(3)]);
        (1..=3).for_each(|run| held.done(RunId(run)));
        // One that is committed meanwhile is not held again.
        held.counted(RunId(3), 5);
        assert_eq!((held.accept(start + SECOND), held.octets()), (vec![], 0));
    }

    #[test]
    fn what_was_committed_in_time_is_never_accepted() {
        let (mut held, start) = (Held::new(100), Instant::now());
        held.take(RunId(1), 60, start);
        held.done(RunId(1));
        assert_eq!(held.accept(start + SECOND), []);
        assert!(held.order.is_empty());
    }
}
