//! Values, conditions, etags.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinSet;
use weir_store::{Condition, Etag, Store, StoreError, get_json, put_json};

use crate::fixture::{Fixture, key};

const TASKS: usize = 8;
const ROUNDS: usize = 12;

fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Option<Etag> {
    match result {
        Err(StoreError::Conflict { current, .. }) => current,
        other => panic!("a conflict was expected, not {other:?}"),
    }
}

pub(crate) async fn a_key_without_a_value_has_none(form: Fixture) {
    let key = key("settings/current");
    assert_eq!(form.store.get(&key).await.unwrap(), None);
    assert!(!form.store.delete(&key, Condition::Any).await.unwrap());
}

pub(crate) async fn what_was_put_is_read_by_all(form: Fixture) {
    for value in [Bytes::new(), Bytes::from_static(b"\0\xff"), Bytes::from(vec![7; 1 << 20])] {
        let key = key("settings/current");
        let etag = form.store.put(&key, value.clone(), Condition::Any).await.unwrap();
        for store in [&form.store, &form.other] {
            let stored = store.get(&key).await.unwrap().unwrap();
            assert_eq!((stored.value, stored.etag), (value.clone(), etag));
        }
    }
}

pub(crate) async fn a_put_needs_its_condition_to_hold(form: Fixture) {
    let (store, key, value) = (&form.store, key("lease/1"), Bytes::from_static(b"a"));
    let put = async |condition| store.put(&key, value.clone(), condition).await;

    let first = put(Condition::Absent).await.unwrap();
    assert_eq!(conflict(put(Condition::Absent).await), Some(first));
    let second = put(Condition::Etag(first)).await.unwrap();
    assert_eq!(conflict(put(Condition::Etag(first)).await), Some(second));
    assert!(store.delete(&key, Condition::Any).await.unwrap());
    assert_eq!(conflict(put(Condition::Etag(second)).await), None);
    assert_eq!(store.get(&key).await.unwrap(), None);
    put(Condition::Any).await.unwrap();
}

pub(crate) async fn a_delete_needs_its_condition_to_hold(form: Fixture) {
    let (store, key) = (&form.store, key("lease/1"));
    let first = store.put(&key, Bytes::new(), Condition::Any).await.unwrap();
    let second = store.put(&key, Bytes::new(), Condition::Any).await.unwrap();
    assert_eq!(conflict(store.delete(&key, Condition::Etag(first)).await), Some(second));
    assert_eq!(conflict(store.delete(&key, Condition::Absent).await), Some(second));
    assert!(store.delete(&key, Condition::Etag(second)).await.unwrap());
    assert_eq!(conflict(store.delete(&key, Condition::Etag(second)).await), None);
    assert!(!store.delete(&key, Condition::Absent).await.unwrap());
}

pub(crate) async fn an_etag_never_repeats(mut form: Fixture) {
    let (key, mut seen) = (key("lease/1"), HashSet::new());
    for round in 0..ROUNDS {
        let etag = form.store.put(&key, Bytes::new(), Condition::Any).await.unwrap();
        assert!(seen.insert(etag), "{etag} was there before");
        assert_eq!(etag.to_string().parse(), Ok(etag));
        if round % 3 == 1 {
            form.store.delete(&key, Condition::Any).await.unwrap();
        }
        if round % 4 == 3 {
            form = form.restart().await;
        }
    }
}

pub(crate) async fn one_of_many_creators_succeeds(form: Fixture) {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(if task % 2 == 0 { &form.store } else { &form.other });
        tasks.spawn(async move {
            store.put(&key("lease/1"), Bytes::from(vec![task as u8]), Condition::Absent).await
        });
    }
    let results = tasks.join_all().await;
    let etags: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    assert_eq!(etags.len(), 1);
    for result in &results {
        if let Err(StoreError::Conflict { current, .. }) = result {
            assert_eq!(current.as_ref(), Some(etags[0]));
        }
    }
}

pub(crate) async fn a_count_by_compare_and_set_is_exact(form: Fixture) {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(if task % 2 == 0 { &form.store } else { &form.other });
        tasks.spawn(async move {
            for _ in 0..ROUNDS {
                count(&*store).await;
            }
        });
    }
    tasks.join_all().await;
    let (total, _) = get_json::<usize>(&*form.store, &key("count")).await.unwrap().unwrap();
    assert_eq!(total, TASKS * ROUNDS);
}

/// Adds one, as often as it takes.
async fn count(store: &dyn Store) {
    loop {
        let stored = get_json::<usize>(store, &key("count")).await.unwrap();
        let (value, condition) = match stored {
            None => (0, Condition::Absent),
            Some((value, etag)) => (value, Condition::Etag(etag)),
        };
        match put_json(store, &key("count"), &(value + 1), condition).await {
            Ok(_) => return,
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) async fn json_is_read_as_it_was_written(form: Fixture) {
    let (key, value) = (key("checkpoints/flows"), ("shard-1".to_owned(), 7_u64));
    assert_eq!(get_json::<(String, u64)>(&*form.store, &key).await.unwrap(), None);
    let etag = put_json(&*form.store, &key, &value, Condition::Absent).await.unwrap();
    assert_eq!(get_json(&*form.other, &key).await.unwrap(), Some((value, etag)));
}

pub(crate) async fn json_of_another_shape_is_refused(form: Fixture) {
    let key = key("checkpoints/flows");
    put_json(&*form.store, &key, &"text", Condition::Any).await.unwrap();
    let error = get_json::<u64>(&*form.store, &key).await.unwrap_err();
    assert!(matches!(error, StoreError::Content { .. }), "{error}");
    assert!(error.to_string().contains("checkpoints/flows"), "{error}");
}
