//! The store in a file, for one process.

mod members;
mod open;
mod open_error;
mod tables;
mod values;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};
use tokio::sync::{AcquireError, Semaphore};

pub use self::open_error::OpenError;

use crate::bounds::{check_members, check_ttl, check_value};
use crate::clock::Life;
use crate::error::StoreError;
use crate::etag::{Etag, new_epoch};
use crate::key::Key;
use crate::options::StoreOptions;
use crate::prefix::Prefix;
use crate::store::{Condition, Page, Store, Versioned};
use crate::watch::{Hub, Watch};

/// How many reads run at once; each has a thread.
const READERS: usize = 4;

/// A store in a file that one process at a time has open, by the embedded database redb.
///
/// A write that was answered is on disk. Writes wait for each other and for the disk.
#[derive(Debug)]
pub struct FileStore {
    shared: Arc<Shared>,
    reading: Arc<Semaphore>,
    writing: Arc<Semaphore>,
}

#[derive(Debug)]
struct Shared {
    database: Database,
    hub: Hub,
    options: StoreOptions,
    epoch: u64,
}

impl FileStore {
    /// Opens the file, or makes it, for this user alone (mode 0600); its folder must exist. All of
    /// an existing file is read once and checked for damage.
    pub async fn open(path: impl Into<PathBuf>, options: StoreOptions) -> Result<Self, OpenError> {
        let (path, clock) = (path.into(), options.clock.clone());
        let place = path.clone();
        let opened = tokio::task::spawn_blocking(move || open::open(&path, clock.now())).await;
        let database = opened.map_err(|source| OpenError::damaged(&place, source))??;
        let hub = Hub::new(options.max_unread_changes);
        Ok(Self {
            shared: Arc::new(Shared { database, hub, options, epoch: new_epoch() }),
            reading: Arc::new(Semaphore::new(READERS)),
            writing: Arc::new(Semaphore::new(1)),
        })
    }

    /// Runs `read` on a thread that may wait for the disk.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ReadTransaction, &Shared) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let run = |shared: &Shared| read(&shared.database.begin_read()?, shared);
        self.run(&self.reading, run).await
    }

    /// Runs `write` on such a thread, once all writes before have ended. What it changed is made
    /// durable and told to watchers, whether or not somebody still waits for the answer.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&WriteTransaction, &Shared) -> Result<Outcome<T>, redb::Error>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        let run = |shared: &Shared| {
            let transaction = shared.database.begin_write()?;
            let outcome = write(&transaction, shared)?;
            match outcome {
                Outcome::Changed { .. } => transaction.commit()?,
                Outcome::Same(_) => transaction.abort()?,
            }
            Ok(outcome.tell(&shared.hub))
        };
        self.run(&self.writing, run).await
    }

    /// Runs `call` on a thread of its own. The permit is held until it ends, even when nobody
    /// waits for it any more.
    async fn run<T: Send + 'static>(
        &self,
        permits: &Arc<Semaphore>,
        call: impl FnOnce(&Shared) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(permits).acquire_owned().await;
        let permit = permit.map_err(|source: AcquireError| failed(source))?;
        let shared = Arc::clone(&self.shared);
        let called = tokio::task::spawn_blocking(move || {
            let result = call(&shared);
            // Before the answer: who gets it may drop the store and open the file again.
            drop((shared, permit));
            result
        });
        called.await.map_err(failed)?.map_err(failed)
    }
}

/// What a write came to.
enum Outcome<T> {
    /// It happened; watchers are told the key.
    Changed { answer: T, key: Option<Key> },
    /// Nothing was to be done.
    Same(T),
}

impl<T> Outcome<T> {
    fn tell(self, hub: &Hub) -> T {
        match self {
            Self::Same(answer) => answer,
            Self::Changed { answer, key } => {
                key.iter().for_each(|key| hub.tell(key));
                answer
            }
        }
    }
}

fn failed(source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Failed { source: Box::new(source) }
}

#[async_trait]
impl Store for FileStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let key = key.clone();
        self.read(move |transaction, _| values::get(transaction, &key)).await
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (prefix, after) = (prefix.clone(), after.cloned());
        self.read(move |transaction, _| values::list(transaction, &prefix, after.as_ref(), limit))
            .await
    }

    async fn put(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        check_value(key, &value, &self.shared.options)?;
        let key = key.clone();
        self.write(move |transaction, shared| {
            values::put(transaction, key, &value, condition, shared.epoch)
        })
        .await?
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        let key = key.clone();
        self.write(move |transaction, _| values::delete(transaction, key, condition)).await?
    }

    async fn watch(&self, prefix: &Prefix) -> Result<Watch, StoreError> {
        Ok(self.shared.hub.watch(prefix))
    }

    async fn add_to_set(
        &self,
        set: &Key,
        members: &[Bytes],
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        check_members(set, members)?;
        check_ttl(set, ttl)?;
        let (set, members) = (set.clone(), members.to_vec());
        self.write(move |transaction, shared| {
            let life = Life::of(ttl, &shared.options.clock);
            let max = shared.options.max_set_members.max(1);
            let answer = members::add(transaction, &set, &members, life, max)?;
            Ok(Outcome::Changed { answer, key: None })
        })
        .await
    }

    async fn contains_in_set(&self, set: &Key, members: &[Bytes]) -> Result<Vec<bool>, StoreError> {
        check_members(set, members)?;
        let (set, members) = (set.clone(), members.to_vec());
        self.read(move |transaction, shared| {
            members::contains(transaction, &set, &members, shared.options.clock.now())
        })
        .await
    }
}
