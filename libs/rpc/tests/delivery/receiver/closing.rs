//! Senders are asked to end their halves: at the end, and now and then.

use std::time::Duration;

use tokio::time::Instant;
use weir_delivery::Answer;
use weir_rpc::link::FromReceiver;
use weir_rpc::receiver::ReceiverConfig;

use super::desk::Desk;
use crate::{answer, soon, until};

#[tokio::test(start_paused = true)]
async fn all_senders_are_asked_to_end_also_those_that_come_later() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    sender.send([1]).await;
    until(|| desk.taken() == [1]).await;
    desk.receiver.close();
    assert_eq!(soon(sender.hear()).await, Some(FromReceiver::Closing));
    sender.end_half();
    let mut late = desk.link();
    assert_eq!(soon(late.hear()).await, Some(FromReceiver::Closing));
    tokio::time::sleep(Duration::from_secs(300)).await;
    desk.answer(1, Answer::Committed);
    assert_eq!(sender.answers().await, [answer(1, Answer::Committed)]);
    assert_eq!(sender.hear().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_sender_is_asked_to_end_though_nothing_is_taken() {
    let desk = Desk::full(ReceiverConfig::default());
    let mut sender = desk.link();
    sender.send([1, 2]).await;
    sender.send([3]).await;
    until(|| desk.receiver.status().pending == 1).await;
    desk.receiver.close();
    assert_eq!(soon(sender.hear()).await, Some(FromReceiver::Closing));
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_does_not_end_its_half_is_cut_off() {
    let desk = Desk::open(ReceiverConfig::default());
    let mut sender = desk.link();
    desk.receiver.close();
    assert_eq!(sender.hear().await, Some(FromReceiver::Closing));
    let asked = Instant::now();
    assert_eq!(sender.hear().await, None);
    assert_eq!(asked.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_is_not_its_senders_fault() {
    let desk = Desk::full(ReceiverConfig::default());
    let mut sender = desk.link();
    for number in 0..50 {
        sender.send([number]).await;
    }
    desk.receiver.close();
    assert_eq!(sender.hear().await, Some(FromReceiver::Closing));
    sender.end_half();
    for count in 1..=50 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        desk.make_room(1);
        until(|| desk.taken().len() == count).await;
    }
    for number in 0..50 {
        desk.answer(number, Answer::Committed);
    }
    let mut count = 0;
    while count < 50 {
        count += sender.answers().await.len();
    }
    assert_eq!(sender.hear().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_sender_is_asked_to_open_another_stream_now_and_then() {
    let desk = Desk::open(ReceiverConfig::default());
    let start = Instant::now();
    let ages = [desk.link(), desk.link(), desk.link()].map(|mut sender| async move {
        assert_eq!(sender.hear().await, Some(FromReceiver::Closing));
        sender.end_half();
        assert_eq!(sender.hear().await, None);
        start.elapsed().as_secs()
    });
    let mut ages = futures_util::future::join_all(ages).await;
    assert!(ages.iter().all(|age| (600..=750).contains(age)), "{ages:?}");
    ages.sort_unstable();
    ages.dedup();
    assert_eq!(ages.len(), 3, "not all at once");
}
