//! A receiver's memory is bounded, and no sender hurts another.

use std::time::Duration;

use futures_util::StreamExt as _;
use weir_delivery::Answer;
use weir_rpc::link::{LINK_QUEUE, ToReceiver};
use weir_rpc::receiver::ReceiverConfig;

use super::desk::Desk;
use crate::{answer, parcel, until};

fn config(in_flight_octets: usize, stream_octets: usize) -> ReceiverConfig {
    ReceiverConfig { in_flight_octets, stream_octets, ..ReceiverConfig::default() }
}

#[tokio::test(start_paused = true)]
async fn the_budgets_are_exact_and_free_when_a_run_is_accepted() {
    let desk = Desk::open(config(100, 60));
    let senders = [desk.link(), desk.link()];
    senders[0].send_each(vec![parcel(1, 40), parcel(2, 20), parcel(3, 30)]).await;
    until(|| desk.taken() == [1, 2]).await;
    senders[1].send_each(vec![parcel(4, 40), parcel(5, 10)]).await;
    until(|| desk.taken() == [1, 2, 4]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(desk.octets(), 100);
    desk.answer(2, Answer::Accepted);
    until(|| desk.taken() == [1, 2, 4, 5]).await;
    assert_eq!(desk.octets(), 90);
    desk.answer(1, Answer::Committed);
    until(|| desk.taken() == [1, 2, 4, 5, 3]).await;
    assert_eq!(desk.octets(), 80);
    for (number, said) in [(3, Answer::Accepted), (4, Answer::Accepted), (5, Answer::Committed)] {
        desk.answer(number, said);
    }
    assert_eq!(desk.octets(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_above_the_budget_goes_alone() {
    let desk = Desk::open(config(100, 60));
    let sender = desk.link();
    sender.send_each(vec![parcel(1, 1000), parcel(2, 1)]).await;
    until(|| desk.taken() == [1]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(desk.taken(), [1]);
    desk.answer(1, Answer::Accepted);
    until(|| desk.taken() == [1, 2]).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_nothing_stops_the_sender_and_breaks_nothing() {
    let desk = Desk::full(ReceiverConfig::default());
    let mut sender = desk.link();
    let sending = async {
        for number in 0.. {
            sender.end.requests.send(ToReceiver::runs(vec![parcel(number, 10)])).await.unwrap();
            assert!(number <= LINK_QUEUE as u128 + 1, "more is read than is taken");
        }
    };
    tokio::time::timeout(Duration::from_secs(6), sending).await.unwrap_err();
    assert!(sender.is_quiet().await);
    tokio::time::sleep(Duration::from_secs(500)).await;
    assert_eq!((desk.octets(), desk.receiver.status().pending), (10, 1));
    desk.make_room(1000);
    until(|| desk.taken().len() > LINK_QUEUE).await;
    assert!(!sender.served.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_reads_no_answer_is_cut_off_and_hurts_no_other() {
    let desk = Desk::open(ReceiverConfig::default());
    let (deaf, mut other) = (desk.link(), desk.link());
    deaf.send([1]).await;
    until(|| desk.taken() == [1]).await;
    desk.answer(1, Answer::Committed);
    // The same run again and again: each is answered at once.
    let flooding = async {
        let mut messages = 0;
        let run = || ToReceiver::runs(vec![parcel(1, 10); 10_000]);
        while deaf.end.requests.send(run()).await.is_ok() {
            messages += 1;
        }
        messages
    };
    let checking = async {
        for number in 10..30 {
            other.send([number]).await;
            until(|| desk.taken().contains(&number)).await;
            desk.answer(number, Answer::Committed);
            assert_eq!(other.answers().await, [answer(number, Answer::Committed)]);
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    };
    let (messages, ()) = tokio::join!(flooding, checking);
    let unread = messages - LINK_QUEUE;
    assert!(unread < 20, "no more is read than can be answered: {unread} messages");
    deaf.served.await.unwrap();
    assert_eq!(desk.receiver.status().streams, 1);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_reads_slowly_is_not_cut_off() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    let runs: Vec<_> = (0..500).map(|number| parcel(number, 10)).collect();
    sender.send_each(runs).await;
    until(|| desk.taken().len() == 500).await;
    let answering = async {
        for number in 0..500 {
            desk.answer(number, Answer::Committed);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let reading = async {
        let mut count = 0;
        while count < 500 {
            tokio::time::sleep(Duration::from_secs(20)).await;
            count += sender.answers().await.len();
        }
    };
    tokio::join!(answering, reading);
}

#[tokio::test(start_paused = true)]
async fn too_many_streams_are_refused() {
    let desk = Desk::open(ReceiverConfig { streams: 2, ..ReceiverConfig::default() });
    let (one, mut other) = (desk.link(), desk.link());
    until(|| desk.receiver.status().streams == 2).await;
    let mut third = desk.link();
    assert!(third.end.responses.next().await.is_none());
    other.send([1]).await;
    until(|| desk.taken() == [1]).await;
    desk.answer(1, Answer::Committed);
    assert_eq!(other.answers().await, [answer(1, Answer::Committed)]);
    drop(one);
    until(|| desk.receiver.status().streams == 1).await;
    let fourth = desk.link();
    fourth.send([2]).await;
    until(|| desk.taken() == [1, 2]).await;
}

#[tokio::test(start_paused = true)]
async fn the_memory_of_committed_runs_is_bounded() {
    let desk = Desk::open(ReceiverConfig { memory: 100, ..ReceiverConfig::default() });
    let mut sender = desk.link();
    for number in 0..1000 {
        sender.send([number]).await;
        until(|| desk.taken().len() > number as usize).await;
        desk.answer(number, Answer::Committed);
        assert_eq!(sender.answers().await.len(), 1);
    }
    assert_eq!((desk.receiver.status().remembered, desk.receiver.status().pending), (100, 0));
}
