//! Who hears which answers.

use std::time::Duration;

use weir_delivery::{Answer, RunId, RunRejection};
use weir_rpc::link::{FromReceiver, ToReceiver};
use weir_rpc::receiver::ReceiverConfig;

use super::desk::Desk;
use crate::{answer, retry, until};

#[tokio::test(start_paused = true)]
async fn a_run_is_taken_once_and_each_answer_is_said_once() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    sender.send([1, 1]).await;
    sender.send([1]).await;
    until(|| desk.receiver.status().duplicates == 2).await;
    assert_eq!(desk.taken(), [1]);
    for said in [Answer::Accepted, Answer::Committed] {
        desk.answer(1, said);
        assert_eq!(sender.answers().await, [answer(1, said)]);
    }
    desk.answer(1, Answer::Committed);
    assert!(sender.is_quiet().await);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_comes_again_is_answered_and_not_taken_again() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    sender.send([1]).await;
    until(|| desk.taken() == [1]).await;
    desk.answer(1, Answer::Accepted);
    assert_eq!(sender.answers().await, [answer(1, Answer::Accepted)]);
    let mut other = desk.link();
    other.send([1]).await;
    assert_eq!(other.answers().await, [answer(1, Answer::Accepted)]);
    desk.answer(1, Answer::Committed);
    for each in [&mut sender, &mut other] {
        assert_eq!(each.answers().await, [answer(1, Answer::Committed)]);
    }
    let mut late = desk.link();
    late.send([1]).await;
    assert_eq!(late.answers().await, [answer(1, Answer::Committed)]);
    assert_eq!(desk.taken(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_to_be_retried_is_taken_again_when_it_comes_again() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    for count in 1..=3 {
        sender.send([1]).await;
        until(|| desk.taken().len() == count).await;
        desk.answer(1, retry(Duration::ZERO));
        assert_eq!(sender.answers().await, [answer(1, retry(Duration::ZERO))]);
    }
    assert_eq!(desk.octets(), 0);
}

#[tokio::test(start_paused = true)]
async fn announced_runs_are_answered_or_unknown() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut first = desk.link();
    first.send([1, 2]).await;
    until(|| desk.taken() == [1, 2]).await;
    desk.answer(1, Answer::Committed);
    assert_eq!(first.answers().await, [answer(1, Answer::Committed)]);
    desk.answer(2, Answer::Accepted);
    desk.expect(4);
    let mut sender = desk.link();
    sender.announce([1, 2, 3, 4]).await;
    let mut heard = sender.answers().await;
    while heard.len() < 3 {
        heard.extend(sender.answers().await);
    }
    let known = [answer(1, Answer::Committed), answer(2, Answer::Accepted)];
    assert_eq!(heard, [known[0], known[1], answer(3, Answer::Unknown)]);
    desk.answer(4, Answer::Committed);
    assert_eq!(sender.answers().await, [answer(4, Answer::Committed)]);
    assert_eq!(desk.taken(), [1, 2]);
    sender.send([3]).await;
    until(|| desk.taken() == [1, 2, 3]).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_rejected() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    let refused = vec![(RunId(1), RunRejection::LogFormat)];
    sender.end.requests.send(ToReceiver { refused, ..ToReceiver::default() }).await.unwrap();
    let rejected = Answer::Rejected(RunRejection::LogFormat);
    assert_eq!(sender.answers().await, [answer(1, rejected)]);
}

#[tokio::test(start_paused = true)]
async fn the_link_ends_when_its_half_has_ended_and_all_is_answered() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    sender.send([1, 2]).await;
    sender.end_half();
    until(|| desk.taken() == [1, 2]).await;
    desk.answer(2, Answer::Committed);
    assert_eq!(sender.answers().await, [answer(2, Answer::Committed)]);
    assert!(sender.is_quiet().await);
    desk.answer(1, Answer::Committed);
    assert_eq!(sender.answers().await, [answer(1, Answer::Committed)]);
    assert_eq!(sender.hear().await, None);
    sender.served.await.unwrap();
    assert_eq!((desk.receiver.status().streams, desk.receiver.status().pending), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn very_many_answers_at_once_come_in_bounded_messages() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    for from in (0..100_000).step_by(1000) {
        let runs = (from..from + 1000).map(|number| crate::parcel(number, 10));
        sender.send_each(runs.collect()).await;
        until(|| desk.taken().len() == (from + 1000) as usize).await;
    }
    (0..100_000).for_each(|number| desk.answer(number, Answer::Committed));
    // It still sends, and is not cut off for what it could not have read yet.
    sender.send([100_000]).await;
    let mut count = 0;
    while count < 100_000 {
        let Some(FromReceiver::Answers(answers)) = sender.hear().await else { panic!() };
        assert!(answers.len() <= 4096);
        count += answers.len();
    }
    until(|| desk.taken().len() == 100_001).await;
}
