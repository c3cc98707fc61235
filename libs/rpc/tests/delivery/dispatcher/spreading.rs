//! Who gets the next run.

use weir_delivery::Answer;
use weir_rpc::dispatcher::DispatcherConfig;

use super::delivered;
use super::fleet::Fleet;
use crate::{parcel, until};

#[tokio::test(start_paused = true)]
async fn the_least_loaded_receiver_gets_the_next_run() {
    let (_fleet, [mut one, mut other], started) = Fleet::two(DispatcherConfig::default()).await;
    let dispatcher = started.dispatcher;
    dispatcher.send(parcel(1, 100)).await.unwrap();
    assert_eq!(one.runs().await, [1]);
    for number in 2..=4 {
        dispatcher.send(parcel(number, 40)).await.unwrap();
        assert_eq!(other.runs().await, [number]);
    }
    dispatcher.send(parcel(5, 10)).await.unwrap();
    assert_eq!(one.runs().await, [5]);
    one.say(1, Answer::Accepted).await;
    until(|| dispatcher.status().octets_in_flight == 130).await;
    dispatcher.send(parcel(6, 50)).await.unwrap();
    assert_eq!(one.runs().await, [6]);
}

#[tokio::test(start_paused = true)]
async fn receivers_with_nothing_to_do_take_turns_however_new_they_are() {
    let (mut fleet, mut one, mut started) = Fleet::one().await;
    let dispatcher = started.dispatcher;
    let mut number = 0;
    for _ in 0..100 {
        number += 1;
        dispatcher.send(parcel(number, 10)).await.unwrap();
        assert_eq!(one.runs().await, [number]);
        one.say(number, Answer::Committed).await;
        assert_eq!(delivered(&mut started.deliveries).await.0, number);
    }
    fleet.know(["a", "b"]);
    let mut other = fleet.link().await;
    let mut links = [&mut other, &mut one];
    for turn in 0..20 {
        number += 1;
        dispatcher.send(parcel(number, 10)).await.unwrap();
        let link = &mut links[turn % 2];
        assert_eq!(link.runs().await, [number], "the new one is first, and then they take turns");
        link.say(number, Answer::Committed).await;
        assert_eq!(delivered(&mut started.deliveries).await.0, number);
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_receiver_gets_its_share_at_once() {
    let (mut fleet, mut one, started) = Fleet::one().await;
    let dispatcher = started.dispatcher;
    for number in 1..=10 {
        dispatcher.send(parcel(number, 10)).await.unwrap();
        assert_eq!(one.runs().await, [number]);
    }
    fleet.know(["a", "b"]);
    let mut other = fleet.link().await;
    for number in 11..=20 {
        dispatcher.send(parcel(number, 10)).await.unwrap();
        assert_eq!(other.runs().await, [number], "the old one has more to do");
    }
}
