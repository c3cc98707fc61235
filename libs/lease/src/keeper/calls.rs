//! The calls of the store that a worker makes, and what comes of them.

use std::time::Duration;

use weir_store::{Condition, Etag};

use super::{Keeper, Pending};
use crate::record::{LeaseRecord, SetRecord};
use crate::unit::UnitId;

/// A call to make.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "calls are few, and most of them are the large one")]
pub enum Call {
    /// Read all records of the table.
    List,
    /// Read the record of a unit.
    Read(UnitId),
    /// Write the record of a unit, if the condition holds.
    Write {
        /// The unit.
        unit: UnitId,
        /// Its record.
        record: LeaseRecord,
        /// What must be true of it.
        condition: Condition,
        /// What it is for.
        purpose: Purpose,
    },
    /// Delete the record of a unit, if it is still this one.
    Delete(UnitId, Etag),
}

/// What a call of a unit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To read its record.
    Read,
    /// To own it.
    Take,
    /// To own it further, and to write its checkpoint.
    Renew,
    /// To ask its owner to hand it over.
    Ask,
    /// To give it back.
    Release,
    /// To make its record.
    Create,
    /// To delete its record.
    Delete,
}

/// A record as it was seen.
pub type Seen = (UnitId, LeaseRecord, Etag);

/// All records of a table.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The sets that have begun.
    pub sets: Vec<(String, SetRecord)>,
    /// The units of all sets.
    pub units: Vec<Seen>,
}

/// What came of a call.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "replies are few, and live for a moment")]
pub enum Reply {
    /// Of [`Call::List`].
    Listed(Result<Listing, Trouble>),
    /// Of [`Call::Read`].
    Read(UnitId, Result<Option<(LeaseRecord, Etag)>, Trouble>),
    /// Of [`Call::Write`].
    Written(UnitId, Result<Etag, Trouble>),
    /// Of [`Call::Delete`].
    Deleted(UnitId, Result<(), Trouble>),
}

/// Why a call did not do what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The condition does not hold: nothing was written.
    Conflict,
    /// It may have been done, or not.
    Unknown,
    /// The store says that it lost its state.
    Lost,
}

impl Keeper {
    /// A write of a unit, noted as under way.
    pub(super) fn write(
        &mut self,
        unit: &UnitId,
        record: LeaseRecord,
        purpose: Purpose,
        now: Duration,
    ) -> Call {
        let condition = match (purpose, self.etag_of(unit)) {
            (Purpose::Create, _) | (_, None) => Condition::Absent,
            (_, Some(etag)) => Condition::Etag(etag),
        };
        let pending = Pending { sent: now, purpose, record: Some(record.clone()) };
        self.pending.insert(unit.clone(), pending);
        Call::Write { unit: unit.clone(), record, condition, purpose }
    }

    pub(super) fn read(&mut self, unit: &UnitId, now: Duration) -> Call {
        let pending = Pending { sent: now, purpose: Purpose::Read, record: None };
        self.pending.insert(unit.clone(), pending);
        Call::Read(unit.clone())
    }

    pub(super) fn delete(&mut self, unit: &UnitId, etag: Etag, now: Duration) -> Call {
        let pending = Pending { sent: now, purpose: Purpose::Delete, record: None };
        self.pending.insert(unit.clone(), pending);
        Call::Delete(unit.clone(), etag)
    }
}
