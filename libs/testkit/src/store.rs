//! A store in memory that a test interferes with.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use weir_store::{
    Condition, Etag, Key, MemoryStore, Page, Prefix, Store, StoreError, StoreOptions, Versioned,
    Watch,
};

/// A store in memory that can be away, full or deaf, and remembers what was read and written.
pub struct StoreDouble {
    memory: MemoryStore,
    /// Where nobody writes.
    silence: MemoryStore,
    is_away: AtomicBool,
    is_full: AtomicBool,
    is_deaf: AtomicBool,
    reads: Mutex<Vec<String>>,
    writes: Mutex<Vec<String>>,
}

impl Default for StoreDouble {
    fn default() -> Self {
        Self::new(StoreOptions::default())
    }
}

impl StoreDouble {
    /// A store that behaves.
    #[must_use]
    pub fn new(options: StoreOptions) -> Self {
        Self {
            memory: MemoryStore::new(options),
            silence: MemoryStore::default(),
            is_away: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            is_deaf: AtomicBool::new(false),
            reads: Mutex::default(),
            writes: Mutex::default(),
        }
    }

    /// The store behind it, which always behaves.
    pub fn memory(&self) -> &MemoryStore {
        &self.memory
    }

    /// Whether every call fails, but for those of sets.
    pub fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Whether nothing more can be written.
    pub fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::SeqCst);
    }

    /// Whether those who begin to watch are told of nothing.
    pub fn set_deaf(&self, is_deaf: bool) {
        self.is_deaf.store(is_deaf, Ordering::SeqCst);
    }

    /// The keys of values that were read, in their order.
    pub fn reads(&self) -> MutexGuard<'_, Vec<String>> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys of values that were written, in their order.
    pub fn writes(&self) -> MutexGuard<'_, Vec<String>> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> Result<(), StoreError> {
        let is_away = self.is_away.load(Ordering::SeqCst);
        let failed = || StoreError::Failed { source: "connection refused".into() };
        if is_away { Err(failed()) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for StoreDouble {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.check()?;
        self.reads().push(key.to_string());
        self.memory.get(key).await
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.check()?;
        self.memory.list(prefix, after, limit).await
    }

    async fn put(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        self.check()?;
        if self.is_full.load(Ordering::SeqCst) {
            return Err(StoreError::Failed { source: "OOM command not allowed".into() });
        }
        let etag = self.memory.put(key, value, condition).await?;
        self.writes().push(key.to_string());
        Ok(etag)
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        self.check()?;
        self.memory.delete(key, condition).await
    }

    async fn watch(&self, prefix: &Prefix) -> Result<Watch, StoreError> {
        self.check()?;
        match self.is_deaf.load(Ordering::SeqCst) {
            true => self.silence.watch(prefix).await,
            false => self.memory.watch(prefix).await,
        }
    }

    async fn add_to_set(
        &self,
        set: &Key,
        members: &[Bytes],
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        self.memory.add_to_set(set, members, ttl).await
    }

    async fn contains_in_set(&self, set: &Key, members: &[Bytes]) -> Result<Vec<bool>, StoreError> {
        self.memory.contains_in_set(set, members).await
    }
}
