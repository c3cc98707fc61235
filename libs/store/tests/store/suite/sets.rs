//! Sets whose members expire.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use weir_store::{Condition, Store};

use crate::fixture::{Fixture, key};

fn members(names: &[&str]) -> Vec<Bytes> {
    names.iter().map(|name| Bytes::copy_from_slice(name.as_bytes())).collect()
}

async fn add(store: &dyn Store, set: &str, names: &[&str], milliseconds: u64) -> Vec<bool> {
    let ttl = Duration::from_millis(milliseconds);
    store.add_to_set(&key(set), &members(names), ttl).await.unwrap()
}

async fn contains(store: &dyn Store, set: &str, names: &[&str]) -> Vec<bool> {
    store.contains_in_set(&key(set), &members(names)).await.unwrap()
}

pub(crate) async fn a_member_is_new_once(form: Fixture) {
    assert_eq!(contains(&*form.store, "events", &["a", "b"]).await, [false, false]);
    assert_eq!(add(&*form.store, "events", &["a"], 1000).await, [true]);
    assert_eq!(add(&*form.other, "events", &["b", "a"], 1000).await, [true, false]);
    assert_eq!(contains(&*form.store, "events", &["b", "c", "a"]).await, [true, false, true]);
    assert!(add(&*form.store, "events", &[], 1000).await.is_empty());
}

pub(crate) async fn a_member_is_new_once_in_a_call(form: Fixture) {
    assert_eq!(
        add(&*form.store, "events", &["a", "b", "a", ""], 1).await,
        [true, true, false, true]
    );
}

pub(crate) async fn a_member_expires(form: Fixture) {
    add(&*form.store, "events", &["a"], 10).await;
    form.time.pass(5);
    add(&*form.store, "events", &["b"], 10).await;
    form.time.pass(4);
    assert_eq!(contains(&*form.store, "events", &["a", "b"]).await, [true, true]);
    form.time.pass(1);
    assert_eq!(contains(&*form.store, "events", &["a", "b"]).await, [false, true]);
    assert_eq!(add(&*form.store, "events", &["a", "b"], 10).await, [true, false]);
}

pub(crate) async fn a_life_is_prolonged_and_never_cut(form: Fixture) {
    add(&*form.store, "events", &["long", "short"], 10).await;
    add(&*form.store, "events", &["long"], 20).await;
    add(&*form.store, "events", &["short"], 1).await;
    form.time.pass(9);
    assert_eq!(contains(&*form.store, "events", &["long", "short"]).await, [true, true]);
    form.time.pass(10);
    assert_eq!(contains(&*form.store, "events", &["long", "short"]).await, [true, false]);
    form.time.pass(1);
    assert_eq!(contains(&*form.store, "events", &["long", "short"]).await, [false, false]);
}

pub(crate) async fn a_set_is_neither_another_set_nor_a_value(form: Fixture) {
    form.store.put(&key("events"), Bytes::new(), Condition::Any).await.unwrap();
    add(&*form.store, "events", &["a"], 10).await;
    for set in ["events/a", "event", "events0"] {
        assert_eq!(contains(&*form.store, set, &["a"]).await, [false], "{set}");
    }
    form.store.delete(&key("events"), Condition::Any).await.unwrap();
    assert_eq!(contains(&*form.store, "events", &["a"]).await, [true]);
}

pub(crate) async fn a_full_set_loses_who_expires_first(form: Fixture) {
    for (name, ttl) in [("c", 30), ("a", 10), ("e", 50), ("b", 20), ("d", 40)] {
        add(&*form.store, "events", &[name], ttl).await;
    }
    add(&*form.store, "others", &["x"], 1).await;
    assert_eq!(add(&*form.store, "events", &["f", "e"], 60).await, [true, false]);
    let known = contains(&*form.store, "events", &["a", "b", "c", "d", "e", "f"]).await;
    assert_eq!(known, [false, true, true, true, true, true]);
    assert_eq!(contains(&*form.store, "others", &["x"]).await, [true]);
}

pub(crate) async fn one_of_many_finds_a_member_new(form: Fixture) {
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let store = Arc::clone(if task % 2 == 0 { &form.store } else { &form.other });
        tasks.spawn(async move { add(&*store, "events", &["a"], 1000).await });
    }
    let found_new = tasks.join_all().await.into_iter().filter(|new| new == &[true]).count();
    assert_eq!(found_new, 1);
}
