//! The records of a table in the store.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use weir_store::{Condition, Etag, Key, MAX_PAGE_ENTRIES, Store, StoreError, get_json, put_json};

use crate::error::LeaseError;
use crate::keeper::Listing;
use crate::keys::{self, Named};
use crate::observer::{CallOutcome, LeaseCall, LeaseObserver, Round};
use crate::position::{Checkpoint, InitialPosition};
use crate::record::{LeaseRecord, Placement, SetRecord};
use crate::sync::{Holes, plan_begin, plan_repair};
use crate::unit::{UnitId, UnitSpec};

/// How often a change is made anew because the owner was faster.
const MAX_ROUNDS: usize = 64;

/// What a person has changed of a unit.
#[derive(Clone, Debug)]
pub struct Change {
    /// As it was.
    pub before: LeaseRecord,
    /// As it is.
    pub after: LeaseRecord,
}

/// A part of a table's units.
#[derive(Clone, Debug, Default)]
pub struct UnitPage {
    /// Units and their records.
    pub units: Vec<(UnitId, LeaseRecord)>,
    /// Behind which unit the next page starts; none when this is the last.
    pub next: Option<UnitId>,
}

/// The records of a table in the store.
///
/// Give it a store that notices the loss of its data (`weir_store::RedisStore::pinned`).
#[derive(Clone)]
pub struct Table {
    store: Arc<dyn Store>,
    name: String,
    observer: Option<Arc<dyn LeaseObserver>>,
}

impl Table {
    /// The table of this name: `kinesis`.
    pub fn new(store: Arc<dyn Store>, name: impl Into<String>) -> Self {
        Self { store, name: name.into(), observer: None }
    }

    /// The same, whose workers tell an observer what they do, and which tells it of the records
    /// that it makes itself.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn LeaseObserver>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the set began; none when it has not.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn begun(&self, set: &str) -> Result<Option<SetRecord>, LeaseError> {
        let key = keys::of_set(&self.name, set)?;
        Ok(get_json(self.store.as_ref(), &key).await?.map(|(record, _)| record))
    }

    /// Has the set begin with these units at `initial`, unless it has begun. Call it only when a
    /// person wants that: where leases were lost, everything would be read again, or left out.
    ///
    /// Its own record is written last, so that no unit is read before all are there.
    ///
    /// # Errors
    ///
    /// When the listing makes no sense; those of the store.
    pub async fn begin(
        &self,
        set: &str,
        units: &[UnitSpec],
        initial: InitialPosition,
    ) -> Result<SetRecord, LeaseError> {
        if let Some(begun) = self.begun(set).await? {
            return Ok(begun);
        }
        self.create_all(set, plan_begin(set, units, initial)?).await?;
        let record = SetRecord { epoch: new_epoch(), initial };
        let key = keys::of_set(&self.name, set)?;
        match put_json(self.store.as_ref(), &key, &record, Condition::Absent).await {
            Ok(_) => Ok(record),
            Err(StoreError::Conflict { .. }) => {
                let set = set.to_owned();
                self.begun(&set).await?.ok_or(LeaseError::NotBegun { set })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the records of units that nobody reads, from a new listing of the set's units: see
    /// [`plan_repair`]. How many were missing.
    ///
    /// # Errors
    ///
    /// When the set has not begun; those of the store.
    pub async fn repair(
        &self,
        set: &str,
        units: &[UnitSpec],
        holes: &mut Holes,
    ) -> Result<usize, LeaseError> {
        if self.begun(set).await?.is_none() {
            return Err(LeaseError::NotBegun { set: set.to_owned() });
        }
        let ours = self.list().await?.units.into_iter().filter(|(unit, ..)| unit.set == set);
        let records: HashMap<_, _> = ours.map(|(unit, record, _)| (unit.name, record)).collect();
        let missing = plan_repair(units, &records, holes);
        let count = missing.len();
        self.create_all(set, missing).await?;
        Ok(count)
    }

    /// Has the unit read again, or on, from this place, whoever reads it now, if its fence is the
    /// expected one: any, when none. The fence grows, so that its owner cannot write any more; and
    /// so does the number of its placements.
    ///
    /// # Errors
    ///
    /// When there is no such unit, it is finished or would be, or its fence is another; those of
    /// the store.
    pub async fn set_position(
        &self,
        unit: &UnitId,
        at: &Checkpoint,
        fence: Option<u64>,
    ) -> Result<Change, LeaseError> {
        let change = |record: &mut LeaseRecord| {
            if *at == Checkpoint::End {
                return Err(LeaseError::Finished { unit: unit.to_string() });
            }
            let times = record.placement.as_ref().map_or(0, |placement| placement.times);
            record.placement = Some(Placement { times: times + 1, at: at.clone() });
            record.checkpoint = at.clone();
            Ok(())
        };
        self.take_away(unit, fence, change).await
    }

    /// Takes the unit from who reads it now, if its fence is the expected one: any, when none.
    /// Other workers take it first, its owner only when nobody else does.
    ///
    /// # Errors
    ///
    /// When there is no such unit, it is finished, nobody has it, or its fence is another; those
    /// of the store.
    pub async fn release(&self, unit: &UnitId, fence: Option<u64>) -> Result<Change, LeaseError> {
        let change = |record: &mut LeaseRecord| {
            record.taken_from = record.owner.clone();
            match record.owner {
                Some(_) => Ok(()),
                None => Err(LeaseError::Free { unit: unit.to_string() }),
            }
        };
        self.take_away(unit, fence, change).await
    }

    /// Units and their records behind one, at most so many, in the order of their keys.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn page(&self, after: Option<&UnitId>, most: usize) -> Result<UnitPage, LeaseError> {
        let after = after.map(|unit| keys::of_unit(&self.name, unit)).transpose()?;
        let page = self.store.list(&keys::of_units(&self.name)?, after.as_ref(), most).await?;
        let mut units = Vec::with_capacity(page.entries.len());
        for entry in page.entries {
            if let Some(Named::Unit(unit)) = keys::named(&entry.key) {
                units.push((unit, read(&entry.key, &entry.value.value)?));
            }
        }
        let next = page.next.as_ref().and_then(keys::named);
        let next = next.and_then(|next| match next {
            Named::Unit(unit) => Some(unit),
            Named::Set(_) => None,
        });
        Ok(UnitPage { units, next })
    }

    /// The record of a unit; none when there is no such unit.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn record(&self, unit: &UnitId) -> Result<Option<LeaseRecord>, LeaseError> {
        Ok(self.get(unit).await?.map(|(record, _)| record))
    }

    /// All records: of sets, and of units.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list(&self) -> Result<Listing, LeaseError> {
        let prefix = keys::of_table(&self.name)?;
        let (mut sets, mut units, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = self.store.list(&prefix, after.as_ref(), MAX_PAGE_ENTRIES).await?;
            for entry in page.entries {
                let (key, value, etag) = (entry.key, entry.value.value, entry.value.etag);
                match keys::named(&key) {
                    Some(Named::Set(set)) => sets.push((set, read(&key, &value)?)),
                    Some(Named::Unit(unit)) => units.push((unit, read(&key, &value)?, etag)),
                    None => tracing::debug!(%key, "not a lease"),
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(Listing { sets, units });
            }
        }
    }

    pub(crate) async fn get(
        &self,
        unit: &UnitId,
    ) -> Result<Option<(LeaseRecord, Etag)>, LeaseError> {
        let key = keys::of_unit(&self.name, unit)?;
        Ok(get_json(self.store.as_ref(), &key).await?)
    }

    pub(crate) async fn put(
        &self,
        unit: &UnitId,
        record: &LeaseRecord,
        condition: Condition,
    ) -> Result<Etag, LeaseError> {
        let key = keys::of_unit(&self.name, unit)?;
        Ok(put_json(self.store.as_ref(), &key, record, condition).await?)
    }

    pub(crate) async fn delete(&self, unit: &UnitId, etag: Etag) -> Result<(), LeaseError> {
        let key = keys::of_unit(&self.name, unit)?;
        self.store.delete(&key, Condition::Etag(etag)).await?;
        Ok(())
    }

    async fn create_all(
        &self,
        set: &str,
        records: Vec<(String, LeaseRecord)>,
    ) -> Result<(), LeaseError> {
        for (name, record) in records {
            let began = Instant::now();
            let made = self.put(&UnitId::new(set, name), &record, Condition::Absent).await;
            self.tell_call(LeaseCall::Create, CallOutcome::of(&made), began.elapsed());
            match made {
                // Another worker made it.
                Ok(_) | Err(LeaseError::Store(StoreError::Conflict { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(crate) fn tell_call(&self, call: LeaseCall, outcome: CallOutcome, took: Duration) {
        if let Some(observer) = &self.observer {
            observer.called(call, outcome, took);
        }
    }

    pub(crate) fn tell_round(&self, round: &Round) {
        if let Some(observer) = &self.observer {
            observer.round(round);
        }
    }

    async fn take_away(
        &self,
        unit: &UnitId,
        fence: Option<u64>,
        change: impl Fn(&mut LeaseRecord) -> Result<(), LeaseError>,
    ) -> Result<Change, LeaseError> {
        let mut rounds = 0;
        loop {
            let Some((before, etag)) = self.get(unit).await? else {
                return Err(LeaseError::Unknown { unit: unit.to_string() });
            };
            if before.is_finished() {
                return Err(LeaseError::Finished { unit: unit.to_string() });
            }
            if fence.is_some_and(|fence| fence != before.fence) {
                return Err(LeaseError::Stale { unit: unit.to_string(), fence: before.fence });
            }
            let mut after = before.clone();
            change(&mut after)?;
            (after.owner, after.hand_over_to, after.renewal) = (None, None, None);
            after.fence += 1;
            match self.put(unit, &after, Condition::Etag(etag)).await {
                Ok(_) => return Ok(Change { before, after }),
                // Its owner renewed it meanwhile.
                Err(LeaseError::Store(StoreError::Conflict { .. })) if rounds < MAX_ROUNDS => {
                    rounds += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(key: &Key, value: &[u8]) -> Result<T, LeaseError> {
    let value = serde_json::from_slice(value);
    value.map_err(|source| StoreError::Content { key: key.clone(), source }.into())
}

fn new_epoch() -> String {
    // The standard library seeds each state from the system's source of random numbers.
    format!("{:016x}", RandomState::new().hash_one(SystemTime::now()))
}
