//! Data that a Redis server lost, or was put back: it is noticed, and what may go on goes on.

use std::time::Duration;

use bytes::Bytes;
use tokio_stream::StreamExt;
use weir_store::{
    Change, Condition, Prefix, RedisConfig, RedisStore, Store, StoreError, StoreOptions, Watch,
};

use crate::fixture::key;
use crate::redis_faults::{put, until_answered};
use crate::redis_server::{DEADLINE, Server};

async fn refuses(pinned: &RedisStore) {
    let members = [Bytes::from_static(b"member")];
    let results = [
        put(pinned, "lease").await.map(drop),
        pinned.get(&key("a")).await.map(drop),
        pinned.delete(&key("a"), Condition::Any).await.map(drop),
        pinned.list(&Prefix::ALL, None, 10).await.map(drop),
        pinned.add_to_set(&key("s"), &members, Duration::from_secs(9)).await.map(drop),
        pinned.contains_in_set(&key("s"), &members).await.map(drop),
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Lost { .. })), "{result:?}");
    }
}

async fn next(watch: &mut Watch) -> Option<Change> {
    tokio::time::timeout(DEADLINE, watch.next()).await.expect("a change is told")
}

#[tokio::test]
async fn a_flush_is_noticed_and_what_may_go_on_goes_on() {
    let server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    let etag = put(&store, "a").await.unwrap();
    let pinned = store.pinned().await.unwrap();
    server.command(&["FLUSHALL"]);
    // The server itself refuses the write that would follow the loss.
    let refused = pinned.put(&key("lease"), Bytes::new(), Condition::Absent).await;
    assert!(matches!(refused, Err(StoreError::Lost { .. })), "{refused:?}");
    assert_eq!(store.get(&key("lease")).await.unwrap(), None);
    assert_eq!(store.losses(), 1);
    refuses(&pinned).await;
    let stale = store.put(&key("a"), Bytes::new(), Condition::Etag(etag)).await;
    assert!(matches!(stale, Err(StoreError::Conflict { current: None, .. })), "{stale:?}");
    assert_ne!(put(&store, "a").await.unwrap(), etag);
    store.pinned().await.unwrap().get(&key("a")).await.unwrap();
    assert_eq!(store.losses(), 1);
}

#[tokio::test]
async fn a_read_notices_a_flush() {
    let server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    let pinned = store.pinned().await.unwrap();
    server.command(&["FLUSHALL"]);
    assert_eq!(store.get(&key("a")).await.unwrap(), None);
    assert_eq!(store.losses(), 1);
    refuses(&pinned).await;
}

#[tokio::test]
async fn a_watcher_learns_of_a_flush_without_a_call() {
    let server = Server::start(&[]);
    let config = RedisConfig { timeout: Duration::from_secs(2), ..server.config() };
    let store = RedisStore::new(config, StoreOptions::default()).unwrap();
    put(&server.store(StoreOptions::default()), "a").await.unwrap();
    let mut watch = store.watch(&Prefix::ALL).await.unwrap();
    assert_eq!(next(&mut watch).await, Some(Change::Resync));
    assert!(store.get(&key("a")).await.unwrap().is_some());
    server.command(&["FLUSHALL"]);
    assert_eq!(next(&mut watch).await, Some(Change::Resync));
    assert_eq!(store.losses(), 1);
}

#[tokio::test]
async fn a_restart_without_the_data_is_noticed() {
    let mut server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    let pinned = store.pinned().await.unwrap();
    server.kill();
    server.lose_data();
    server.run();
    assert_eq!(until_answered(&store, "a").await, None);
    assert_eq!(store.losses(), 1);
    refuses(&pinned).await;
    put(&store, "a").await.unwrap();
    assert_eq!(store.losses(), 1);
}

#[tokio::test]
async fn an_earlier_state_is_noticed_by_all() {
    let mut server = Server::start(&["--appendonly", "no"]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    server.command(&["SAVE"]);
    let (later, pinned) = (put(&store, "b").await.unwrap(), store.pinned().await.unwrap());
    let other = server.store(StoreOptions::default());
    let other_pinned = other.pinned().await.unwrap();
    server.kill();
    server.run();
    assert_eq!(until_answered(&store, "b").await, None);
    assert_eq!(store.losses(), 1);
    refuses(&pinned).await;
    // The first write draws a new epoch, by which others notice it who saw nothing of it.
    assert_ne!(put(&store, "b").await.unwrap(), later);
    until_answered(&other, "b").await;
    refuses(&other_pinned).await;
    assert_eq!((store.losses(), other.losses()), (1, 1));
}

#[tokio::test]
async fn a_pinned_write_is_not_made_on_an_earlier_state() {
    let mut server = Server::start(&["--appendonly", "no"]);
    let store = server.store(StoreOptions::default());
    let first = put(&store, "lease").await.unwrap();
    server.command(&["SAVE"]);
    let pinned = store.pinned().await.unwrap();
    put(&pinned, "lease").await.unwrap();
    server.kill();
    server.run();
    let start = std::time::Instant::now();
    let refused = loop {
        let put = pinned.put(&key("lease"), Bytes::new(), Condition::Etag(first)).await;
        match put {
            Err(StoreError::Unreachable { .. }) => assert!(start.elapsed() < DEADLINE),
            other => break other,
        }
    };
    assert!(matches!(refused, Err(StoreError::Lost { .. })), "{refused:?}");
    assert_eq!(store.get(&key("lease")).await.unwrap().unwrap().etag, first);
}
