//! A checkpoint never passes a run without an answer, and comes to the end.

use proptest::prelude::*;

use super::run;
use crate::track::{OrderedTracker, Registered, TrackError};

const MOST: usize = 1000;

#[test]
fn the_checkpoint_is_the_end_of_the_longest_settled_prefix() {
    let mut tracker = OrderedTracker::new(MOST);
    for number in 0..3 {
        assert_eq!(tracker.register(run(number), number + 1), Ok(Registered::New));
    }
    assert_eq!(tracker.settle(run(2)), None);
    assert_eq!(tracker.settle(run(0)), Some(1));
    assert_eq!(tracker.settle(run(0)), None, "a second answer says nothing");
    assert_eq!(tracker.settle(run(9)), None, "nobody knows that run");
    assert_eq!(tracker.settle(run(1)), Some(3));
    assert_eq!((tracker.checkpoint(), tracker.len()), (Some(&3), 0));
}

#[test]
fn a_stream_is_done_when_it_is_closed_and_all_of_it_is_settled() {
    let mut tracker = OrderedTracker::new(MOST);
    tracker.register(run(0), 1).unwrap();
    tracker.settle(run(0));
    assert!(!tracker.is_done(), "more may come");
    tracker.register(run(1), 2).unwrap();
    tracker.close();
    assert!(!tracker.is_done(), "a run waits for its answer");
    tracker.settle(run(1));
    assert!(tracker.is_done());
    tracker.reopen();
    assert!(!tracker.is_done());
}

#[test]
fn after_a_rewind_only_what_was_lost_is_sent_again() {
    let mut tracker = OrderedTracker::new(MOST);
    for number in 0..4 {
        tracker.register(run(number), number + 1).unwrap();
    }
    tracker.settle(run(0));
    tracker.settle(run(3));
    assert!(tracker.lose(run(1)));
    assert!(!tracker.lose(run(3)), "it has its answer");
    tracker.rewind();
    assert_eq!(tracker.checkpoint(), Some(&1));
    assert_eq!(tracker.register(run(1), 2), Ok(Registered::New));
    assert_eq!(tracker.register(run(2), 3), Ok(Registered::InFlight));
    assert_eq!(tracker.register(run(3), 4), Ok(Registered::Settled(None)));
    assert_eq!(tracker.settle(run(1)), Some(2));
    assert_eq!(tracker.settle(run(2)), Some(4));
}

#[test]
fn a_run_that_is_lost_before_its_turn_comes_again_needs_no_second_rewind() {
    let mut tracker = OrderedTracker::new(MOST);
    tracker.register(run(0), 1).unwrap();
    tracker.register(run(1), 2).unwrap();
    assert!(tracker.lose(run(0)));
    tracker.rewind();
    assert!(!tracker.lose(run(1)));
    assert_eq!(tracker.register(run(0), 1), Ok(Registered::New));
    assert_eq!(tracker.register(run(1), 2), Ok(Registered::New));
}

#[test]
fn an_answer_between_the_rewind_and_the_second_reading_counts() {
    let mut tracker = OrderedTracker::new(MOST);
    tracker.register(run(0), 1).unwrap();
    tracker.rewind();
    assert_eq!(tracker.settle(run(0)), None);
    assert_eq!(tracker.register(run(0), 1), Ok(Registered::Settled(Some(1))));
}

#[test]
fn a_second_reading_may_cut_its_runs_in_another_way() {
    let mut tracker = OrderedTracker::new(MOST);
    tracker.register(run(0), 1).unwrap();
    tracker.rewind();
    assert_eq!(tracker.register(run(5), 2), Ok(Registered::New));
    tracker.close();
    assert_eq!(tracker.settle(run(5)), Some(2));
    assert!(tracker.is_done(), "what the second reading did not have holds nothing up");
}

#[test]
fn a_run_that_comes_twice_in_a_reading_is_sent_once() {
    let mut tracker = OrderedTracker::new(MOST);
    assert_eq!(tracker.register(run(0), 1), Ok(Registered::New));
    assert_eq!(tracker.register(run(1), 2), Ok(Registered::New));
    assert_eq!(tracker.register(run(0), 3), Ok(Registered::InFlight));
    assert_eq!(tracker.settle(run(1)), None);
    assert_eq!(tracker.settle(run(0)), Some(3));
    assert!(tracker.is_empty());
}

#[test]
fn what_a_tracker_follows_is_bounded() {
    let mut tracker = OrderedTracker::new(2);
    tracker.register(run(0), 1).unwrap();
    tracker.register(run(1), 2).unwrap();
    assert_eq!(tracker.register(run(2), 3), Err(TrackError::Full { most: 2 }));
    tracker.settle(run(0));
    assert_eq!(tracker.register(run(2), 3), Ok(Registered::New));
}

#[derive(Clone, Debug)]
enum Step {
    Read,
    Settle(prop::sample::Index),
    Lose(prop::sample::Index),
    Rewind,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => Just(Step::Read),
        4 => index().prop_map(Step::Settle),
        1 => index().prop_map(Step::Lose),
        1 => Just(Step::Rewind),
    ]
}

/// A stream of numbered runs, the position after run `n` being `n + 1`.
struct Model {
    tracker: OrderedTracker<usize>,
    /// The next run of the reading.
    next: usize,
    in_flight: Vec<usize>,
    answered: Vec<bool>,
    checkpoint: usize,
}

impl Model {
    fn new(length: usize) -> Self {
        let answered = vec![false; length];
        let tracker = OrderedTracker::new(MOST);
        Self { tracker, next: 0, in_flight: Vec::new(), answered, checkpoint: 0 }
    }

    fn moved(&mut self, to: Option<usize>) {
        let Some(to) = to else { return };
        assert!(to > self.checkpoint, "back from {} to {to}", self.checkpoint);
        assert!(self.answered[..to].iter().all(|is_answered| *is_answered), "passes at {to}");
        self.checkpoint = to;
    }

    fn read(&mut self) {
        if self.next == self.answered.len() {
            return;
        }
        let number = self.next;
        self.next += 1;
        match self.tracker.register(run(number), number + 1).unwrap() {
            Registered::New => {
                assert!(!self.in_flight.contains(&number), "{number} is in flight twice");
                self.in_flight.push(number);
            }
            Registered::InFlight => assert!(self.in_flight.contains(&number)),
            Registered::Settled(to) => {
                assert!(self.answered[number]);
                self.moved(to);
            }
        }
    }

    fn settle(&mut self, index: usize) {
        let number = self.in_flight.swap_remove(index);
        self.answered[number] = true;
        let to = self.tracker.settle(run(number));
        self.moved(to);
    }

    fn rewind(&mut self) {
        self.tracker.rewind();
        self.next = self.checkpoint;
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Read => self.read(),
            Step::Rewind => self.rewind(),
            Step::Settle(_) | Step::Lose(_) if self.in_flight.is_empty() => {}
            Step::Settle(index) => self.settle(index.index(self.in_flight.len())),
            Step::Lose(index) => {
                let number = self.in_flight.swap_remove(index.index(self.in_flight.len()));
                self.tracker.lose(run(number));
            }
        }
    }
}

proptest! {
    #[test]
    fn the_checkpoint_never_passes_a_run_without_an_answer(
        length in 1_usize..30,
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut model = Model::new(length);
        steps.iter().for_each(|step| model.step(step));
        // Whatever happened: one more reading, all answered, and the checkpoint is at the end.
        model.rewind();
        while model.next < length {
            model.read();
        }
        while !model.in_flight.is_empty() {
            model.settle(0);
        }
        model.tracker.close();
        prop_assert_eq!(model.checkpoint, length);
        prop_assert!(model.tracker.is_done());
    }
}
