//! Links that break lose no run that was read, and no memory.

use weir_delivery::Answer;
use weir_rpc::receiver::ReceiverConfig;

use super::desk::Desk;
use crate::{answer, parcel, until};

#[tokio::test(start_paused = true)]
async fn the_run_in_hand_of_a_broken_link_is_taken_and_what_follows_is_not() {
    let desk = Desk::full(ReceiverConfig::default());
    let sender = desk.link();
    sender.send([1, 2]).await;
    until(|| desk.receiver.status().pending == 1).await;
    sender.broken.cancel();
    drop(sender);
    let mut again = desk.link();
    again.send([1, 2]).await;
    until(|| desk.receiver.status().pending == 2).await;
    desk.make_room(10);
    until(|| desk.taken().len() == 2).await;
    assert_eq!(desk.taken(), [1, 2], "each is taken once");
    desk.answer(1, Answer::Committed);
    assert_eq!(again.answers().await, [answer(1, Answer::Committed)]);
    until(|| desk.receiver.status().streams == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_room_when_its_link_breaks_is_taken_too() {
    let config = ReceiverConfig { in_flight_octets: 100, ..ReceiverConfig::default() };
    let desk = Desk::open(config);
    let (first, second) = (desk.link(), desk.link());
    first.send_each(vec![parcel(1, 100)]).await;
    until(|| desk.taken() == [1]).await;
    second.send_each(vec![parcel(2, 50)]).await;
    until(|| desk.receiver.status().pending == 2).await;
    second.broken.cancel();
    let mut again = desk.link();
    again.send_each(vec![parcel(2, 50)]).await;
    until(|| desk.receiver.status().duplicates == 1).await;
    desk.answer(1, Answer::Accepted);
    until(|| desk.taken() == [1, 2]).await;
    desk.answer(2, Answer::Committed);
    assert_eq!(again.answers().await, [answer(2, Answer::Committed)]);
    assert_eq!(desk.octets(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_links_are_all_gone_is_remembered_when_it_is_committed() {
    let desk = Desk::open(ReceiverConfig::default());
    let sender = desk.link();
    sender.send([1]).await;
    until(|| desk.taken() == [1]).await;
    sender.broken.cancel();
    sender.served.await.unwrap();
    desk.answer(1, Answer::Committed);
    let mut again = desk.link();
    again.announce([1]).await;
    assert_eq!(again.answers().await, [answer(1, Answer::Committed)]);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_leaves_without_a_word_frees_its_stream() {
    let desk = Desk::open(ReceiverConfig::default());
    for number in 0..100 {
        let sender = desk.link();
        sender.send([number]).await;
        until(|| desk.taken().len() > number as usize).await;
        drop(sender.end);
        sender.served.await.unwrap();
    }
    assert_eq!(desk.receiver.status().streams, 0);
    assert_eq!(desk.receiver.status().pending, 100);
}
