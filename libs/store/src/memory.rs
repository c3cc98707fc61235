//! The store that ends with its process.

mod member_set;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use self::member_set::MemberSet;
use crate::bounds::{check_members, check_ttl, check_value};
use crate::clock::Life;
use crate::error::StoreError;
use crate::etag::{Etag, new_epoch};
use crate::key::Key;
use crate::options::StoreOptions;
use crate::page::{Page, PageBuilder};
use crate::prefix::Prefix;
use crate::store::{Condition, Store, Versioned};
use crate::watch::{Hub, Watch};

/// A store that ends with its process: for tests, and for a single process without a state.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
    hub: Hub,
    options: StoreOptions,
    epoch: u64,
}

#[derive(Debug, Default)]
struct State {
    values: BTreeMap<Key, Versioned>,
    sets: HashMap<Key, MemberSet>,
    revision: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(options: StoreOptions) -> Self {
        let hub = Hub::new(options.max_unread_changes);
        Self { state: Mutex::default(), hub, options, epoch: new_epoch() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        let mut state = self.state();
        condition.check(key, state.etag_of(key))?;
        state.revision += 1;
        let etag = Etag::new(state.revision, self.epoch);
        state.values.insert(key.clone(), Versioned { value, etag });
        Ok(etag)
    }

    fn remove(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        let mut state = self.state();
        condition.check(key, state.etag_of(key))?;
        Ok(state.values.remove(key).is_some())
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(StoreOptions::default())
    }
}

impl State {
    fn etag_of(&self, key: &Key) -> Option<Etag> {
        self.values.get(key).map(|stored| stored.etag)
    }

    fn page(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> Page {
        let start = prefix.start();
        let range = (Prefix::from(&start, after), Bound::Unbounded);
        let mut page = PageBuilder::new(limit);
        for (key, value) in self.values.range::<str, _>(range) {
            if !prefix.contains(key) || page.is_full() {
                break;
            }
            page.push(key.clone(), value.clone());
        }
        page.finish()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        Ok(self.state().values.get(key).cloned())
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        Ok(self.state().page(prefix, after, limit))
    }

    async fn put(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        check_value(key, &value, &self.options)?;
        let etag = self.insert(key, value, condition)?;
        self.hub.tell(key);
        Ok(etag)
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        let was_there = self.remove(key, condition)?;
        if was_there {
            self.hub.tell(key);
        }
        Ok(was_there)
    }

    async fn watch(&self, prefix: &Prefix) -> Result<Watch, StoreError> {
        Ok(self.hub.watch(prefix))
    }

    async fn add_to_set(
        &self,
        set: &Key,
        members: &[Bytes],
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        check_members(set, members)?;
        check_ttl(set, ttl)?;
        let life = Life::of(ttl, &self.options.clock);
        let mut state = self.state();
        // A set that nobody adds to any more is not kept for ever.
        state.sets.retain(|_, members| members.forget_expired(life.now) > 0);
        let known = state.sets.entry(set.clone()).or_default();
        let max = self.options.max_set_members.max(1);
        Ok(members.iter().map(|member| known.add(member, life, max)).collect())
    }

    async fn contains_in_set(&self, set: &Key, members: &[Bytes]) -> Result<Vec<bool>, StoreError> {
        check_members(set, members)?;
        let now = self.options.clock.now();
        let state = self.state();
        let known = state.sets.get(set);
        let is_known = |member| known.is_some_and(|known| known.contains(member, now));
        Ok(members.iter().map(is_known).collect())
    }
}
