//! Stores of each form, with small bounds and a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use weir_store::{
    Change, Clock, Condition, FileStore, Key, MemoryStore, Prefix, Store, StoreOptions,
};

use crate::redis_server::Server;

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
    pub(crate) server: Option<Server>,
}

impl Fixture {
    pub(crate) async fn memory() -> Self {
        let time = Time::default();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(time.options()));
        Self { other: Arc::clone(&store), store, time, folder: None, server: None }
    }

    pub(crate) async fn file() -> Self {
        let (time, folder) = (Time::default(), TempDir::new().unwrap());
        let store = open(&folder, &time).await;
        Self { other: Arc::clone(&store), store, time, folder: Some(folder), server: None }
    }

    pub(crate) async fn redis() -> Self {
        Self::on(Server::start(&[]), Time::default())
    }

    fn on(server: Server, time: Time) -> Self {
        let [store, other]: [Arc<dyn Store>; 2] =
            [Arc::new(server.store(time.options())), Arc::new(server.store(time.options()))];
        Self { store, other, time, folder: None, server: Some(server) }
    }

    /// Ends the process, as far as the form outlives it, and starts it again.
    pub(crate) async fn restart(self) -> Self {
        if let Some(mut server) = self.server {
            drop((self.store, self.other));
            server.kill();
            server.run();
            return Self::on(server, self.time);
        }
        let Some(folder) = self.folder else { return self };
        drop((self.store, self.other));
        let store = open(&folder, &self.time).await;
        Self {
            other: Arc::clone(&store),
            store,
            time: self.time,
            folder: Some(folder),
            server: None,
        }
    }

    /// Waits until the watchers of `store` are told all that was changed: a server tells in order,
    /// but takes its time.
    pub(crate) async fn settle(&self) {
        let mark = key("settled/mark");
        let mut watch = self.store.watch(&Prefix::below(key("settled"))).await.unwrap();
        assert_eq!(watch.next().await, Some(Change::Resync));
        self.other.put(&mark, Bytes::new(), Condition::Any).await.unwrap();
        let told = timeout(Duration::from_secs(30), watch.next()).await.unwrap();
        assert_eq!(told, Some(Change::Key(mark)));
    }
}

async fn open(folder: &TempDir, time: &Time) -> Arc<dyn Store> {
    Arc::new(FileStore::open(folder.path().join("state"), time.options()).await.unwrap())
}

pub(crate) fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}
