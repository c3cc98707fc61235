//! What a dispatcher does when links end, in good order or not.

use std::time::Duration;

use tokio::time::Instant;
use weir_delivery::{Answer, RunId};
use weir_rpc::dispatcher::DispatcherConfig;

use super::delivered;
use super::fleet::Fleet;
use crate::{never, parcel, until};

#[tokio::test(start_paused = true)]
async fn runs_of_a_broken_link_go_elsewhere_and_accepted_ones_are_announced() {
    let (_fleet, [mut one, mut other], mut started) = Fleet::two(DispatcherConfig::default()).await;
    for number in 1..=4 {
        started.dispatcher.send(parcel(number, 10)).await.unwrap();
    }
    assert_eq!((one.runs().await, other.runs().await), (vec![1], vec![2]));
    assert_eq!((one.runs().await, other.runs().await), (vec![3], vec![4]));
    one.say(1, Answer::Accepted).await;
    assert_eq!(delivered(&mut started.deliveries).await, (1, true, None));
    one.break_off();
    assert_eq!(other.announced().await, [RunId(1)]);
    assert_eq!(other.runs().await, [3]);
    other.say_all(&[(1, Answer::Committed), (3, Answer::Committed)]).await;
    assert_eq!(delivered(&mut started.deliveries).await, (1, false, Some(Answer::Committed)));
    assert_eq!(delivered(&mut started.deliveries).await, (3, true, Some(Answer::Committed)));
    let status = started.dispatcher.status();
    assert_eq!((status.resent, status.announced, status.links_lost), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_closing_link_gets_no_more_runs_and_its_answers_still_count() {
    let (mut fleet, mut link, mut started) = Fleet::one().await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    started.dispatcher.send(parcel(2, 10)).await.unwrap();
    assert_eq!((link.runs().await, link.runs().await), (vec![1], vec![2]));
    link.close().await;
    assert!(link.hear().await.is_none(), "the sender ends its half");
    started.dispatcher.send(parcel(3, 10)).await.unwrap();
    let mut next = fleet.late_link().await;
    assert_eq!(next.runs().await, [3]);
    link.say_all(&[(1, Answer::Accepted), (1, Answer::Committed), (2, Answer::Committed)]).await;
    drop(link);
    let mut done = Vec::new();
    while done.len() < 3 {
        done.push(delivered(&mut started.deliveries).await.0);
    }
    assert_eq!(done, [1, 1, 2]);
    assert!(next.is_quiet().await, "nothing is sent again");
    assert_eq!(started.dispatcher.status().links_lost, 0);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_about_to_end_is_left_alone_while_it_still_answers() {
    let (mut fleet, mut link, mut started) = Fleet::one().await;
    let dispatcher = started.dispatcher.clone();
    for number in 0..1000 {
        dispatcher.send(parcel(number, 1)).await.unwrap();
        link.hear().await.unwrap();
    }
    link.close().await;
    let visits = tokio::spawn(async move {
        loop {
            fleet.late_link().await.close().await;
            assert!(fleet.attempts().len() < 20);
        }
    });
    for number in 0..1000 {
        link.say(number, Answer::Committed).await;
        assert_eq!(delivered(&mut started.deliveries).await.0, number);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert!(!visits.is_finished(), "it is left alone");
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_run_breaks_no_link_that_gives_signs_of_life() {
    let (fleet, mut link, mut started) = Fleet::one().await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(link.runs().await, [1]);
    tokio::time::sleep(Duration::from_secs(12 * 3600)).await;
    link.say(1, Answer::Committed).await;
    assert_eq!(delivered(&mut started.deliveries).await.0, 1);
    assert_eq!((started.dispatcher.status().resent, fleet.attempts().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_silence_of_three_heartbeats_breaks_a_link() {
    let (mut fleet, started) = Fleet::start([], DispatcherConfig::default());
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    fleet.silence("a");
    fleet.know(["a"]);
    let mut silent = fleet.link().await;
    let opened = Instant::now();
    assert_eq!(silent.runs().await, [1]);
    fleet.know(["a", "b"]);
    let mut other = fleet.link().await;
    assert_eq!(other.endpoint, "b");
    until(|| started.dispatcher.status().resent == 1).await;
    let silence = opened.elapsed();
    assert!((Duration::from_secs(15)..Duration::from_millis(15_100)).contains(&silence));
    assert_eq!(other.runs().await, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_fails_is_tried_again_less_and_less_often() {
    let (mut fleet, started) = Fleet::start([], DispatcherConfig::default());
    fleet.shut("a");
    fleet.know(["a"]);
    tokio::time::sleep(Duration::from_secs(120)).await;
    let attempts = fleet.attempts();
    let pauses: Vec<_> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses[0] >= Duration::from_millis(160) && pauses[0] < Duration::from_millis(300));
    assert!(pauses.iter().all(|pause| *pause < Duration::from_millis(12_100)), "{pauses:?}");
    assert!((12..24).contains(&attempts.len()), "{pauses:?}");
    fleet.reopen("a");
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(fleet.late_link().await.runs().await, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_removed_receiver_gets_nothing_new_and_finishes() {
    let (fleet, [mut one, mut other], mut started) = Fleet::two(DispatcherConfig::default()).await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(one.runs().await, [1]);
    fleet.know(["b"]);
    assert!(one.hear().await.is_none(), "the sender ends its half");
    for number in 2..=4 {
        started.dispatcher.send(parcel(number, 10)).await.unwrap();
        assert_eq!(other.runs().await, [number]);
    }
    one.say(1, Answer::Committed).await;
    assert_eq!(delivered(&mut started.deliveries).await, (1, true, Some(Answer::Committed)));
    drop(one);
    never(started.deliveries.recv()).await;
    assert_eq!((started.dispatcher.status().links_lost, fleet.attempts().len()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_link_that_its_receiver_ends_before_all_is_answered_is_lost() {
    let (mut fleet, mut link, started) = Fleet::one().await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(link.runs().await, [1]);
    drop(link);
    assert_eq!(fleet.late_link().await.runs().await, [1]);
    let status = started.dispatcher.status();
    assert_eq!((status.links_lost, status.resent), (1, 1));
}
