//! Why a store did not do what it was asked for.

use std::time::Duration;

use crate::bounds::{MAX_MEMBER_LENGTH, MAX_MEMBERS_PER_CALL, MAX_TTL};
use crate::etag::Etag;
use crate::key::Key;

/// Why a store did not do what it was asked for. But for [`StoreError::Failed`], nothing was
/// changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The condition of a write does not hold.
    #[error("`{key}` was changed by someone else; read it again and repeat the change")]
    Conflict {
        /// The key.
        key: Key,
        /// The etag of its value, none when it has no value.
        current: Option<Etag>,
    },
    /// The value is too long.
    #[error("the value of `{key}` has {length} octets, {limit} are allowed; store less of it")]
    ValueTooLong {
        /// The key.
        key: Key,
        /// Octets of the value.
        length: usize,
        /// [`crate::StoreOptions::max_value_length`].
        limit: usize,
    },
    /// A member of a set is too long.
    #[error(
        "a member of the set `{set}` has {length} octets, {MAX_MEMBER_LENGTH} are allowed; store \
         its hash"
    )]
    MemberTooLong {
        /// The set.
        set: Key,
        /// Octets of the member.
        length: usize,
    },
    /// There are too many members in one call.
    #[error(
        "{count} members of the set `{set}` in one call, {MAX_MEMBERS_PER_CALL} are allowed; make \
         several calls"
    )]
    TooManyMembers {
        /// The set.
        set: Key,
        /// Members of the call.
        count: usize,
    },
    /// The time to live is nothing, or too long.
    #[error(
        "members of the set `{set}` cannot live {ttl:?}; give more than nothing and at most \
         {MAX_TTL:?}"
    )]
    Ttl {
        /// The set.
        set: Key,
        /// The time to live.
        ttl: Duration,
    },
    /// The value is not the JSON that it should be.
    #[error(
        "the value of `{key}` is not what this version of weir stores there; delete it or go back \
         to the version that wrote it"
    )]
    Content {
        /// The key.
        key: Key,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A value cannot be made JSON: a mistake in weir.
    #[error("the value for `{key}` cannot be written as JSON")]
    Unwritable {
        /// The key.
        key: Key,
        /// Why not.
        source: serde_json::Error,
    },
    /// The store itself failed. A write may or may not have happened.
    #[error("the state cannot be read or written; see to the place that it is stored in")]
    Failed {
        /// What it says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
