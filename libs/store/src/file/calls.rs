//! Calls of the database, each on a thread that may wait for the disk.

use std::sync::Arc;

use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};
use tokio::sync::{AcquireError, Semaphore};

use crate::error::StoreError;
use crate::etag::new_epoch;
use crate::key::Key;
use crate::options::StoreOptions;
use crate::watch::Hub;

/// How many reads run at once.
const READERS: usize = 4;

/// Calls of the database: some reads and one write at a time.
#[derive(Debug)]
pub(super) struct Calls {
    shared: Arc<Shared>,
    reading: Arc<Semaphore>,
    writing: Arc<Semaphore>,
}

/// What calls need.
#[derive(Debug)]
pub(super) struct Shared {
    database: Database,
    hub: Hub,
    pub(super) options: StoreOptions,
    pub(super) epoch: u64,
}

/// What a write came to.
pub(super) enum Outcome<T> {
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

impl Calls {
    pub(super) fn to(database: Database, options: StoreOptions) -> Self {
        let hub = Hub::new(options.max_unread_changes);
        Self {
            shared: Arc::new(Shared { database, hub, options, epoch: new_epoch() }),
            reading: Arc::new(Semaphore::new(READERS)),
            writing: Arc::new(Semaphore::new(1)),
        }
    }

    pub(super) fn options(&self) -> &StoreOptions {
        &self.shared.options
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    /// Runs `read` on a thread that may wait for the disk.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ReadTransaction, &Shared) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let run = |shared: &Shared| read(&shared.database.begin_read()?, shared);
        self.run(&self.reading, run).await
    }

    /// Runs `write` on such a thread, once all writes before have ended. What it changed is made
    /// durable and told to watchers, whether or not somebody still waits for the answer.
    pub(super) async fn write<T: Send + 'static>(
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

fn failed(source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Failed { source: Box::new(source) }
}
