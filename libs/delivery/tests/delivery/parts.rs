//! What a source hears of a run that is in parts.

use weir_delivery::{Answer, Consequence, Parts, RunRejection};

use crate::{REJECTED, RETRY, STALE, run};

const ACCEPTED: Answer = Answer::Accepted;
const COMMITTED: Answer = Answer::Committed;

fn say(answer: Answer) -> Consequence {
    Consequence::Say(run(1), answer)
}

/// Run 1 in the parts 11 and 12.
fn sent() -> Parts {
    let mut parts = Parts::new();
    let sent = parts.encoded(run(1), &[run(11), run(12)]);
    assert_eq!(sent, (vec![run(11), run(12)], Consequence::Nothing));
    parts
}

#[test]
fn a_run_is_committed_when_all_its_parts_are() {
    let mut parts = sent();
    assert_eq!(parts.answered(run(11), COMMITTED), Consequence::Nothing);
    assert_eq!(parts.answered(run(12), RETRY), Consequence::Nothing);
    assert_eq!(parts.answered(run(12), COMMITTED), say(COMMITTED));
    assert!(parts.is_empty());
    assert_eq!(parts.answered(run(12), COMMITTED), Consequence::Nothing);
}

#[test]
fn a_run_is_accepted_once_when_each_part_is_accepted_or_done() {
    let mut parts = sent();
    assert_eq!(parts.answered(run(11), ACCEPTED), Consequence::Nothing);
    assert_eq!(parts.answered(run(12), ACCEPTED), say(ACCEPTED));
    assert_eq!(parts.answered(run(11), COMMITTED), Consequence::Nothing);
    assert_eq!(parts.answered(run(12), COMMITTED), say(COMMITTED));
}

#[test]
fn what_was_not_taken_is_encoded_again_and_that_alone_is_sent() {
    for refusal in [STALE, Answer::Unknown] {
        let mut parts = sent();
        parts.answered(run(11), COMMITTED);
        assert_eq!(parts.answered(run(12), refusal), Consequence::Encode(run(1)));
        let again = parts.encoded(run(1), &[run(11), run(12)]);
        assert_eq!(again, (vec![run(12)], Consequence::Nothing));
        assert_eq!(parts.answered(run(12), COMMITTED), say(COMMITTED));
    }
}

#[test]
fn two_parts_that_were_not_taken_are_encoded_together() {
    let mut parts = sent();
    assert_eq!(parts.answered(run(11), STALE), Consequence::Encode(run(1)));
    assert_eq!(parts.answered(run(12), STALE), Consequence::Nothing);
    assert_eq!(parts.encoded(run(1), &[run(11), run(12)]).0, [run(11), run(12)]);
}

#[test]
fn parts_of_an_earlier_split_count_for_nothing_but_where_they_are_in_this_one_too() {
    let mut parts = sent();
    assert_eq!(parts.answered(run(11), STALE), Consequence::Encode(run(1)));
    assert_eq!(parts.encoded(run(1), &[run(12), run(13)]).0, [run(13)]);
    assert_eq!(parts.answered(run(11), COMMITTED), Consequence::Nothing);
    assert_eq!(parts.answered(run(13), COMMITTED), Consequence::Nothing);
    assert_eq!(parts.answered(run(12), COMMITTED), say(COMMITTED));
}

#[test]
fn a_run_that_was_accepted_and_is_unknown_in_part_is_unknown() {
    let mut parts = sent();
    parts.answered(run(11), COMMITTED);
    parts.answered(run(12), ACCEPTED);
    assert_eq!(parts.answered(run(12), Answer::Unknown), say(Answer::Unknown));
    assert!(parts.is_empty());
}

#[test]
fn a_rejection_waits_for_the_other_parts_since_a_source_moves_on_with_it() {
    let mut parts = sent();
    assert_eq!(parts.answered(run(11), REJECTED), Consequence::Nothing);
    assert_eq!(parts.answered(run(12), ACCEPTED), say(ACCEPTED));
    assert_eq!(parts.answered(run(12), COMMITTED), say(REJECTED));
}

#[test]
fn a_run_that_cannot_be_encoded_again_is_rejected_once_its_parts_are_done() {
    let mut parts = sent();
    assert_eq!(parts.answered(run(11), STALE), Consequence::Encode(run(1)));
    assert_eq!(parts.failed(run(1), RunRejection::Malformed), Consequence::Nothing);
    let rejected = Answer::Rejected(RunRejection::Malformed);
    assert_eq!(parts.answered(run(12), COMMITTED), say(rejected));
    assert_eq!(parts.failed(run(1), RunRejection::Malformed), say(rejected));
}

#[test]
fn an_announced_run_has_the_answer_of_the_one_exporter() {
    for answer in [COMMITTED, Answer::Unknown] {
        let mut parts = Parts::new();
        parts.announced(run(1));
        assert_eq!(parts.answered(run(1), ACCEPTED), Consequence::Nothing);
        assert_eq!(parts.answered(run(1), answer), say(answer));
    }
}
