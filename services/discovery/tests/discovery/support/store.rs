//! A store that comes and goes, and remembers what was written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use weir_inventory::region::{InventoryIndex, RegionSnapshot};
use weir_store::{
    Condition, Etag, Key, MemoryStore, Page, Prefix, Store, StoreError, StoreOptions, Versioned,
    Watch,
};

/// A store in memory that can be away, or refuse to take more.
pub(crate) struct FlakyStore {
    inner: MemoryStore,
    is_away: AtomicBool,
    is_full: AtomicBool,
    pub(crate) written: Mutex<Vec<String>>,
}

impl FlakyStore {
    pub(crate) fn new() -> Arc<Self> {
        Self::with_options(StoreOptions::default())
    }

    pub(crate) fn with_options(options: StoreOptions) -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::new(options),
            is_away: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            written: Mutex::default(),
        })
    }

    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    pub(crate) fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::SeqCst);
    }

    /// The index, as whoever else reads it sees it.
    pub(crate) async fn index(&self) -> Option<InventoryIndex> {
        let key = Key::from_static(InventoryIndex::KEY);
        let found = self.inner.get(&key).await.unwrap()?;
        Some(InventoryIndex::from_json(&found.value).unwrap())
    }

    /// All that the index names, which has to be there.
    pub(crate) async fn parts(&self) -> Vec<RegionSnapshot> {
        let mut parts = Vec::new();
        for entry in self.index().await.map(|index| index.parts).unwrap_or_default() {
            let key = Key::of_parts(entry.key_parts()).unwrap();
            let found = self.inner.get(&key).await.unwrap().expect("the index names it");
            let json = weir_discovery::publish::decompress(&found.value, 1 << 28).unwrap();
            parts.push(RegionSnapshot::from_json(&json).unwrap());
        }
        parts
    }

    /// What is stored of the inventory.
    pub(crate) async fn keys(&self) -> Vec<String> {
        self.keys_of(&Prefix::below(Key::from_static("inventory"))).await
    }

    async fn keys_of(&self, prefix: &Prefix) -> Vec<String> {
        let page = self.inner.list(prefix, None, 1000).await.unwrap();
        page.entries.iter().map(|entry| entry.key.to_string()).collect()
    }

    /// Forgets everything, as a store that was restarted without its data.
    pub(crate) async fn flush(&self) {
        for key in self.keys_of(&Prefix::ALL).await {
            self.inner.delete(&key.parse().unwrap(), Condition::Any).await.unwrap();
        }
    }

    /// Writes past the switches.
    pub(crate) async fn put_raw(&self, key: &str, value: Bytes) {
        self.inner.put(&key.parse().unwrap(), value, Condition::Any).await.unwrap();
    }

    fn check(&self) -> Result<(), StoreError> {
        let is_away = self.is_away.load(Ordering::SeqCst);
        let failed = || StoreError::Failed { source: "connection refused".into() };
        if is_away { Err(failed()) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for FlakyStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.check()?;
        self.inner.get(key).await
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.check()?;
        self.inner.list(prefix, after, limit).await
    }

    async fn put(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        self.check()?;
        if self.is_full.load(Ordering::SeqCst) {
            return Err(StoreError::Failed { source: "OOM command not allowed".into() });
        }
        let etag = self.inner.put(key, value, condition).await?;
        self.written.lock().unwrap().push(key.to_string());
        Ok(etag)
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        self.check()?;
        self.inner.delete(key, condition).await
    }

    async fn watch(&self, prefix: &Prefix) -> Result<Watch, StoreError> {
        self.check()?;
        self.inner.watch(prefix).await
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
