//! A store whose notifications are lost.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use weir_store::{
    Condition, Etag, Key, MemoryStore, Page, Prefix, Store, StoreError, StoreOptions, Versioned,
    Watch,
};

/// Tells watchers of nothing that is written to it.
pub(crate) struct DeafStore {
    inner: MemoryStore,
    /// Where nobody writes.
    silence: MemoryStore,
}

impl DeafStore {
    pub(crate) fn new() -> Self {
        let memory = || MemoryStore::new(StoreOptions::default());
        Self { inner: memory(), silence: memory() }
    }
}

#[async_trait]
impl Store for DeafStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.inner.get(key).await
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.inner.list(prefix, after, limit).await
    }

    async fn put(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        self.inner.put(key, value, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        self.inner.delete(key, condition).await
    }

    async fn watch(&self, prefix: &Prefix) -> Result<Watch, StoreError> {
        self.silence.watch(prefix).await
    }

    async fn add_to_set(
        &self,
        set: &Key,
        members: &[Bytes],
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        self.inner.add_to_set(set, members, ttl).await
    }

    async fn contains_in_set(&self, set: &Key, members: &[Bytes]) -> Result<Vec<bool>, StoreError> {
        self.inner.contains_in_set(set, members).await
    }
}
