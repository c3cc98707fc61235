//! A value that people change and services follow.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use weir_store::{Condition, Etag, Key, Prefix, Store, StoreError, get_json, put_json};

use crate::following::{self, Followed};

/// What all documents are below.
pub(crate) const FOLDER: Key = Key::from_static("control");

/// How often a change is made anew because somebody else was faster.
const MAX_ROUNDS: usize = 64;

/// A JSON value under one key. Absent, it is `T::default()`.
///
/// It is written whole, by compare-and-set, so that two who change it at a time lose nothing of
/// each other. It is never deleted: a reset writes the default, and a key that vanishes therefore
/// tells of a store that lost its data.
#[derive(Debug)]
pub struct Document<T> {
    key: Key,
    value: PhantomData<fn() -> T>,
}

/// A document and what it is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revised<T> {
    /// The value.
    pub value: T,
    /// Changes with each write; none when nothing was written as yet.
    pub etag: Option<Etag>,
}

/// Why a document was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError<E> {
    /// The caller has seen another version.
    #[error("it was changed since it was read; read it again and repeat the change")]
    Stale {
        /// The etag that it has now.
        current: Option<Etag>,
    },
    /// The change itself was refused.
    #[error(transparent)]
    Refused(E),
    /// The store did not do it.
    #[error(transparent)]
    Store(StoreError),
}

impl<T> Document<T>
where
    T: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static,
{
    /// The document under `key`, which is `control/` and the subject's name.
    ///
    /// # Panics
    ///
    /// When `key` is not below `control`.
    pub fn new(key: Key) -> Self {
        assert!(Prefix::below(FOLDER).contains(&key), "`{key}` is not below `{FOLDER}`");
        Self { key, value: PhantomData }
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What it says now.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or has something else there.
    pub async fn read(&self, store: &dyn Store) -> Result<Revised<T>, StoreError> {
        let stored = get_json(store, &self.key).await?;
        Ok(match stored {
            Some((value, etag)) => Revised { value, etag: Some(etag) },
            None => Revised { value: T::default(), etag: None },
        })
    }

    /// Lets `change` change it and writes it, with what `change` answered. What is left as it was
    /// is not written.
    ///
    /// With an `expected` etag it is changed only in the version that has this one; without, the
    /// change is made to whatever is there, again where somebody else was faster: `change` must
    /// do with being called several times.
    ///
    /// # Errors
    ///
    /// When the expected version is not the present one, when `change` refuses, or the store.
    pub async fn update<R, E>(
        &self,
        store: &dyn Store,
        expected: Option<Etag>,
        mut change: impl FnMut(&mut T) -> Result<R, E>,
    ) -> Result<(R, Revised<T>), UpdateError<E>> {
        let mut rounds = 0;
        loop {
            let Revised { mut value, etag } = self.read(store).await.map_err(UpdateError::Store)?;
            if expected.is_some() && expected != etag {
                return Err(UpdateError::Stale { current: etag });
            }
            let before = value.clone();
            let answer = change(&mut value).map_err(UpdateError::Refused)?;
            if value == before {
                return Ok((answer, Revised { value, etag }));
            }
            let condition = etag.map_or(Condition::Absent, Condition::Etag);
            match put_json(store, &self.key, &value, condition).await {
                Ok(etag) => return Ok((answer, Revised { value, etag: Some(etag) })),
                Err(StoreError::Conflict { .. }) if rounds < MAX_ROUNDS => rounds += 1,
                Err(error) => return Err(UpdateError::Store(error)),
            }
        }
    }

    /// Follows it until the receiver is dropped: see [`Followed`]. The first value may take a
    /// while where the store is away; `None` until then.
    pub fn follow(self, store: Arc<dyn Store>) -> watch::Receiver<Option<Followed<T>>> {
        following::follow(self, store)
    }
}
