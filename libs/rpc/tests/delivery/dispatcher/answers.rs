//! What becomes of a run's answers.

use std::time::Duration;

use tokio::time::Instant;
use weir_delivery::{Answer, RetryReason, RunId};
use weir_rpc::dispatcher::DispatcherConfig;

use super::delivered;
use super::fleet::Fleet;
use crate::{never, parcel, retry, soon, until};

#[tokio::test(start_paused = true)]
async fn each_answer_arrives_once() {
    let (_fleet, mut link, mut started) = Fleet::one().await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(link.runs().await, [1]);
    for said in [Answer::Accepted, Answer::Accepted, Answer::Committed, Answer::Committed] {
        link.say(1, said).await;
    }
    assert_eq!(delivered(&mut started.deliveries).await, (1, true, None));
    let done = (1, false, Some(Answer::Committed));
    assert_eq!(delivered(&mut started.deliveries).await, done);
    never(started.deliveries.recv()).await;
    assert_eq!(started.dispatcher.status().stray_answers, 1);
    assert!(link.is_quiet().await, "it was sent once");
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_another_receiver_is_none() {
    let (_fleet, [mut one, mut other], mut started) = Fleet::two(DispatcherConfig::default()).await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(one.runs().await, [1]);
    other.say(1, Answer::Committed).await;
    never(started.deliveries.recv()).await;
    assert!(other.is_quiet().await);
    one.say(1, Answer::Committed).await;
    assert_eq!(delivered(&mut started.deliveries).await, (1, true, Some(Answer::Committed)));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_to_be_retried_is_sent_again_at_its_time() {
    let (_fleet, mut link, started) = Fleet::one().await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(link.runs().await, [1]);
    let before = Instant::now();
    link.say(1, retry(Duration::from_secs(3))).await;
    until(|| started.dispatcher.status().retried == 1).await;
    tokio::time::sleep(Duration::from_millis(2900)).await;
    assert!(link.is_quiet().await);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(link.runs().await, [1]);
    assert!(before.elapsed() < Duration::from_millis(3100));
}

#[tokio::test(start_paused = true)]
async fn no_receiver_can_make_a_run_wait_for_long_or_be_sent_without_a_pause() {
    let (_fleet, mut link, started) = Fleet::one().await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    for (asked, least, most) in [(86_400, 29, 31), (0, 0, 1)] {
        assert_eq!(link.runs().await, [1]);
        let before = Instant::now();
        link.say(1, retry(Duration::from_secs(asked))).await;
        tokio::time::sleep(Duration::from_millis(15)).await;
        assert!(link.is_quiet().await);
        tokio::time::sleep(Duration::from_secs(least)).await;
        until(|| started.dispatcher.status().octets_in_flight == 10).await;
        tokio::time::sleep(Duration::from_secs(most - least)).await;
        assert!(before.elapsed() < Duration::from_secs(most + 1));
    }
    assert_eq!(link.runs().await, [1]);
}

#[tokio::test(start_paused = true)]
async fn runs_that_have_to_be_encoded_anew_come_back() {
    let (_fleet, mut link, mut started) = Fleet::one().await;
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(link.runs().await, [1]);
    let stale = Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO);
    link.say(1, stale).await;
    assert_eq!(delivered(&mut started.deliveries).await, (1, true, Some(stale)));
    started.dispatcher.send(parcel(1, 12)).await.unwrap();
    assert_eq!(link.runs().await, [1]);
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_elsewhere_is_announced_and_an_unknown_run_told() {
    let (_fleet, mut link, mut started) = Fleet::one().await;
    started.dispatcher.announce(vec![RunId(1), RunId(2)]).await.unwrap();
    assert_eq!(link.announced().await, [RunId(1), RunId(2)]);
    link.say_all(&[(1, Answer::Unknown), (2, Answer::Accepted), (2, Answer::Committed)]).await;
    assert_eq!(delivered(&mut started.deliveries).await, (1, false, Some(Answer::Unknown)));
    assert_eq!(delivered(&mut started.deliveries).await, (2, false, Some(Answer::Committed)));
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_last_clone_is_dropped_and_all_is_answered() {
    let (_fleet, mut link, mut started) = Fleet::one().await;
    let clone = started.dispatcher.clone();
    clone.send(parcel(1, 10)).await.unwrap();
    drop((clone, started.dispatcher));
    assert_eq!(link.runs().await, [1]);
    never(&mut started.task).await;
    link.say(1, Answer::Committed).await;
    assert_eq!(delivered(&mut started.deliveries).await, (1, true, Some(Answer::Committed)));
    assert!(soon(started.deliveries.recv()).await.is_none());
    soon(started.task).await.unwrap();
    assert!(link.hear().await.is_none(), "its half has ended");
}

#[tokio::test(start_paused = true)]
async fn without_a_reader_of_deliveries_it_ends() {
    let (_fleet, mut link, started) = Fleet::one().await;
    drop(started.deliveries);
    started.dispatcher.send(parcel(1, 10)).await.unwrap();
    assert_eq!(link.runs().await, [1]);
    link.say(1, Answer::Committed).await;
    soon(started.task).await.unwrap();
    started.dispatcher.send(parcel(2, 10)).await.unwrap_err();
}
