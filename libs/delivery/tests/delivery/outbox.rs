//! What a sender does with single answers and lost links.

use weir_delivery::{Answer, LinkId, Outbox, Outcome};

use crate::{Parcel, RETRY, STALE, answer, parcel, run};

const ONE: LinkId = LinkId(1);
const OTHER: LinkId = LinkId(2);

fn outbox(runs: impl IntoIterator<Item = u8>) -> Outbox<Parcel> {
    let mut outbox = Outbox::new();
    runs.into_iter().for_each(|number| outbox.push(parcel(number, 10)).unwrap());
    outbox
}

fn sent(outbox: &mut Outbox<Parcel>, link: LinkId) -> Vec<u128> {
    std::iter::from_fn(|| outbox.send(link).map(|parcel| parcel.id.0)).collect()
}

#[test]
fn accepted_runs_free_their_octets_and_are_announced_after_their_link_is_lost() {
    let mut outbox = outbox(1..=3);
    sent(&mut outbox, ONE);
    let accepted = outbox.answer(ONE, answer(2, Answer::Accepted));
    assert_eq!(accepted, Outcome::Accepted { item: parcel(2, 10) });
    assert_eq!((outbox.octets(), outbox.len()), (20, 3));
    assert_eq!(outbox.link_lost(ONE), 2);
    assert_eq!(outbox.announce(OTHER, 10), [run(2)]);
    assert_eq!(outbox.announce(OTHER, 10), [], "once for each loss");
    assert_eq!(sent(&mut outbox, OTHER), [1, 3]);
    let done = outbox.answer(OTHER, answer(2, Answer::Unknown));
    assert_eq!(done, Outcome::Done { item: None });
}

#[test]
fn runs_that_are_sent_again_keep_their_order_and_go_before_others() {
    let mut outbox = outbox(1..=4);
    sent(&mut outbox, ONE);
    outbox.push(parcel(5, 10)).unwrap();
    assert_eq!(outbox.answer(ONE, answer(3, RETRY)), Outcome::Delayed);
    assert_eq!(outbox.answer(ONE, answer(1, RETRY)), Outcome::Delayed);
    outbox.link_lost(ONE);
    outbox.release(run(3));
    outbox.release(run(1));
    assert_eq!(sent(&mut outbox, OTHER), [1, 2, 3, 4, 5]);
}

#[test]
fn an_announced_run_that_is_to_be_retried_is_announced_again() {
    let mut outbox = outbox([]);
    outbox.push_accepted(run(1));
    outbox.announce(ONE, 1);
    assert_eq!(outbox.answer(ONE, answer(1, RETRY)), Outcome::Delayed);
    assert!(!outbox.is_unannounced());
    outbox.release(run(1));
    assert_eq!(outbox.announce(OTHER, 1), [run(1)]);
}

#[test]
fn an_answer_counts_only_from_whom_the_run_was_sent_to() {
    let mut outbox = outbox(1..=2);
    outbox.send(ONE);
    assert_eq!(outbox.answer(OTHER, answer(1, Answer::Committed)), Outcome::Stray);
    assert_eq!(outbox.answer(ONE, answer(2, Answer::Committed)), Outcome::Stray, "it waits");
    assert_eq!(outbox.answer(ONE, answer(7, Answer::Committed)), Outcome::Stray, "it is none");
    assert_eq!(outbox.answer(ONE, answer(1, Answer::Unknown)), Outcome::Stray, "it was sent");
    outbox.answer(ONE, answer(1, Answer::Accepted));
    assert_eq!(outbox.answer(ONE, answer(1, RETRY)), Outcome::Stray, "it was taken over");
    let done = outbox.answer(ONE, answer(1, Answer::Committed));
    assert_eq!(done, Outcome::Done { item: None });
    assert_eq!(outbox.answer(ONE, answer(1, Answer::Committed)), Outcome::Stray, "it is done");
    assert_eq!((outbox.octets(), outbox.len()), (10, 1));
}

#[test]
fn a_run_of_another_layout_comes_back_to_be_encoded_anew() {
    let mut outbox = outbox([1]);
    outbox.send(ONE);
    let done = outbox.answer(ONE, answer(1, STALE));
    assert_eq!(done, Outcome::Done { item: Some(parcel(1, 10)) });
    assert!(outbox.is_empty());
    outbox.push(parcel(1, 12)).unwrap();
}

#[test]
fn a_run_that_is_here_already_is_given_back() {
    let mut outbox = outbox([1]);
    assert_eq!(outbox.push(parcel(1, 99)), Err(parcel(1, 99)));
    assert!(!outbox.push_accepted(run(1)));
    assert_eq!(outbox.octets(), 10);
}
