//! The records of a table in the store.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::SystemTime;

use weir_store::{Condition, Etag, Key, MAX_PAGE_ENTRIES, Store, StoreError, get_json, put_json};

use crate::error::LeaseError;
use crate::keeper::Listing;
use crate::keys::{self, Named};
use crate::position::{Checkpoint, InitialPosition, Position};
use crate::record::{LeaseRecord, SetRecord};
use crate::sync::{Holes, plan_begin, plan_repair};
use crate::unit::{UnitId, UnitSpec};

/// The records of a table in the store.
///
/// Give it a store that notices the loss of its data (`weir_store::RedisStore::pinned`).
#[derive(Clone)]
pub struct Table {
    store: Arc<dyn Store>,
    name: String,
}

impl Table {
    /// The table of this name: `kinesis`.
    pub fn new(store: Arc<dyn Store>, name: impl Into<String>) -> Self {
        Self { store, name: name.into() }
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

    /// Has the unit read again, or on, from this position, whoever reads it now. A finished unit
    /// stays finished. False when there is no such unit, or it is finished.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn set_position(
        &self,
        unit: &UnitId,
        position: Position,
    ) -> Result<bool, LeaseError> {
        self.take_away(unit, |record| record.checkpoint = Checkpoint::At(position.clone())).await
    }

    /// Takes the unit from who reads it now; anybody may take it then. False when there is no
    /// such unit, or it is finished.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn release(&self, unit: &UnitId) -> Result<bool, LeaseError> {
        self.take_away(unit, |_| ()).await
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
            match self.put(&UnitId::new(set, name), &record, Condition::Absent).await {
                // Another worker made it.
                Ok(_) | Err(LeaseError::Store(StoreError::Conflict { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn take_away(
        &self,
        unit: &UnitId,
        change: impl Fn(&mut LeaseRecord),
    ) -> Result<bool, LeaseError> {
        loop {
            let Some((mut record, etag)) = self.get(unit).await? else { return Ok(false) };
            if record.is_finished() {
                return Ok(false);
            }
            (record.owner, record.hand_over_to) = (None, None);
            record.fence += 1;
            change(&mut record);
            match self.put(unit, &record, Condition::Etag(etag)).await {
                Ok(_) => return Ok(true),
                // Its owner renewed it meanwhile.
                Err(LeaseError::Store(StoreError::Conflict { .. })) => {}
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
