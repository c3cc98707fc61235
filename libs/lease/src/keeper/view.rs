//! What a worker has seen of the table.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use weir_store::Etag;

use crate::record::{LeaseRecord, SetRecord};
use crate::unit::UnitId;

/// What a worker has seen of the table.
#[derive(Debug, Default)]
pub(super) struct View {
    units: BTreeMap<UnitId, Unit>,
    sets: HashMap<String, SetRecord>,
    /// Counts what was seen, to tell the older of two answers.
    moment: u64,
}

/// A record, as it was seen last.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) record: LeaseRecord,
    pub(super) etag: Etag,
    /// When it was seen to have changed.
    pub(super) changed: Duration,
    /// When we asked for it.
    pub(super) asked: Option<Duration>,
    moment: u64,
}

impl View {
    pub(super) fn moment(&self) -> u64 {
        self.moment
    }

    pub(super) fn get(&self, unit: &UnitId) -> Option<&Unit> {
        self.units.get(unit)
    }

    pub(super) fn get_mut(&mut self, unit: &UnitId) -> Option<&mut Unit> {
        self.units.get_mut(unit)
    }

    pub(super) fn units(&self) -> impl Iterator<Item = (&UnitId, &Unit)> {
        self.units.iter()
    }

    pub(super) fn contains(&self, unit: &UnitId) -> bool {
        self.units.contains_key(unit)
    }

    pub(super) fn has_begun(&self, set: &str) -> bool {
        self.sets.contains_key(set)
    }

    pub(super) fn epoch_of(&self, set: &str) -> Option<&str> {
        self.sets.get(set).map(|record| record.epoch.as_str())
    }

    pub(super) fn begin(&mut self, set: String, record: SetRecord) {
        self.sets.entry(set).or_insert(record);
    }

    pub(super) fn forget_set(&mut self, set: &str) {
        self.sets.remove(set);
    }

    pub(super) fn sets(&self) -> impl Iterator<Item = &String> {
        self.sets.keys()
    }

    /// Takes what was read of a unit. False when its fence went back, which no worker does.
    pub(super) fn see(
        &mut self,
        unit: &UnitId,
        record: LeaseRecord,
        etag: Etag,
        now: Duration,
    ) -> bool {
        self.moment += 1;
        let moment = self.moment;
        let Some(known) = self.units.get_mut(unit) else {
            let seen = Unit { record, etag, changed: now, asked: None, moment };
            self.units.insert(unit.clone(), seen);
            return true;
        };
        let is_forward = record.fence >= known.record.fence;
        if known.etag != etag {
            known.changed = now;
        }
        (known.record, known.etag, known.moment) = (record, etag, moment);
        is_forward
    }

    pub(super) fn forget(&mut self, unit: &UnitId) {
        self.moment += 1;
        self.units.remove(unit);
    }

    /// Whether more was seen of the unit since that moment.
    pub(super) fn is_newer(&self, unit: &UnitId, than: u64) -> bool {
        self.units.get(unit).is_some_and(|unit| unit.moment > than)
    }

    /// Forgets the units that are none of these, and of which nothing was seen since.
    pub(super) fn keep(&mut self, is_kept: impl Fn(&UnitId) -> bool, since: u64) {
        self.units.retain(|id, unit| unit.moment > since || is_kept(id));
    }
}
