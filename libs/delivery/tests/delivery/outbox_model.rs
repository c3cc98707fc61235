//! Any sequence of what a sender does and hears, against a list that is searched from its start.

use proptest::prelude::*;
use weir_delivery::{Answer, LinkId, Outbox, Outcome, RunId};

use crate::{Parcel, REJECTED, RETRY, STALE, answer, parcel, run};

#[derive(Clone, Debug)]
enum Step {
    Push(u8, usize),
    PushAccepted(u8),
    Send(u64),
    Announce(u64, usize),
    Answer(u64, u8, Answer),
    Lose(u64),
    Release(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = || 0_u8..8;
    let link = || 0_u64..3;
    let answers = [Answer::Accepted, Answer::Committed, RETRY, STALE, REJECTED, Answer::Unknown];
    let step = prop_oneof![
        3 => (number(), 0_usize..100).prop_map(|(run, octets)| Step::Push(run, octets)),
        1 => number().prop_map(Step::PushAccepted),
        4 => link().prop_map(Step::Send),
        2 => (link(), 0_usize..4).prop_map(|(link, most)| Step::Announce(link, most)),
        8 => (link(), number(), prop::sample::select(answers.to_vec()))
            .prop_map(|(link, run, answer)| Step::Answer(link, run, answer)),
        2 => link().prop_map(Step::Lose),
        2 => number().prop_map(Step::Release),
    ];
    prop::collection::vec(step, 0..120)
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Waits,
    Delayed,
    /// Over a link, and whether the receiver has said there that it took it over.
    Out(u64, bool),
}

struct Held {
    run: u8,
    octets: usize,
    /// Whether the text is still here.
    has_text: bool,
    place: Place,
}

/// Runs in the order in which they came.
#[derive(Default)]
struct Model(Vec<Held>);

impl Model {
    fn push(&mut self, run: u8, octets: usize, has_text: bool) -> bool {
        let is_new = self.0.iter().all(|held| held.run != run);
        if is_new {
            self.0.push(Held { run, octets, has_text, place: Place::Waits });
        }
        is_new
    }

    /// At most `most` waiting runs with or without text, which go out over `link`.
    fn leave(&mut self, link: u64, most: usize, has_text: bool) -> Vec<RunId> {
        let waits = |held: &&mut Held| held.place == Place::Waits && held.has_text == has_text;
        let leaving = self.0.iter_mut().filter(waits).take(most);
        leaving
            .map(|held| {
                held.place = Place::Out(link, false);
                run(held.run)
            })
            .collect()
    }

    fn answer(&mut self, link: u64, run: u8, said: Answer) -> Outcome<Parcel> {
        let found = self.0.iter().position(|held| held.run == run);
        let Some(index) = found else { return Outcome::Stray };
        let held = &mut self.0[index];
        let Place::Out(over, is_accepted) = held.place else { return Outcome::Stray };
        let item = held.has_text.then(|| parcel(run, held.octets));
        let is_hostile = over != link
            || (is_accepted && matches!(said, Answer::Retry(..)))
            || (held.has_text && said == Answer::Unknown);
        if is_hostile {
            return Outcome::Stray;
        }
        match said {
            Answer::Accepted => {
                (held.has_text, held.octets) = (false, 0);
                held.place = Place::Out(link, true);
                item.map_or(Outcome::Nothing, |item| Outcome::Accepted { item })
            }
            Answer::Retry(..) if said != STALE || !held.has_text => {
                held.place = Place::Delayed;
                Outcome::Delayed
            }
            _ => {
                self.0.remove(index);
                Outcome::Done { item }
            }
        }
    }

    /// How many runs are to be sent again.
    fn lose(&mut self, link: u64) -> usize {
        let is_lost = |held: &&mut Held| matches!(held.place, Place::Out(over, _) if over == link);
        let lost = self.0.iter_mut().filter(is_lost);
        lost.map(|held| {
            held.place = Place::Waits;
            usize::from(held.has_text)
        })
        .sum()
    }

    fn release(&mut self, run: u8) {
        let delayed = |held: &&mut Held| held.run == run && held.place == Place::Delayed;
        self.0.iter_mut().filter(delayed).for_each(|held| held.place = Place::Waits);
    }
}

fn step(outbox: &mut Outbox<Parcel>, model: &mut Model, step: Step) {
    match step {
        Step::Push(number, octets) => {
            let is_new = outbox.push(parcel(number, octets)).is_ok();
            assert_eq!(is_new, model.push(number, octets, true));
        }
        Step::PushAccepted(number) => {
            assert_eq!(outbox.push_accepted(run(number)), model.push(number, 0, false));
        }
        Step::Send(link) => {
            let octets = outbox.next_octets();
            let sent: Vec<_> = outbox.send(LinkId(link)).cloned().into_iter().collect();
            assert_eq!(octets, sent.first().map(|parcel| parcel.octets));
            let sent: Vec<_> = sent.iter().map(|parcel| parcel.id).collect();
            assert_eq!(sent, model.leave(link, 1, true));
        }
        Step::Announce(link, most) => {
            assert_eq!(outbox.announce(LinkId(link), most), model.leave(link, most, false));
        }
        Step::Answer(link, number, said) => {
            let outcome = outbox.answer(LinkId(link), answer(number, said));
            assert_eq!(outcome, model.answer(link, number, said));
        }
        Step::Lose(link) => assert_eq!(outbox.link_lost(LinkId(link)), model.lose(link)),
        Step::Release(number) => {
            outbox.release(run(number));
            model.release(number);
        }
    }
}

fn check(outbox: &Outbox<Parcel>, model: &Model) {
    let octets = |held: &Held| held.octets;
    assert_eq!(outbox.octets(), model.0.iter().map(octets).sum::<usize>());
    assert_eq!((outbox.len(), outbox.is_empty()), (model.0.len(), model.0.is_empty()));
    for held in &model.0 {
        assert_eq!(outbox.octets_of(run(held.run)), held.octets);
    }
    let unannounced = |held: &Held| held.place == Place::Waits && !held.has_text;
    assert_eq!(outbox.is_unannounced(), model.0.iter().any(unannounced));
}

/// Whatever has happened, a receiver that answers gets every run done.
fn finish(outbox: &mut Outbox<Parcel>) {
    let link = LinkId(9);
    for lost in 0..3 {
        outbox.link_lost(LinkId(lost));
    }
    (0..8).for_each(|number| outbox.release(run(number)));
    let mut runs = outbox.announce(link, usize::MAX);
    runs.extend(std::iter::from_fn(|| outbox.send(link).map(|parcel| parcel.id)));
    for run in runs {
        let committed = weir_delivery::RunAnswer { run, answer: Answer::Committed };
        assert!(matches!(outbox.answer(link, committed), Outcome::Done { .. }));
    }
    assert!(outbox.is_empty());
    assert_eq!(outbox.octets(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn an_outbox_does_what_the_contract_says_in_any_order_of_events(steps in steps()) {
        let (mut outbox, mut model) = (Outbox::new(), Model::default());
        for each in steps {
            step(&mut outbox, &mut model, each);
            check(&outbox, &model);
        }
        finish(&mut outbox);
    }
}
