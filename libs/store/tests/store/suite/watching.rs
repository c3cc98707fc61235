//! Watches.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio_stream::StreamExt;
use weir_store::{Change, Condition, Etag, Prefix, Store, StoreError, Watch};

use crate::fixture::{Fixture, key};

/// Long enough for the slowest machine, and never waited for.
const DEADLINE: Duration = Duration::from_secs(30);

async fn next(watch: &mut Watch) -> Option<Change> {
    tokio::select! {
        // First: a watcher that was not woken must not be saved by the deadline's waking it.
        biased;
        () = tokio::time::sleep(DEADLINE) => panic!("no change is told"),
        change = watch.next() => change,
    }
}

fn changed(name: &str) -> Option<Change> {
    Some(Change::Key(key(name)))
}

async fn put(store: &dyn Store, name: &str) -> Etag {
    store.put(&key(name), Bytes::new(), Condition::Any).await.unwrap()
}

/// A watch whose first message was read.
async fn watch(form: &Fixture, prefix: &Prefix) -> Watch {
    let mut watch = form.store.watch(prefix).await.unwrap();
    assert_eq!(next(&mut watch).await, Some(Change::Resync));
    watch
}

pub(crate) async fn a_watch_begins_with_reading_all(form: Fixture) {
    put(&*form.other, "settings/a").await;
    let mut watch = form.store.watch(&Prefix::ALL).await.unwrap();
    assert_eq!(next(&mut watch).await, Some(Change::Resync));
    put(&*form.other, "settings/b").await;
    assert_eq!(next(&mut watch).await, changed("settings/b"));
}

pub(crate) async fn a_watcher_is_told_what_others_change(form: Fixture) {
    let mut watch = watch(&form, &Prefix::below(key("settings"))).await;
    put(&*form.other, "settings/a").await;
    assert_eq!(next(&mut watch).await, changed("settings/a"));
    put(&*form.other, "settings-old/a").await;
    put(&*form.other, "settings").await;
    form.other.delete(&key("settings/a"), Condition::Any).await.unwrap();
    assert_eq!(next(&mut watch).await, changed("settings/a"));
    put(&*form.store, "settings/own").await;
    assert_eq!(next(&mut watch).await, changed("settings/own"));
}

pub(crate) async fn a_watcher_is_not_told_what_did_not_happen(form: Fixture) {
    let etag = put(&*form.store, "gone").await;
    form.store.delete(&key("gone"), Condition::Any).await.unwrap();
    let mut watch = watch(&form, &Prefix::ALL).await;
    let refused = form.other.put(&key("gone"), Bytes::new(), Condition::Etag(etag)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { current: None, .. })));
    assert!(!form.other.delete(&key("gone"), Condition::Any).await.unwrap());
    let members = [Bytes::from_static(b"member")];
    form.other.add_to_set(&key("gone"), &members, Duration::from_secs(1)).await.unwrap();
    put(&*form.other, "here").await;
    assert_eq!(next(&mut watch).await, changed("here"));
}

pub(crate) async fn many_changes_of_a_key_are_told_once(form: Fixture) {
    let mut watch = watch(&form, &Prefix::below(key("key"))).await;
    for _ in 0..20 {
        put(&*form.other, "key/busy").await;
    }
    put(&*form.other, "key/last").await;
    form.settle().await;
    assert_eq!(next(&mut watch).await, changed("key/busy"));
    assert_eq!(next(&mut watch).await, changed("key/last"));
}

pub(crate) async fn a_watcher_that_lags_is_told_to_read_all(form: Fixture) {
    let mut watch = watch(&form, &Prefix::below(key("key"))).await;
    for number in 0..40 {
        put(&*form.other, &format!("key/{number}")).await;
    }
    form.settle().await;
    assert_eq!(next(&mut watch).await, Some(Change::Resync));
    put(&*form.other, "key/last").await;
    assert_eq!(next(&mut watch).await, changed("key/last"));
}

pub(crate) async fn a_busy_key_does_not_hide_the_others(form: Fixture) {
    let mut watch = watch(&form, &Prefix::ALL).await;
    let mut told = Vec::new();
    put(&*form.other, "other").await;
    for _ in 0..3 {
        put(&*form.other, "busy").await;
        told.push(next(&mut watch).await);
    }
    assert!(told.contains(&changed("other")), "{told:?}");
}

pub(crate) async fn a_watcher_sees_the_last_value(form: Fixture) {
    const LAST: u8 = 60;
    let mut watch = watch(&form, &Prefix::below(key("count"))).await;
    let other = Arc::clone(&form.other);
    let writer = tokio::spawn(async move {
        for count in 1..=LAST {
            let name = key(&format!("count/{}", count % 3));
            other.put(&name, Bytes::from(vec![count]), Condition::Any).await.unwrap();
        }
    });
    let mut seen = [0; 3];
    while seen != [LAST, LAST - 2, LAST - 1] {
        let change = next(&mut watch).await.expect("the store is there");
        for (number, seen) in seen.iter_mut().enumerate() {
            let name = key(&format!("count/{number}"));
            if change == Change::Resync || change == Change::Key(name.clone()) {
                let stored = form.store.get(&name).await.unwrap();
                *seen = stored.map_or(0, |stored| stored.value[0]);
            }
        }
    }
    writer.await.unwrap();
}

pub(crate) async fn a_watch_ends_with_its_store(form: Fixture) {
    let mut watch = watch(&form, &Prefix::below(key("key"))).await;
    put(&*form.store, "key/last").await;
    form.settle().await;
    let waiting = tokio::spawn(async move {
        assert_eq!(next(&mut watch).await, changed("key/last"));
        next(&mut watch).await
    });
    drop(form);
    assert_eq!(waiting.await.unwrap(), None);
}
