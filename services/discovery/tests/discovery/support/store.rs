//! What a store in memory has of the inventory.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use weir_inventory::region::{InventoryIndex, RegionSnapshot};
use weir_store::{Condition, Key, Prefix, Store as _};
use weir_testkit::StoreDouble;

/// A store that can be away, or refuse to take more.
pub(crate) type FlakyStore = StoreDouble;

/// One that behaves as yet.
pub(crate) fn store() -> Arc<FlakyStore> {
    Arc::default()
}

/// What a test looks for in the store, past its switches.
#[async_trait]
pub(crate) trait StoredInventory {
    /// The index, as whoever else reads it sees it.
    async fn index(&self) -> Option<InventoryIndex>;
    /// All that the index names, which has to be there.
    async fn parts(&self) -> Vec<RegionSnapshot>;
    /// What is stored of the inventory.
    async fn keys(&self) -> Vec<String>;
    /// Forgets everything, as a store that was restarted without its data.
    async fn flush(&self);
    /// Writes a value.
    async fn put_raw(&self, key: &str, value: Bytes);
}

#[async_trait]
impl StoredInventory for FlakyStore {
    async fn index(&self) -> Option<InventoryIndex> {
        let key = Key::from_static(InventoryIndex::KEY);
        let found = self.memory().get(&key).await.unwrap()?;
        Some(InventoryIndex::from_json(&found.value).unwrap())
    }

    async fn parts(&self) -> Vec<RegionSnapshot> {
        let mut parts = Vec::new();
        for entry in self.index().await.map(|index| index.parts).unwrap_or_default() {
            let key = Key::of_parts(entry.key_parts()).unwrap();
            let found = self.memory().get(&key).await.unwrap().expect("the index names it");
            let json = weir_discovery::publish::decompress(&found.value, 1 << 28).unwrap();
            parts.push(RegionSnapshot::from_json(&json).unwrap());
        }
        parts
    }

    async fn keys(&self) -> Vec<String> {
        keys_of(self, &Prefix::below(Key::from_static("inventory"))).await
    }

    async fn flush(&self) {
        for key in keys_of(self, &Prefix::ALL).await {
            self.memory().delete(&key.parse().unwrap(), Condition::Any).await.unwrap();
        }
    }

    async fn put_raw(&self, key: &str, value: Bytes) {
        self.memory().put(&key.parse().unwrap(), value, Condition::Any).await.unwrap();
    }
}

async fn keys_of(store: &FlakyStore, prefix: &Prefix) -> Vec<String> {
    let page = store.memory().list(prefix, None, 1000).await.unwrap();
    page.entries.iter().map(|entry| entry.key.to_string()).collect()
}
