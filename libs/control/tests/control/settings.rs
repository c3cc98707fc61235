//! Who follows settings.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::watch;
use weir_control::settings::{
    Effective, FileSettings, Setting, SettingValues, document, follow, of_file,
};
use weir_store::{Condition, MemoryStore, RedisConfig, RedisStore, Store, StoreOptions};
use weir_testkit::{RedisServer, soon};

async fn set(store: &dyn Store, records_per_second: Option<u64>) {
    let new = SettingValues { records_per_second, ..SettingValues::default() };
    let change = |stored: &mut SettingValues| {
        stored.take_over(&[Setting::RecordsPerSecond], &new);
        Ok::<_, Infallible>(())
    };
    document().update(store, None, change).await.unwrap();
}

async fn until(settings: &mut watch::Receiver<Arc<Effective>>, records_per_second: u64) {
    let is_so = |known: &Arc<Effective>| known.records_per_second == records_per_second;
    soon("the setting", settings.wait_for(is_so)).await.unwrap();
}

fn file(records_per_second: u64) -> FileSettings {
    let values =
        SettingValues { records_per_second: Some(records_per_second), ..SettingValues::default() };
    FileSettings { values, ..FileSettings::default() }
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(StoreOptions::default()))
}

#[tokio::test]
async fn the_file_counts_before_the_store_has_told_and_again_after_a_reset() {
    let store = memory();
    let mut settings = follow(Arc::clone(&store), file(5));
    assert_eq!(settings.borrow().records_per_second, 5);
    set(&*store, Some(7)).await;
    until(&mut settings, 7).await;
    assert_eq!(settings.borrow().over_file.records_per_second, Some(7));
    set(&*store, None).await;
    until(&mut settings, 5).await;
}

#[tokio::test]
async fn a_locked_file_is_all_whatever_is_stored() {
    let store = memory();
    set(&*store, Some(7)).await;
    let locked = FileSettings { is_locked: true, ..file(5) };
    assert_eq!(follow(store, locked.clone()).borrow().records_per_second, 5);
    assert_eq!(of_file(&locked).borrow().records_per_second, 5);
}

#[tokio::test]
async fn a_stored_value_that_is_not_accepted_is_passed_over_and_the_others_count() {
    let store = memory();
    let key = document().key().clone();
    let stored = r#"{"records_per_second":7,"s3_concurrency":1000,"of_tomorrow":true}"#;
    store.put(&key, stored.into(), Condition::Any).await.unwrap();
    let mut settings = follow(store, file(5));
    until(&mut settings, 7).await;
    assert_eq!(settings.borrow().s3_concurrency, 2);
}

#[tokio::test]
async fn a_change_made_before_the_server_died_counts_although_nobody_was_told() {
    let mut server = RedisServer::start();
    let connect = || {
        let config = RedisConfig::new(server.url());
        Arc::new(RedisStore::new(config, StoreOptions::default()).unwrap())
    };
    let (follower, writer) = (connect(), connect());
    let mut settings = follow(follower, file(5));
    set(&*writer, Some(6)).await;
    until(&mut settings, 6).await;
    // Publishing to nobody is what a death between write and notification comes to: the follower's
    // connections are cut before the write, and the server is killed right after it.
    assert!(server.command("CLIENT KILL TYPE pubsub").starts_with(':'));
    set(&*writer, Some(7)).await;
    server.restart();
    until(&mut settings, 7).await;
}
