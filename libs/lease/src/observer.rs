//! What a worker does with its leases, for who measures it.

use std::fmt::Debug;
use std::time::Duration;

use weir_store::StoreError;

use crate::error::LeaseError;
use crate::keeper::{Call, Purpose};

/// Is told what a worker does with its leases, and which records are made when a set begins or is
/// mended. It is called in between and must not wait.
pub trait LeaseObserver: Debug + Send + Sync {
    /// A call of the store has ended, so long after it was due: the wait for its turn counts.
    fn called(&self, call: LeaseCall, outcome: CallOutcome, took: Duration);

    /// All records were read, and it is decided which leases to take.
    fn round(&self, round: &Round);
}

/// What came of a look at all records: who shares the units, and what this worker does about it.
/// Rounds come with each scan ([`crate::LeaseConfig::scan`]) until the worker is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Units that may be read now: not finished, and their parents are.
    pub units: usize,
    /// Those of them that no worker has.
    pub free: usize,
    /// Workers that have units, and this one.
    pub workers: usize,
    /// Units that this worker lacks of its share.
    pub needed: usize,
    /// Units that it takes, or asks others for, in this round.
    pub chosen: usize,
    /// Units that it has taken since the round before.
    pub taken: usize,
    /// Units that it has lost since the round before.
    pub lost: usize,
    /// Units that it has.
    pub held: usize,
}

/// The calls of the store, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeaseCall {
    /// To read all records.
    List,
    /// To read one.
    Read,
    /// To own a unit.
    Take,
    /// To own it further, and to write its checkpoint.
    Renew,
    /// To ask its owner to hand it over.
    Ask,
    /// To give it back.
    Release,
    /// To make a record.
    Create,
    /// To delete one.
    Delete,
}

impl LeaseCall {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::List,
        Self::Read,
        Self::Take,
        Self::Renew,
        Self::Ask,
        Self::Release,
        Self::Create,
        Self::Delete,
    ];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Take => "take",
            Self::Renew => "renew",
            Self::Ask => "ask",
            Self::Release => "release",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }
}

impl From<&Call> for LeaseCall {
    fn from(call: &Call) -> Self {
        match call {
            Call::List => Self::List,
            Call::Read(_) => Self::Read,
            Call::Delete(..) => Self::Delete,
            Call::Write { purpose, .. } => match purpose {
                Purpose::Read => Self::Read,
                Purpose::Take => Self::Take,
                Purpose::Renew => Self::Renew,
                Purpose::Ask => Self::Ask,
                Purpose::Release => Self::Release,
                Purpose::Create => Self::Create,
                Purpose::Delete => Self::Delete,
            },
        }
    }
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallOutcome {
    /// It was done.
    Done,
    /// Another worker has written the record before: nothing was written.
    Conflict,
    /// The store did not do it, or did not say so.
    Failed,
}

impl CallOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::Conflict, Self::Failed];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "success",
            Self::Conflict => "conflict",
            Self::Failed => "error",
        }
    }

    pub(crate) fn of<T>(result: &Result<T, LeaseError>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(LeaseError::Store(StoreError::Conflict { .. })) => Self::Conflict,
            Err(_) => Self::Failed,
        }
    }
}
