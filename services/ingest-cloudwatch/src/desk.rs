//! What all tasks of the source share.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{Semaphore, mpsc};
use weir_delivery::RawRun;
use weir_ingest::{Reads, SourceError};
use weir_lease::{LeaseHandle, Table, UnitId};

use crate::clients::Clients;
use crate::formats::Followed;
use crate::group::Place;
use crate::inputs::GroupInput;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::pace::Lanes;

/// What all tasks of the source share.
pub(crate) struct Desk {
    pub(crate) clients: Clients,
    pub(crate) lanes: Lanes,
    pub(crate) formats: Followed,
    pub(crate) memory: Memory,
    pub(crate) reads: Reads,
    pub(crate) table: Table,
    pub(crate) leases: LeaseHandle,
    pub(crate) metrics: Metrics,
    /// Groups that are read at the same time.
    pub(crate) readings: Semaphore,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) begun: Begun,
}

/// What the tasks tell the source. What is of a group carries the number of its reading.
pub(crate) enum Event {
    /// Lines were read.
    Run { reading: Reading, run: RawRun, place: Place, age: Duration },
    /// Nothing more is read of the group.
    Closed { reading: Reading },
    /// Something is tried again later.
    Delayed { name: String, error: SourceError },
}

/// A reading of a group, unlike all before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) unit: UnitId,
    pub(crate) number: u64,
}

/// The groups that may be read: their sets have begun.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    groups: Mutex<HashMap<UnitId, BegunGroup>>,
}

/// A group, and when it began: what was ingested before is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BegunGroup {
    pub(crate) input: GroupInput,
    pub(crate) floor: u64,
}

impl Begun {
    pub(crate) fn get(&self, unit: &UnitId) -> Option<BegunGroup> {
        self.groups().get(unit).cloned()
    }

    pub(crate) fn replace(&self, groups: HashMap<UnitId, BegunGroup>) {
        *self.groups() = groups;
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<UnitId, BegunGroup>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970-01-01 00:00 UTC.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
