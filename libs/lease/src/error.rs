//! Why leases cannot be had.

use weir_store::{KeyError, StoreError};

/// Why leases cannot be had or written.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The set has no record in the store.
    #[error(
        "the store has no leases of `{set}`: if it was never read before, have it begin at a \
         position that you choose; if it was, the store has lost its state: put it back from a \
         backup, or choose where to go on"
    )]
    NotBegun {
        /// The set.
        set: String,
    },
    /// The state is not the one that it was: leases are gone, or older than they were.
    #[error(
        "the leases of `{set}` were lost or put back to an earlier state; find out what happened \
         to the store, then start again to go on with what is there"
    )]
    StateLost {
        /// The set, or the table.
        set: String,
    },
    /// The lease is not held, or not under this fence: somebody else reads the unit now.
    #[error("the lease of `{unit}` is no longer held with fence {fence}")]
    Fenced {
        /// The unit.
        unit: String,
        /// The fence of the caller.
        fence: u64,
    },
    /// There is no such unit.
    #[error("there is no lease of `{unit}`")]
    Unknown {
        /// The unit.
        unit: String,
    },
    /// All of the unit was read: it is not begun again, since the units that follow it have begun.
    #[error("`{unit}` was read to its end")]
    Finished {
        /// The unit.
        unit: String,
    },
    /// Nobody has the lease.
    #[error("nobody has the lease of `{unit}`")]
    Free {
        /// The unit.
        unit: String,
    },
    /// The lease has another fence than the caller expects.
    #[error("the lease of `{unit}` has fence {fence} by now")]
    Stale {
        /// The unit.
        unit: String,
        /// The fence that it has.
        fence: u64,
    },
    /// The worker has ended.
    #[error("leases are no longer kept: the worker has ended")]
    Closed,
    /// A name is too long for a key of the store.
    #[error("`{name}` is no name for a lease")]
    Name {
        /// The name.
        name: String,
        /// Why not.
        source: KeyError,
    },
    /// The listing of the units makes no sense.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The store did not do it.
    #[error("the store cannot be read or written")]
    Store(#[source] StoreError),
}

/// Why a listing of units is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// Its open units do not have all keys: it is of a moment in which a shard was split or
    /// merged.
    #[error("the open shards of `{set}` lack the hash keys {hole}; list them again")]
    Incomplete {
        /// The set.
        set: String,
        /// The first hole.
        hole: String,
    },
    /// There is nothing in it.
    #[error("`{set}` has no shards; list them again")]
    Empty {
        /// The set.
        set: String,
    },
}

impl From<StoreError> for LeaseError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Lost { server } => Self::StateLost { set: server },
            error => Self::Store(error),
        }
    }
}
