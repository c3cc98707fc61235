//! A store of each form, and workers over it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use weir_lease::{Checkpoint, HashRange, LeaseConfig, LeaseEvent, Leases, Table, UnitId, UnitSpec};
use weir_store::{FileStore, MemoryStore, RedisConfig, RedisStore, Store, StoreOptions};
use weir_testkit::{RedisServer, soon};

pub(crate) const SET: &str = "123456789012:eu-west-1:flows:1";

/// A store of some form.
pub(crate) struct Fixture {
    pub(crate) store: Arc<dyn Store>,
    _folder: Option<TempDir>,
    pub(crate) server: Option<RedisServer>,
}

impl Fixture {
    pub(crate) async fn memory() -> Self {
        Self { store: Arc::new(MemoryStore::default()), _folder: None, server: None }
    }

    pub(crate) async fn file() -> Self {
        let folder = TempDir::new().unwrap();
        let store = FileStore::open(folder.path().join("state"), StoreOptions::default()).await;
        Self { store: Arc::new(store.unwrap()), _folder: Some(folder), server: None }
    }

    pub(crate) async fn redis() -> Self {
        let server = RedisServer::start();
        let store = redis_store(&server).await;
        Self { store: Arc::new(store), _folder: None, server: Some(server) }
    }

    pub(crate) fn table(&self) -> Table {
        Table::new(Arc::clone(&self.store), "kinesis")
    }

    /// A worker that reads the set.
    pub(crate) async fn worker(&self, name: &str) -> Worker {
        Worker::start(self.table(), name).await
    }
}

pub(crate) async fn redis_store(server: &RedisServer) -> RedisStore {
    let config = RedisConfig { timeout: Duration::from_secs(2), ..RedisConfig::new(server.url()) };
    RedisStore::new(config, StoreOptions::default()).unwrap().pinned().await.unwrap()
}

/// A worker and what it was told.
pub(crate) struct Worker {
    pub(crate) leases: Leases,
}

impl Worker {
    pub(crate) async fn start(table: Table, name: &str) -> Self {
        let config = LeaseConfig {
            failover: Duration::from_millis(1500),
            scan: Duration::from_millis(100),
            hand_over: Duration::from_secs(20),
            ..LeaseConfig::new(name)
        };
        let leases = Leases::start(table, config);
        leases.handle().want(HashSet::from([SET.to_owned()])).await.unwrap();
        Self { leases }
    }

    pub(crate) async fn next(&mut self) -> LeaseEvent {
        soon("an event", self.leases.next()).await.expect("the worker runs")
    }

    /// The next lease that it gets.
    pub(crate) async fn granted(&mut self) -> (UnitId, u64, Checkpoint) {
        match self.next().await {
            LeaseEvent::Granted { unit, fence, checkpoint, .. } => (unit, fence, checkpoint),
            other => panic!("not granted: {other:?}"),
        }
    }
}

/// Open units that share all keys.
pub(crate) fn units(count: u32) -> Vec<UnitSpec> {
    let width = u128::MAX / u128::from(count);
    let unit = |number: u32| {
        let first = u128::from(number) * width;
        let last = if number + 1 == count { u128::MAX } else { first + width - 1 };
        UnitSpec {
            name: format!("shardId-{number:012}"),
            parents: Vec::new(),
            range: Some(HashRange { first, last }),
            is_open: true,
        }
    };
    (0..count).map(unit).collect()
}

pub(crate) fn unit(number: u32) -> UnitId {
    UnitId::new(SET, format!("shardId-{number:012}"))
}
