//! Which units of a queue are done.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::unit_runs::UnitRuns;
use super::{Registered, TrackError, Verdict};
use crate::run::RunId;

/// Follows the units of a source without an order, such as messages of a queue that name objects.
///
/// A unit is opened, gets runs, and is closed when there are no more. It is done, once, when it
/// is closed and every run of it is settled; never because nothing of it happens to wait. One run
/// may be of several units: queues deliver a message twice at times.
#[derive(Debug)]
pub struct UnitTracker<U> {
    units: HashMap<U, UnitRuns>,
    /// The units of each run that has no answer.
    owners: HashMap<RunId, Vec<U>>,
    most: usize,
}

/// A unit that is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitDone<U> {
    /// The unit.
    pub unit: U,
    /// Rejected when one of its runs was, or when it could not be read to its end.
    pub verdict: Verdict,
}

impl<U: Clone + Eq + Hash> UnitTracker<U> {
    /// Follows at most `most` runs without an answer.
    pub fn new(most: usize) -> Self {
        Self { units: HashMap::new(), owners: HashMap::new(), most }
    }

    /// Opens a unit, or opens it again when it is closed and not done.
    pub fn open(&mut self, unit: U) {
        self.units.entry(unit).or_insert_with(UnitRuns::new).is_closed = false;
    }

    /// A run of the unit was read.
    ///
    /// # Errors
    ///
    /// [`TrackError::Full`] when so many runs wait that no more is followed,
    /// [`TrackError::NotOpen`] when the unit is not open.
    pub fn add_run(&mut self, unit: &U, run: RunId) -> Result<Registered<()>, TrackError> {
        let is_in_flight = self.owners.contains_key(&run);
        if !is_in_flight && self.owners.len() >= self.most {
            return Err(TrackError::Full { most: self.most });
        }
        let of = self.units.get_mut(unit).filter(|unit| !unit.is_closed);
        let of = of.ok_or(TrackError::NotOpen)?;
        let (registered, is_owner) = of.add(run, is_in_flight);
        if is_owner {
            let owners = self.owners.entry(run).or_default();
            if !owners.contains(unit) {
                owners.push(unit.clone());
            }
        }
        Ok(registered)
    }

    /// There are no more runs of the unit. It is returned when it is done.
    pub fn close(&mut self, unit: &U) -> Option<UnitDone<U>> {
        self.units.get_mut(unit)?.is_closed = true;
        self.take_done(unit)
    }

    /// The unit cannot be read to its end: as [`Self::close`], but it is rejected.
    pub fn fail(&mut self, unit: &U) -> Option<UnitDone<U>> {
        self.units.get_mut(unit)?.verdict = Verdict::Rejected;
        self.close(unit)
    }

    /// The run has its answer. The units that are done with it.
    pub fn settle(&mut self, run: RunId, verdict: Verdict) -> Vec<UnitDone<U>> {
        let owners = self.owners.remove(&run).unwrap_or_default();
        for owner in &owners {
            if let Some(unit) = self.units.get_mut(owner) {
                unit.settle(run, verdict, self.most);
            }
        }
        owners.iter().filter_map(|owner| self.take_done(owner)).collect()
    }

    /// Nobody has the run any more. The units that have to be read again for it.
    pub fn lose(&mut self, run: RunId) -> Vec<U> {
        let owners = self.owners.remove(&run).unwrap_or_default();
        let mut again = owners;
        again.retain(|owner| self.units.get_mut(owner).is_some_and(|unit| unit.lose(run)));
        again
    }

    /// The unit is read again from its start, and open: what comes next is registered anew. Of
    /// its runs, those with an answer, and those whose answer is to come, are not sent again.
    pub fn rewind(&mut self, unit: &U) {
        if let Some(unit) = self.units.get_mut(unit) {
            unit.rewind(self.most);
        }
    }

    /// The unit is no longer ours; its runs' answers mean nothing for it.
    pub fn forget(&mut self, unit: &U) {
        self.units.remove(unit);
        self.owners.retain(|_, owners| {
            owners.retain(|owner| owner != unit);
            !owners.is_empty()
        });
    }

    /// Whether the unit is followed: opened, and not done.
    pub fn contains(&self, unit: &U) -> bool {
        self.units.contains_key(unit)
    }

    /// Units that are not done.
    pub fn units(&self) -> usize {
        self.units.len()
    }

    /// Runs whose answers are to come.
    pub fn in_flight(&self) -> usize {
        self.owners.len()
    }

    /// Runs without an answer, lost ones counted in; one of two units counts twice.
    pub fn unsettled(&self) -> usize {
        self.units.values().map(|unit| unit.unsettled).sum()
    }

    /// The unit no longer waits for the run's answer.
    fn disown(&mut self, run: RunId, unit: &U) {
        if let Entry::Occupied(mut owners) = self.owners.entry(run) {
            owners.get_mut().retain(|owner| owner != unit);
            if owners.get().is_empty() {
                owners.remove();
            }
        }
    }

    fn take_done(&mut self, unit: &U) -> Option<UnitDone<U>> {
        let is_done =
            self.units.get(unit).is_some_and(|unit| unit.is_closed && unit.unsettled == 0);
        let (unit, done) = is_done.then(|| self.units.remove_entry(unit))??;
        let verdict = done.verdict;
        done.into_remembered().for_each(|run| self.disown(run, &unit));
        Some(UnitDone { unit, verdict })
    }
}
