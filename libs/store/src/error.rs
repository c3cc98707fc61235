//! Why a store did not do what it was asked for.

use std::time::Duration;

use crate::bounds::{MAX_MEMBER_LENGTH, MAX_MEMBERS_PER_CALL, MAX_TTL};
use crate::etag::Etag;
use crate::key::Key;

/// Why a store did not do what it was asked for. But for [`StoreError::Unreachable`] and
/// [`StoreError::Failed`], nothing was changed.
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
    /// The server cannot be reached, or did not answer in time. A write may or may not have happened.
    #[error(
        "the Redis server {server} cannot be reached or does not answer; see to it and to the \
         network"
    )]
    Unreachable {
        /// Its address.
        server: String,
        /// What the connection says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server answered that it does not do it.
    #[error("the Redis server {server} refused a call: {refusal}")]
    Refused {
        /// Its address.
        server: String,
        /// Why.
        refusal: Refusal,
        /// What it says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The state is not the one that it was when [`crate::RedisStore::pinned`] was called.
    #[error(
        "the data in the Redis server {server} was lost or put back to an earlier state; find out \
         what happened, then restart to go on with what is there"
    )]
    Lost {
        /// Its address.
        server: String,
    },
    /// Another version of weir wrote the state.
    #[error(
        "the state in the Redis server {server} has format {found}, this version of weir knows \
         {known}; use the version that wrote it, or another namespace"
    )]
    Format {
        /// Its address.
        server: String,
        /// The format.
        found: String,
        /// The format of this version.
        known: String,
    },
    /// The store itself failed. A write may or may not have happened.
    #[error("the state cannot be read or written; see to the place that it is stored in")]
    Failed {
        /// What it says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a server does not do what it could do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its memory is used up.
    #[error("its memory is full; raise its maxmemory or remove what does not belong there")]
    Full,
    /// It only reads.
    #[error("it is a replica that only reads; name the primary server")]
    ReadOnly,
    /// The user may not do this.
    #[error("the user may not do this; see to the ACL")]
    NoPermission,
    /// There is no such user, or the password is wrong or missing.
    #[error("the username or the password is wrong; see to username and password_file")]
    NotLoggedIn,
    /// It cannot save its data.
    #[error("it cannot write to its disk; see to its log")]
    Disk,
    /// It loads its data, is busy, or has too many clients.
    #[error("it is not ready; wait, or see to its log")]
    NotReady,
}
