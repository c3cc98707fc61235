//! A Redis server that is killed again and again, and comes back with its data.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio_stream::StreamExt;
use weir_store::{
    Change, Condition, Prefix, RedisStore, Store, StoreError, StoreOptions, get_json, put_json,
};

use crate::fixture::key;
use crate::redis_faults::{put, until_answered};
use crate::redis_server::{DEADLINE, Server};

const TASKS: usize = 4;
const KILLS: u64 = 4;

/// What became of the attempts to add one.
#[derive(Default)]
struct Tally {
    answered: AtomicU64,
    /// They may or may not have happened.
    unanswered: AtomicU64,
    is_over: AtomicBool,
}

/// Adds one again and again until it is over.
async fn count(store: &RedisStore, tally: &Tally) {
    while !tally.is_over.load(Ordering::SeqCst) {
        let Ok(stored) = get_json::<u64>(store, &key("count")).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let (value, condition) = match stored {
            None => (0, Condition::Absent),
            Some((value, etag)) => (value, Condition::Etag(etag)),
        };
        match put_json(store, &key("count"), &(value + 1), condition).await {
            Ok(_) => tally.answered.fetch_add(1, Ordering::SeqCst),
            Err(StoreError::Unreachable { .. }) => tally.unanswered.fetch_add(1, Ordering::SeqCst),
            Err(StoreError::Conflict { .. } | StoreError::Refused { .. }) => 0,
            Err(error) => panic!("{error:?}"),
        };
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_after_each_kill() {
    let mut server = Server::start(&[]);
    let tally = Arc::new(Tally::default());
    let watching = server.store(StoreOptions::default());
    let mut watch = watching.watch(&Prefix::below(key("end"))).await.unwrap();
    assert_eq!(watch.next().await, Some(Change::Resync));
    // Pairs of tasks share a store and its connection.
    let stores = [(); 2].map(|()| server.store(StoreOptions::default()));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (store, tally) = (stores[task % 2].clone(), Arc::clone(&tally));
            tokio::spawn(async move { count(&store, &tally).await })
        })
        .collect();
    for kill in 1..=KILLS {
        while tally.answered.load(Ordering::SeqCst) < kill * 50 {
            tokio::task::yield_now().await;
        }
        server.kill();
        server.run();
    }
    tally.is_over.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    until_answered(&stores[0], "count").await;
    let (total, _) = get_json::<u64>(&stores[0], &key("count")).await.unwrap().unwrap();
    let [answered, unanswered] =
        [&tally.answered, &tally.unanswered].map(|tally| tally.load(Ordering::SeqCst));
    assert!((answered..=answered + unanswered).contains(&total), "{answered} {unanswered} {total}");
    put(&stores[0], "end/1").await.unwrap();
    let told = tokio::time::timeout(DEADLINE, watch.next()).await.unwrap();
    assert!(told.is_some());
    assert_eq!((stores[0].losses(), stores[1].losses(), watching.losses()), (0, 0, 0));
}

#[tokio::test]
async fn nothing_is_lost_that_was_only_away() {
    let mut server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    for round in 0..3 {
        until_answered(&store, "a").await;
        put(&store, &format!("key/{round}")).await.unwrap();
        server.kill();
        server.run();
    }
    until_answered(&store, "a").await;
    assert_eq!(store.list(&Prefix::ALL, None, 10).await.unwrap().entries.len(), 3);
    assert_eq!(store.losses(), 0);
    assert!(fs::exists(server.path("data/appendonlydir")).unwrap());
}
