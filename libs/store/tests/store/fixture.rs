//! Stores of each form, with small bounds and a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;
use weir_store::{Clock, FileStore, Key, MemoryStore, Store, StoreOptions};

/// A clock that goes on when it is told to.
#[derive(Clone, Default)]
pub(crate) struct Time(Arc<AtomicU64>);

impl Time {
    pub(crate) fn pass(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        Clock::new(move || start + Duration::from_millis(now.load(Ordering::SeqCst)))
    }

    /// Bounds that tests reach.
    pub(crate) fn options(&self) -> StoreOptions {
        StoreOptions {
            clock: self.clock(),
            max_value_length: 3 << 20,
            max_set_members: 5,
            max_unread_changes: 16,
        }
    }
}

/// A store of some form.
pub(crate) struct Fixture {
    pub(crate) store: Arc<dyn Store>,
    /// How others see the same state.
    pub(crate) other: Arc<dyn Store>,
    pub(crate) time: Time,
    pub(crate) folder: Option<TempDir>,
}

impl Fixture {
    pub(crate) async fn memory() -> Self {
        let time = Time::default();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(time.options()));
        Self { other: Arc::clone(&store), store, time, folder: None }
    }

    pub(crate) async fn file() -> Self {
        let (time, folder) = (Time::default(), TempDir::new().unwrap());
        let store = open(&folder, &time).await;
        Self { other: Arc::clone(&store), store, time, folder: Some(folder) }
    }

    /// Ends the process, as far as the form outlives it, and starts it again.
    pub(crate) async fn restart(self) -> Self {
        let Some(folder) = self.folder else { return self };
        drop((self.store, self.other));
        let store = open(&folder, &self.time).await;
        Self { other: Arc::clone(&store), store, time: self.time, folder: Some(folder) }
    }
}

async fn open(folder: &TempDir, time: &Time) -> Arc<dyn Store> {
    Arc::new(FileStore::open(folder.path().join("state"), time.options()).await.unwrap())
}

pub(crate) fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}
