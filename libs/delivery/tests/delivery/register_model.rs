//! Any sequence of arrivals, answers and ends of streams, against lists.

use proptest::prelude::*;
use weir_delivery::{Arrival, RunRegister};

use crate::run;

const MEMORY: usize = 3;
const STREAMS: u8 = 12;

#[derive(Clone, Debug)]
enum Step {
    Arrive(u8, u8),
    Accept(u8),
    Commit(u8),
    Forget(u8),
    Close(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = || 0_u8..6;
    let step = prop_oneof![
        8 => (number(), 0..STREAMS).prop_map(|(run, stream)| Step::Arrive(run, stream)),
        2 => number().prop_map(Step::Accept),
        2 => number().prop_map(Step::Commit),
        1 => number().prop_map(Step::Forget),
        1 => (0..STREAMS).prop_map(Step::Close),
    ];
    prop::collection::vec(step, 0..150)
}

#[derive(Default)]
struct Model {
    /// Pending runs: the run, whether it was accepted, who waits.
    pending: Vec<(u8, bool, Vec<u8>)>,
    /// The last committed runs.
    committed: Vec<u8>,
}

impl Model {
    fn arrive(&mut self, run: u8, stream: u8) -> Arrival {
        if self.committed.contains(&run) {
            return Arrival::Committed;
        }
        let known = self.pending.iter_mut().find(|(each, ..)| *each == run);
        let Some((_, is_accepted, streams)) = known else {
            self.pending.push((run, false, vec![stream]));
            return Arrival::New;
        };
        if !streams.contains(&stream) {
            streams.push(stream);
            let excess = streams.len().saturating_sub(RunRegister::<u8>::MAX_STREAMS);
            streams.drain(..excess);
        }
        Arrival::Pending { is_accepted: *is_accepted }
    }

    fn accept(&mut self, run: u8) -> Vec<u8> {
        let known = self.pending.iter_mut().find(|(each, ..)| *each == run);
        known.map_or_else(Vec::new, |(_, is_accepted, streams)| {
            *is_accepted = true;
            streams.clone()
        })
    }

    fn forget(&mut self, run: u8) -> Vec<u8> {
        let known = self.pending.iter().position(|(each, ..)| *each == run);
        known.map_or_else(Vec::new, |index| self.pending.remove(index).2)
    }

    fn commit(&mut self, run: u8) -> Vec<u8> {
        if !self.committed.contains(&run) {
            self.committed.push(run);
            let excess = self.committed.len().saturating_sub(MEMORY);
            self.committed.drain(..excess);
        }
        self.forget(run)
    }

    fn awaited(&self, stream: u8) -> usize {
        self.pending.iter().filter(|(.., streams)| streams.contains(&stream)).count()
    }
}

fn step(register: &mut RunRegister<u8>, model: &mut Model, step: Step) {
    match step {
        Step::Arrive(number, stream) => {
            assert_eq!(register.arrive(run(number), stream), model.arrive(number, stream));
        }
        Step::Accept(number) => assert_eq!(register.accept(run(number)), model.accept(number)),
        Step::Commit(number) => assert_eq!(register.commit(run(number)), model.commit(number)),
        Step::Forget(number) => assert_eq!(register.forget(run(number)), model.forget(number)),
        Step::Close(stream) => {
            register.close(stream);
            model.pending.iter_mut().for_each(|(.., each)| each.retain(|&other| other != stream));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_register_does_what_the_contract_says_in_any_order_of_events(steps in steps()) {
        let (mut register, mut model) = (RunRegister::new(MEMORY), Model::default());
        for each in steps {
            step(&mut register, &mut model, each);
            prop_assert_eq!(register.pending(), model.pending.len());
            prop_assert_eq!(register.remembered(), model.committed.len());
            for stream in 0..STREAMS {
                prop_assert_eq!(register.awaited(stream), model.awaited(stream));
            }
        }
    }
}
