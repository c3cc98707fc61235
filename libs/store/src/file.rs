//! The store in a file, for one process.

mod calls;
mod members;
mod open;
mod open_error;
mod tables;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use self::open_error::OpenError;

use self::calls::{Calls, Outcome};
use crate::bounds::{check_members, check_ttl, check_value};
use crate::clock::Life;
use crate::error::StoreError;
use crate::etag::Etag;
use crate::key::Key;
use crate::options::StoreOptions;
use crate::page::Page;
use crate::prefix::Prefix;
use crate::store::{Condition, Store, Versioned};
use crate::watch::Watch;

/// A store in a file that one process at a time has open, by the embedded database redb.
///
/// A write that was answered is on disk. Writes wait for each other and for the disk.
#[derive(Debug)]
pub struct FileStore {
    calls: Calls,
}

impl FileStore {
    /// Opens the file, or makes it, for this user alone (mode 0600); its folder must exist. All of
    /// an existing file is read once and checked for damage.
    pub async fn open(path: impl Into<PathBuf>, options: StoreOptions) -> Result<Self, OpenError> {
        let (path, clock) = (path.into(), options.clock.clone());
        let place = path.clone();
        let opened = tokio::task::spawn_blocking(move || open::open(&path, clock.now())).await;
        let database = opened.map_err(|source| OpenError::damaged(&place, source))??;
        Ok(Self { calls: Calls::to(database, options) })
    }
}

#[async_trait]
impl Store for FileStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let key = key.clone();
        self.calls.read(move |transaction, _| values::get(transaction, &key)).await
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (prefix, after) = (prefix.clone(), after.cloned());
        self.calls
            .read(move |transaction, _| values::list(transaction, &prefix, after.as_ref(), limit))
            .await
    }

    async fn put(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        check_value(key, &value, self.calls.options())?;
        let key = key.clone();
        self.calls
            .write(move |transaction, shared| {
                values::put(transaction, key, &value, condition, shared.epoch)
            })
            .await?
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        let key = key.clone();
        self.calls.write(move |transaction, _| values::delete(transaction, key, condition)).await?
    }

    async fn watch(&self, prefix: &Prefix) -> Result<Watch, StoreError> {
        Ok(self.calls.hub().watch(prefix))
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
        self.calls
            .write(move |transaction, shared| {
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
        self.calls
            .read(move |transaction, shared| {
                members::contains(transaction, &set, &members, shared.options.clock.now())
            })
            .await
    }
}
