//! Whatever is done, in whatever order, each form answers as the model does.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use weir_store::{Condition, Etag, Prefix, StoreError};

use crate::fixture::{Fixture, key};
use crate::model::Model;
use crate::steps::{KEYS, PREFIXES, SETS, Step, When, step};

/// A store beside its model.
struct Pair {
    form: Fixture,
    model: Model,
    seen: Vec<Etag>,
    unique: HashSet<Etag>,
}

impl Pair {
    fn of(form: Fixture) -> Self {
        Self { form, model: Model::default(), seen: Vec::new(), unique: HashSet::new() }
    }

    fn condition(&self, name: &str, when: When) -> Condition {
        let etag = match when {
            When::Any => return Condition::Any,
            When::Absent => return Condition::Absent,
            When::Current => self.model.get(name).map(|(_, etag)| etag),
            When::Seen(number) => self.seen.get(number % self.seen.len().max(1)).copied(),
        };
        etag.map_or(Condition::Absent, Condition::Etag)
    }

    async fn take(mut self, step: Step) -> Self {
        match step {
            Step::Put { key, value, condition } => self.put(KEYS[key], value, condition).await,
            Step::Delete { key, condition } => self.delete(KEYS[key], condition).await,
            Step::Get { key } => self.get(KEYS[key]).await,
            Step::List { prefix, after, limit } => self.list(prefix, after, limit).await,
            Step::Add { set, members, ttl } => self.add(set, &members, ttl).await,
            Step::Contains { set, members } => self.contains(set, &members).await,
            Step::Pass { milliseconds } => {
                self.form.time.pass(milliseconds);
                self.model.pass(milliseconds);
            }
            Step::Restart => self.form = self.form.restart().await,
        }
        self
    }

    async fn put(&mut self, name: &str, value: u8, when: When) {
        let condition = self.condition(name, when);
        let put = self.form.store.put(&key(name), Bytes::from(vec![value]), condition).await;
        match self.model.check(name, condition) {
            Err(current) => assert_eq!(conflict(put.unwrap_err()), current),
            Ok(()) => {
                let etag = put.unwrap();
                assert!(self.unique.insert(etag), "{etag} was there before");
                self.seen.push(etag);
                self.model.put(name, value, etag);
            }
        }
    }

    async fn delete(&mut self, name: &str, when: When) {
        let condition = self.condition(name, when);
        let deleted = self.form.store.delete(&key(name), condition).await;
        match self.model.check(name, condition) {
            Err(current) => assert_eq!(conflict(deleted.unwrap_err()), current),
            Ok(()) => assert_eq!(deleted.unwrap(), self.model.delete(name)),
        }
    }

    async fn get(&self, name: &str) {
        let stored = self.form.store.get(&key(name)).await.unwrap();
        let stored = stored.map(|stored| (stored.value[0], stored.etag));
        assert_eq!(stored, self.model.get(name));
    }

    async fn list(&self, prefix: usize, after: Option<usize>, limit: usize) {
        let after = after.map(|after| KEYS[after]);
        let (prefix, start) = match PREFIXES[prefix] {
            None => (Prefix::ALL, String::new()),
            Some(name) => (Prefix::below(key(name)), format!("{name}/")),
        };
        let page = self.form.store.list(&prefix, after.map(key).as_ref(), limit).await.unwrap();
        let mut expected = self.model.list(&start, after);
        let has_more = expected.len() > limit.max(1);
        expected.truncate(limit.max(1));
        let next = expected.last().filter(|_| has_more).map(|(name, ..)| key(name));
        assert_eq!(page.next, next);
        let listed = page
            .entries
            .into_iter()
            .map(|entry| (entry.key.as_str().to_owned(), entry.value.value[0], entry.value.etag));
        assert_eq!(listed.collect::<Vec<_>>(), expected);
    }

    async fn add(&mut self, set: u8, members: &[u8], ttl: u64) {
        let (name, octets) = (key(SETS[usize::from(set)]), octets(members));
        let added = self.form.store.add_to_set(&name, &octets, Duration::from_millis(ttl)).await;
        let max = self.form.time.options().max_set_members;
        let expected = members.iter().map(|member| self.model.add(set, *member, ttl, max));
        assert_eq!(added.unwrap(), expected.collect::<Vec<_>>());
    }

    async fn contains(&self, set: u8, members: &[u8]) {
        let name = key(SETS[usize::from(set)]);
        let known = self.form.store.contains_in_set(&name, &octets(members)).await.unwrap();
        let expected = members.iter().map(|member| self.model.contains(set, *member));
        assert_eq!(known, expected.collect::<Vec<_>>());
    }
}

fn octets(members: &[u8]) -> Vec<Bytes> {
    members.iter().map(|member| Bytes::from(vec![*member])).collect()
}

fn conflict(error: StoreError) -> Option<Etag> {
    match error {
        StoreError::Conflict { current, .. } => current,
        other => panic!("a conflict was expected, not {other}"),
    }
}

fn run(form: impl Future<Output = Fixture>, steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut pair = Pair::of(form.await);
        for step in steps {
            pair = pair.take(step).await;
        }
        for name in KEYS {
            pair.get(name).await;
        }
        for set in 0..SETS.len() as u8 {
            pair.contains(set, &(0..9).collect::<Vec<_>>()).await;
        }
    });
}

proptest! {
    #[test]
    fn a_store_in_memory_answers_as_the_model_does(steps in vec(step(), 1..120)) {
        run(Fixture::memory(), steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_store_in_a_file_answers_as_the_model_does(steps in vec(step(), 1..60)) {
        run(Fixture::file(), steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn a_store_in_a_server_answers_as_the_model_does(steps in vec(step(), 1..60)) {
        run(Fixture::redis(), steps);
    }
}
