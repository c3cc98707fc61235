//! A Redis server that is away, slow, full, or only reads: calls end in time and say why.

use std::fs;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::process::Signal;
use tokio_stream::StreamExt;
use weir_store::{
    Change, Condition, Prefix, RedisConfig, RedisStore, Refusal, Store, StoreError, StoreOptions,
};

use crate::fixture::key;
use crate::redis_server::{DEADLINE, Server};

pub(crate) async fn put(store: &RedisStore, name: &str) -> Result<weir_store::Etag, StoreError> {
    store.put(&key(name), Bytes::from_static(b"value"), Condition::Any).await
}

pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused { refusal, .. }) => refusal,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

/// Asks until there is an answer.
pub(crate) async fn until_answered(store: &RedisStore, name: &str) -> Option<Bytes> {
    let start = Instant::now();
    loop {
        match store.get(&key(name)).await {
            Ok(stored) => return stored.map(|stored| stored.value),
            Err(error) => assert!(start.elapsed() < DEADLINE, "{error:?}"),
        }
        tokio::task::yield_now().await;
    }
}

fn store(server: &Server, timeout: Duration) -> RedisStore {
    let config = RedisConfig { timeout, ..server.config() };
    RedisStore::new(config, StoreOptions::default()).unwrap()
}

#[tokio::test]
async fn a_store_is_made_before_its_server_runs() {
    let mut server = Server::prepare(&[]);
    let store = server.store(StoreOptions::default());
    let error = put(&store, "a").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&server.path("socket").display().to_string()), "{error}");
    server.run();
    assert_eq!(until_answered(&store, "a").await, None);
    put(&store, "a").await.unwrap();
    assert_eq!(store.losses(), 0);
}

#[tokio::test]
async fn what_was_answered_outlives_a_kill_of_the_server() {
    let mut server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    let etag = put(&store, "a").await.unwrap();
    let pinned = store.pinned().await.unwrap();
    server.kill();
    for result in [store.get(&key("a")).await.map(drop), put(&store, "a").await.map(drop)] {
        assert!(matches!(result, Err(StoreError::Unreachable { .. })), "{result:?}");
    }
    server.run();
    assert_eq!(until_answered(&store, "a").await, Some(Bytes::from_static(b"value")));
    assert_eq!(pinned.get(&key("a")).await.unwrap().unwrap().etag, etag);
    assert_eq!(store.losses(), 0);
}

#[tokio::test]
async fn a_server_that_came_back_is_read_without_an_error() {
    let mut server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    server.kill();
    server.run();
    assert!(store.get(&key("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_watcher_reads_all_again_when_the_server_is_back() {
    let mut server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    let mut watch = store.watch(&Prefix::ALL).await.unwrap();
    assert_eq!(watch.next().await, Some(Change::Resync));
    server.kill();
    server.run();
    let told = tokio::time::timeout(DEADLINE, watch.next()).await.unwrap();
    assert_eq!(told, Some(Change::Resync));
    until_answered(&store, "a").await;
    put(&store, "a").await.unwrap();
    let told = tokio::time::timeout(DEADLINE, watch.next()).await.unwrap();
    assert_eq!(told, Some(Change::Key(key("a"))));
}

#[tokio::test]
async fn a_watch_begins_without_a_server() {
    let mut server = Server::prepare(&[]);
    let store = store(&server, Duration::from_millis(300));
    let mut watch = store.watch(&Prefix::ALL).await.unwrap();
    assert_eq!(watch.next().await, Some(Change::Resync));
    server.run();
    let told = tokio::time::timeout(DEADLINE, watch.next()).await.unwrap();
    assert_eq!(told, Some(Change::Resync));
}

#[tokio::test]
async fn a_server_that_stands_still_ends_calls_in_time() {
    let server = Server::start(&[]);
    let store = store(&server, Duration::from_millis(800));
    put(&store, "a").await.unwrap();
    server.process().signal(Signal::STOP);
    for _ in 0..3 {
        let start = Instant::now();
        let error = store.get(&key("a")).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
    assert!(matches!(put(&store, "b").await, Err(StoreError::Unreachable { .. })));
    server.process().signal(Signal::CONT);
    assert_eq!(until_answered(&store, "a").await, Some(Bytes::from_static(b"value")));
    assert_eq!(store.losses(), 0);
}

#[tokio::test]
async fn a_pause_of_the_server_is_waited_for() {
    let server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    server.command(&["CLIENT", "PAUSE", "300", "ALL"]);
    put(&store, "a").await.unwrap();
    assert!(store.get(&key("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_full_server_refuses_writes_answers_reads_and_forgets() {
    let server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    put(&store, "b").await.unwrap();
    let members = [Bytes::from_static(b"member")];
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(refusal(put(&store, "a").await), Refusal::Full);
    let long = Bytes::from(vec![7; 3 << 20]);
    assert_eq!(refusal(store.put(&key("c"), long, Condition::Any).await), Refusal::Full);
    let added = store.add_to_set(&key("s"), &members, Duration::from_secs(1)).await;
    assert_eq!(refusal(added), Refusal::Full);
    let listed = store.list(&Prefix::ALL, None, 10).await.unwrap();
    assert_eq!(listed.entries.len(), 2);
    assert!(store.get(&key("a")).await.unwrap().is_some());
    assert!(store.delete(&key("b"), Condition::Any).await.unwrap());
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    put(&store, "a").await.unwrap();
    assert_eq!(store.losses(), 0);
}

#[tokio::test]
async fn a_replica_answers_reads_and_refuses_writes() {
    let server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_eq!(refusal(put(&store, "a").await), Refusal::ReadOnly);
    assert_eq!(refusal(store.delete(&key("a"), Condition::Any).await), Refusal::ReadOnly);
    assert!(store.get(&key("a")).await.unwrap().is_some());
    assert_eq!(store.list(&Prefix::ALL, None, 10).await.unwrap().entries.len(), 1);
    server.command(&["REPLICAOF", "NO", "ONE"]);
    put(&store, "a").await.unwrap();
    assert_eq!(store.losses(), 0);
}

#[tokio::test]
async fn something_else_in_the_place_of_a_value_is_left_alone() {
    let server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    server.command(&["SET", "weir:v:a", "short"]);
    let error = store.get(&key("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    server.command(&["DEL", "weir:v:a"]);
    server.command(&["LPUSH", "weir:v:a", "list"]);
    let error = put(&store, "a").await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_write_to_its_disk_refuses_writes() {
    // Saving fails: there is a folder where the file should be.
    let server = Server::start(&["--dbfilename", "dump"]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    fs::create_dir(server.path("data/dump")).unwrap();
    server.command(&["CONFIG", "SET", "save", "3600 1000"]);
    let start = Instant::now();
    loop {
        // It is refused while the one before it runs.
        server.try_command(&["BGSAVE"]).ok();
        match put(&store, "a").await {
            Err(StoreError::Refused { refusal: Refusal::Disk, .. }) => break,
            other => assert!(start.elapsed() < DEADLINE, "{other:?}"),
        }
    }
    assert!(store.get(&key("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_server_that_is_busy_with_something_else_is_not_ready() {
    let server = Server::start(&["--busy-reply-threshold", "10"]);
    let store = server.store(StoreOptions::default());
    put(&store, "a").await.unwrap();
    let busy = server.spawn_command(&["EVAL", "while true do end", "0"]);
    let start = Instant::now();
    loop {
        match store.get(&key("a")).await {
            Err(StoreError::Refused { refusal: Refusal::NotReady, .. }) => break,
            other => assert!(start.elapsed() < DEADLINE, "{other:?}"),
        }
    }
    server.command(&["SCRIPT", "KILL"]);
    busy.join().unwrap();
    assert!(store.get(&key("a")).await.unwrap().is_some());
}
