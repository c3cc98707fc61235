//! A unit is done once: when it is closed and all its runs are settled.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::run;
use crate::track::Verdict::{Committed, Rejected};
use crate::track::{Registered, TrackError, UnitDone, UnitTracker, Verdict};

const MOST: usize = 1000;

fn done(unit: &'static str, verdict: Verdict) -> UnitDone<&'static str> {
    UnitDone { unit, verdict }
}

#[test]
fn a_unit_without_pending_runs_is_not_done_before_it_is_closed() {
    let mut tracker = UnitTracker::new(MOST);
    tracker.open("a");
    assert_eq!(tracker.add_run(&"a", run(1)), Ok(Registered::New));
    assert_eq!(tracker.settle(run(1), Committed), []);
    assert_eq!(tracker.add_run(&"a", run(2)), Ok(Registered::New));
    assert_eq!(tracker.close(&"a"), None);
    assert_eq!(tracker.settle(run(2), Committed), [done("a", Committed)]);
    assert_eq!((tracker.units(), tracker.in_flight()), (0, 0));
    assert_eq!(tracker.close(&"a"), None, "it is done once");
}

#[test]
fn a_unit_without_runs_is_done_when_it_is_closed() {
    let mut tracker = UnitTracker::new(MOST);
    tracker.open("empty");
    assert_eq!(tracker.close(&"empty"), Some(done("empty", Committed)));
}

#[test]
fn one_rejected_run_rejects_its_unit_and_no_other() {
    let mut tracker = UnitTracker::new(MOST);
    for (unit, runs) in [("a", [1, 2]), ("b", [3, 4])] {
        tracker.open(unit);
        runs.iter().for_each(|&number| assert!(tracker.add_run(&unit, run(number)).is_ok()));
        tracker.close(&unit);
    }
    tracker.settle(run(1), Rejected);
    tracker.settle(run(3), Committed);
    assert_eq!(tracker.settle(run(2), Committed), [done("a", Rejected)]);
    assert_eq!(tracker.settle(run(4), Committed), [done("b", Committed)]);
}

#[test]
fn a_unit_that_cannot_be_read_to_its_end_is_rejected_when_its_runs_are_settled() {
    let mut tracker = UnitTracker::new(MOST);
    tracker.open("a");
    tracker.add_run(&"a", run(1)).unwrap();
    assert_eq!(tracker.fail(&"a"), None);
    assert_eq!(tracker.settle(run(1), Committed), [done("a", Rejected)]);
}

#[test]
fn a_run_of_two_units_is_sent_once_and_settles_both() {
    let mut tracker = UnitTracker::new(MOST);
    tracker.open("first");
    tracker.open("second");
    assert_eq!(tracker.add_run(&"first", run(1)), Ok(Registered::New));
    assert_eq!(tracker.add_run(&"second", run(1)), Ok(Registered::InFlight));
    tracker.close(&"first");
    tracker.close(&"second");
    let both = [done("first", Committed), done("second", Committed)];
    assert_eq!(tracker.settle(run(1), Committed), both);
}

#[test]
fn a_lost_run_makes_all_its_units_be_read_again() {
    let mut tracker = UnitTracker::new(MOST);
    for unit in ["a", "b"] {
        tracker.open(unit);
        tracker.add_run(&unit, run(1)).unwrap();
        tracker.close(&unit);
    }
    assert_eq!(tracker.lose(run(1)), ["a", "b"]);
    assert_eq!(tracker.lose(run(1)), [""; 0]);
    tracker.rewind(&"a");
    assert_eq!(tracker.add_run(&"a", run(1)), Ok(Registered::New));
    tracker.rewind(&"b");
    assert_eq!(tracker.add_run(&"b", run(1)), Ok(Registered::InFlight));
}

#[test]
fn after_a_rewind_only_what_was_lost_is_sent_again() {
    let mut tracker = UnitTracker::new(MOST);
    tracker.open("a");
    (1..4).for_each(|number| assert!(tracker.add_run(&"a", run(number)).is_ok()));
    tracker.close(&"a");
    tracker.settle(run(1), Rejected);
    assert_eq!(tracker.lose(run(2)), ["a"]);
    tracker.rewind(&"a");
    assert_eq!(tracker.add_run(&"a", run(1)), Ok(Registered::Settled(())));
    assert_eq!(tracker.add_run(&"a", run(2)), Ok(Registered::New));
    assert_eq!(tracker.add_run(&"a", run(3)), Ok(Registered::InFlight));
    assert_eq!(tracker.settle(run(3), Committed), []);
    assert_eq!(tracker.close(&"a"), None);
    assert_eq!(tracker.settle(run(2), Committed), [done("a", Rejected)]);
}

#[test]
fn a_unit_that_is_no_longer_ours_is_never_done() {
    let mut tracker = UnitTracker::new(MOST);
    tracker.open("a");
    tracker.add_run(&"a", run(1)).unwrap();
    tracker.close(&"a");
    tracker.forget(&"a");
    assert_eq!(tracker.settle(run(1), Committed), []);
    assert_eq!(tracker.add_run(&"a", run(2)), Err(TrackError::NotOpen));
}

#[test]
fn a_unit_of_more_runs_than_are_followed_is_read_to_its_end() {
    let mut tracker = UnitTracker::new(2);
    tracker.open("long");
    for number in (0..20).step_by(2) {
        assert_eq!(tracker.add_run(&"long", run(number)), Ok(Registered::New));
        assert_eq!(tracker.add_run(&"long", run(number + 1)), Ok(Registered::New));
        assert_eq!(tracker.add_run(&"long", run(99)), Err(TrackError::Full { most: 2 }));
        tracker.settle(run(number), Committed);
        tracker.settle(run(number + 1), Committed);
    }
    assert_eq!(tracker.close(&"long"), Some(done("long", Committed)));
}

#[derive(Clone, Debug)]
enum Step {
    Read(usize),
    Settle(prop::sample::Index, bool),
    Lose(prop::sample::Index),
    Rewind(usize),
}

const UNITS: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (0..UNITS).prop_map(Step::Read),
        4 => (index(), prop::bool::weighted(0.9)).prop_map(|(index, good)| Step::Settle(index, good)),
        1 => index().prop_map(Step::Lose),
        1 => (0..UNITS).prop_map(Step::Rewind),
    ]
}

/// Units whose runs overlap: unit `u` has the runs from `2 * u`, and closes after the last.
struct Model {
    tracker: UnitTracker<usize>,
    length: usize,
    next: [usize; UNITS],
    is_done: [bool; UNITS],
    in_flight: Vec<usize>,
    committed: BTreeSet<usize>,
    rejected: BTreeSet<usize>,
}

impl Model {
    fn new(length: usize) -> Self {
        let mut tracker = UnitTracker::new(MOST);
        (0..UNITS).for_each(|unit| tracker.open(unit));
        Self {
            tracker,
            length,
            next: [0; UNITS],
            is_done: [false; UNITS],
            in_flight: Vec::new(),
            committed: BTreeSet::new(),
            rejected: BTreeSet::new(),
        }
    }

    fn done(&mut self, done: impl IntoIterator<Item = UnitDone<usize>>) {
        for UnitDone { unit, verdict } in done {
            assert!(!self.is_done[unit], "{unit} is done twice");
            assert_eq!(self.next[unit], self.length + 1, "{unit} was not closed");
            self.is_done[unit] = true;
            for number in 2 * unit..2 * unit + self.length {
                let is_committed = self.committed.contains(&number);
                assert!(is_committed || self.rejected.contains(&number), "{number} has no answer");
                assert!(verdict == Rejected || is_committed, "{number} was rejected");
            }
        }
    }

    fn read(&mut self, unit: usize) {
        let at = self.next[unit];
        if self.is_done[unit] || at > self.length {
            return;
        }
        self.next[unit] += 1;
        if at == self.length {
            let done = self.tracker.close(&unit);
            return self.done(done);
        }
        let number = 2 * unit + at;
        if self.tracker.add_run(&unit, run(number)) == Ok(Registered::New) {
            assert!(!self.in_flight.contains(&number), "{number} is in flight twice");
            self.in_flight.push(number);
        }
    }

    fn settle(&mut self, index: usize, verdict: Verdict) {
        let number = self.in_flight.swap_remove(index);
        let runs = if verdict == Committed { &mut self.committed } else { &mut self.rejected };
        runs.insert(number);
        let done = self.tracker.settle(run(number), verdict);
        self.done(done);
    }

    fn rewind(&mut self, unit: usize) {
        if !self.is_done[unit] {
            self.tracker.rewind(&unit);
            self.next[unit] = 0;
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Read(unit) => self.read(*unit),
            Step::Rewind(unit) => self.rewind(*unit),
            Step::Settle(..) | Step::Lose(_) if self.in_flight.is_empty() => {}
            Step::Settle(index, is_good) => {
                let verdict = if *is_good { Committed } else { Rejected };
                self.settle(index.index(self.in_flight.len()), verdict);
            }
            Step::Lose(index) => {
                let number = self.in_flight.swap_remove(index.index(self.in_flight.len()));
                self.tracker.lose(run(number));
            }
        }
    }
}

proptest! {
    #[test]
    fn a_unit_is_done_once_and_only_when_all_of_it_is_settled(
        length in 0_usize..8,
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut model = Model::new(length);
        steps.iter().for_each(|step| model.step(step));
        // Whatever happened: one more reading, all answered, and every unit is done.
        for unit in 0..UNITS {
            model.rewind(unit);
            (0..=length).for_each(|_| model.read(unit));
        }
        while !model.in_flight.is_empty() {
            model.settle(0, Committed);
        }
        prop_assert_eq!(model.is_done, [true; UNITS]);
        prop_assert_eq!((model.tracker.units(), model.tracker.in_flight()), (0, 0));
    }
}
