//! What is on its way is bounded, whoever is slow.

use weir_delivery::Answer;
use weir_rpc::dispatcher::DispatcherConfig;

use super::delivered;
use super::fleet::Fleet;
use crate::{never, parcel, soon, until};

#[tokio::test(start_paused = true)]
async fn the_budget_is_exact_and_free_when_a_run_is_accepted() {
    let config = DispatcherConfig { in_flight_octets: 100, link_octets: 100 };
    let (mut fleet, started) = Fleet::start(["a"], config);
    let mut link = fleet.link().await;
    let dispatcher = started.dispatcher;
    dispatcher.send(parcel(1, 60)).await.unwrap();
    dispatcher.send(parcel(2, 40)).await.unwrap();
    never(dispatcher.send(parcel(3, 1))).await;
    assert_eq!(dispatcher.status().octets_in_flight, 100);
    assert_eq!((link.runs().await, link.runs().await), (vec![1], vec![2]));
    link.say(2, Answer::Accepted).await;
    soon(dispatcher.send(parcel(4, 40))).await.unwrap();
    never(dispatcher.send(parcel(5, 1))).await;
    assert_eq!(link.runs().await, [4]);
}

#[tokio::test(start_paused = true)]
async fn dispatchers_side_by_side_have_one_budget() {
    let config = DispatcherConfig { in_flight_octets: 100, link_octets: 100 };
    let (mut fleet, started) = Fleet::start(["a"], config);
    let (mut other_fleet, other) = Fleet::start_beside(["b"], &started.dispatcher);
    let (mut link, mut other_link) = (fleet.link().await, other_fleet.link().await);
    started.dispatcher.send(parcel(1, 60)).await.unwrap();
    soon(other.dispatcher.send(parcel(2, 40))).await.unwrap();
    assert_eq!((link.runs().await, other_link.runs().await), (vec![1], vec![2]));
    never(other.dispatcher.send(parcel(3, 1))).await;
    link.say(1, Answer::Accepted).await;
    soon(other.dispatcher.send(parcel(4, 60))).await.unwrap();
    assert_eq!(other_link.runs().await, [4]);
    let config = DispatcherConfig { in_flight_octets: 120, link_octets: 120 };
    other.dispatcher.set_budgets(config);
    soon(started.dispatcher.send(parcel(5, 20))).await.unwrap();
    assert_eq!(link.runs().await, [5]);
}

#[tokio::test(start_paused = true)]
async fn a_run_above_the_budget_goes_alone() {
    let config = DispatcherConfig { in_flight_octets: 100, link_octets: 50 };
    let (mut fleet, started) = Fleet::start(["a"], config);
    let mut link = fleet.link().await;
    started.dispatcher.send(parcel(1, 1000)).await.unwrap();
    never(started.dispatcher.send(parcel(2, 1))).await;
    assert_eq!(link.runs().await, [1]);
    link.say(1, Answer::Committed).await;
    soon(started.dispatcher.send(parcel(3, 1))).await.unwrap();
    assert_eq!(link.runs().await, [3]);
}

#[tokio::test(start_paused = true)]
async fn a_link_has_no_more_on_its_way_than_its_budget() {
    let config = DispatcherConfig { in_flight_octets: 1000, link_octets: 50 };
    let (mut fleet, started) = Fleet::start([], config);
    for number in 0..10 {
        started.dispatcher.send(parcel(number, 20)).await.unwrap();
    }
    fleet.know(["a"]);
    let mut link = fleet.link().await;
    assert_eq!(link.runs().await, [0, 1], "they go in one message");
    assert!(link.is_quiet().await, "a third has no room");
    link.say(0, Answer::Accepted).await;
    assert_eq!(link.runs().await, [2]);
    assert!(link.is_quiet().await);
}

#[tokio::test(start_paused = true)]
async fn while_deliveries_are_not_read_no_more_is_taken_and_nothing_is_lost() {
    let config = DispatcherConfig { in_flight_octets: 1000, link_octets: 1000 };
    let (mut fleet, mut started) = Fleet::start(["a"], config);
    let mut link = fleet.link().await;
    let receiver = tokio::spawn(async move {
        while let Some(said) = link.hear_or_wait().await {
            for parcel in said.runs {
                link.say(parcel.id.0, Answer::Committed).await;
            }
        }
    });
    let dispatcher = started.dispatcher.clone();
    let sender = tokio::spawn(async move {
        for number in 0..1000 {
            dispatcher.send(parcel(number, 100)).await.unwrap();
        }
    });
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert!(!sender.is_finished());
    let waiting = started.dispatcher.status();
    assert!(waiting.octets_in_flight <= 1000 && started.deliveries.len() <= 64);
    let mut runs = Vec::new();
    while runs.len() < 1000 {
        runs.push(delivered(&mut started.deliveries).await.0);
    }
    runs.sort_unstable();
    assert_eq!(runs, (0..1000).collect::<Vec<_>>());
    sender.await.unwrap();
    drop(started.dispatcher);
    soon(started.task).await.unwrap();
    receiver.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_takes_nothing_stops_the_sender() {
    let config = DispatcherConfig { in_flight_octets: 1_000_000, link_octets: 1_000_000 };
    let (mut fleet, started) = Fleet::start(["a"], config);
    let _link = fleet.link().await;
    let dispatcher = started.dispatcher.clone();
    let sender = tokio::spawn(async move {
        for number in 0.. {
            dispatcher.send(parcel(number, 1000)).await.unwrap();
        }
    });
    let dispatcher = started.dispatcher;
    until(|| dispatcher.status().octets_in_flight == 1_000_000).await;
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    let status = dispatcher.status();
    assert_eq!((status.octets_in_flight, status.pending, status.resent), (1_000_000, 1000, 0));
    sender.abort();
}
