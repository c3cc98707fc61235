//! Who follows a document.

use std::sync::Arc;

use tokio::sync::watch;
use weir_control::Followed;
use weir_store::{Condition, MemoryStore, RedisConfig, RedisStore, Store, StoreOptions};
use weir_testkit::{RedisServer, StoreDouble, soon};

use crate::note::{KEY, Note, add_one, document};

type Follower = watch::Receiver<Option<Followed<Note>>>;

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(StoreOptions::default()))
}

async fn redis(server: &RedisServer) -> Arc<dyn Store> {
    let config = RedisConfig::new(server.url());
    Arc::new(RedisStore::new(config, StoreOptions::default()).unwrap())
}

async fn until(follower: &mut Follower, sum: u64) {
    let is_there =
        |known: &Option<Followed<Note>>| known.as_ref().is_some_and(|known| known.value.sum == sum);
    soon("the change", follower.wait_for(is_there)).await.unwrap();
}

#[tokio::test]
async fn a_change_is_followed() {
    let store = memory();
    let mut follower = document().follow(Arc::clone(&store));
    until(&mut follower, 0).await;
    add_one(&*store).await.unwrap();
    until(&mut follower, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_notification_is_lost_is_seen_within_a_second() {
    let deaf = StoreDouble::default();
    deaf.set_deaf(true);
    let store: Arc<dyn Store> = Arc::new(deaf);
    let mut follower = document().follow(Arc::clone(&store));
    until(&mut follower, 0).await;
    let before = tokio::time::Instant::now();
    add_one(&*store).await.unwrap();
    until(&mut follower, 1).await;
    // Paused time: it passes while everybody waits, and only then.
    assert!(before.elapsed() <= std::time::Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_leaves_the_last_value() {
    let store = memory();
    add_one(&*store).await.unwrap();
    let mut follower = document().follow(Arc::clone(&store));
    until(&mut follower, 1).await;
    store.put(&KEY, "no JSON".into(), Condition::Any).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    until(&mut follower, 1).await;
    store.put(&KEY, r#"{"sum":9}"#.into(), Condition::Any).await.unwrap();
    until(&mut follower, 9).await;
}

#[tokio::test]
async fn a_store_that_lost_its_data_takes_nothing_from_who_follows() {
    let mut server = RedisServer::start();
    let store = redis(&server).await;
    add_one(&*store).await.unwrap();
    let mut follower = document().follow(Arc::clone(&store));
    until(&mut follower, 1).await;
    server.restart_empty();
    let other = Arc::clone(&store);
    let written = async move {
        while other.get(&KEY).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    soon("the empty server", written).await;
    assert_eq!(follower.borrow().as_ref().unwrap().value.sum, 1);
    add_one(&*store).await.unwrap();
    add_one(&*store).await.unwrap();
    until(&mut follower, 2).await;
}

#[tokio::test]
async fn a_server_that_comes_back_is_followed_again() {
    let mut server = RedisServer::start();
    let store = redis(&server).await;
    add_one(&*store).await.unwrap();
    let mut follower = document().follow(Arc::clone(&store));
    until(&mut follower, 1).await;
    server.restart();
    let other = redis(&server).await;
    add_one(&*other).await.unwrap();
    until(&mut follower, 2).await;
}
