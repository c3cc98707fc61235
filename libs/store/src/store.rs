//! The contract of all stores.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::StoreError;
use crate::etag::Etag;
use crate::key::Key;
use crate::page::Page;
use crate::prefix::Prefix;
use crate::watch::Watch;

/// A value and what it is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The value.
    pub value: Bytes,
    /// Changes with each write of the value.
    pub etag: Etag,
}

/// What must be true of a key for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Any,
    /// It has no value.
    Absent,
    /// It has the value that came with this etag.
    Etag(Etag),
}

impl Condition {
    /// Whether it holds for a key whose value has this etag.
    pub fn holds(self, current: Option<Etag>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => current.is_none(),
            Self::Etag(etag) => current == Some(etag),
        }
    }

    /// An error unless it holds.
    pub(crate) fn check(self, key: &Key, current: Option<Etag>) -> Result<(), StoreError> {
        if self.holds(current) {
            return Ok(());
        }
        Err(StoreError::Conflict { key: key.clone(), current })
    }
}

/// The state of weir: values by key, and sets whose members expire. Share it as
/// `Arc<dyn Store>`.
///
/// - A write that was answered is durable, as far as the form keeps anything at all, and is seen
///   by all later reads of all who share the state. Writes of one key are in one order.
/// - A call whose future is dropped may or may not happen.
/// - Sets have names of their own: a value and a set may share a key.
#[async_trait]
pub trait Store: Send + Sync {
    /// The value of `key`.
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError>;

    /// The keys of `prefix` behind `after` (which need not exist) and their values: at most
    /// `limit` of them, which counts as 1 to [`crate::MAX_PAGE_ENTRIES`], and not many more octets than
    /// [`crate::MAX_PAGE_LENGTH`].
    ///
    /// A page is of one moment; from page to page, others may write. A key that is there all the
    /// time is listed once.
    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError>;

    /// Gives `key` this value if `condition` holds, in one step; else
    /// [`StoreError::Conflict`] says what is there. The new value's etag.
    async fn put(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError>;

    /// Takes the value from `key` if `condition` holds, in one step; else
    /// [`StoreError::Conflict`] says what is there. Whether there was one.
    async fn delete(&self, key: &Key, condition: Condition) -> Result<bool, StoreError>;

    /// Tells which keys of `prefix` change from now on, whoever changes them.
    async fn watch(&self, prefix: &Prefix) -> Result<Watch, StoreError>;

    /// Adds the members to the set, to be there for `ttl`. For each, in order, whether it is new:
    /// neither in the set nor earlier in the call. One that is not new lives on to the later of
    /// its two ends.
    ///
    /// A set has at most [`crate::StoreOptions::max_set_members`]: for one more, the member that
    /// would expire first goes (of several, the first by its octets). At most
    /// [`crate::MAX_MEMBERS_PER_CALL`], of at most [`crate::MAX_MEMBER_LENGTH`] octets, for more
    /// than nothing and at most [`crate::MAX_TTL`].
    async fn add_to_set(
        &self,
        set: &Key,
        members: &[Bytes],
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError>;

    /// For each of the members, in order, whether it is in the set and has not expired. The same
    /// bounds as for [`Store::add_to_set`].
    async fn contains_in_set(&self, set: &Key, members: &[Bytes]) -> Result<Vec<bool>, StoreError>;
}
