//! What to take, to ask for, to make and to delete.

use std::collections::BTreeMap;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use super::view::Unit;
use super::{Call, Changes, Keeper, Purpose, SCANS_PER_CLEANUP};
use crate::observer::Round;
use crate::unit::UnitId;

/// After how many failover times a lease that nobody took is taken by anybody, whatever its
/// share. As in the Kinesis Client Library.
const VERY_OLD: u32 = 3;

impl Keeper {
    /// What is to be done after something was seen.
    pub(super) fn plan(&mut self, now: Duration) -> Vec<Call> {
        let mut calls = self.children_to_make(now);
        if self.scans.is_multiple_of(SCANS_PER_CLEANUP) {
            calls.extend(self.records_to_delete(now));
        }
        if !self.is_closing {
            calls.extend(self.leases_to_take(now));
        }
        calls
    }

    /// The records of children that are not there. A finished record is deleted before those of
    /// its children are, so that none is made twice.
    fn children_to_make(&mut self, now: Duration) -> Vec<Call> {
        let finished = self.view.units().filter(|(_, unit)| unit.record.is_finished());
        let mut children: BTreeMap<_, _> =
            finished.flat_map(|(id, unit)| unit.record.child_units(id)).collect();
        children.retain(|id, _| !self.view.contains(id) && !self.pending.contains_key(id));
        let make = |(id, record)| self.write(&id, record, Purpose::Create, now);
        children.into_iter().map(make).collect()
    }

    /// Finished records of which all children have begun and all parents are gone.
    fn records_to_delete(&mut self, now: Duration) -> Vec<Call> {
        let has_begun = |id: &UnitId| {
            self.view.get(id).is_some_and(|unit| !unit.record.checkpoint.is_initial())
        };
        let over = self.view.units().filter(|(id, unit)| {
            let (record, mut parents) = (&unit.record, unit.record.parents.iter());
            record.is_finished()
                && !self.pending.contains_key(*id)
                && record.children.iter().all(|child| has_begun(&id.sibling(&child.name)))
                && parents.all(|parent| !self.view.contains(&id.sibling(parent)))
        });
        let over: Vec<_> = over.map(|(id, unit)| (id.clone(), unit.etag)).collect();
        over.into_iter().map(|(id, etag)| self.delete(&id, etag, now)).collect()
    }

    fn leases_to_take(&mut self, now: Duration) -> Vec<Call> {
        let units: Vec<_> =
            self.view.units().filter(|(id, unit)| self.is_ready(id, unit)).collect();
        let loads = self.loads(&units, now);
        let mut mine = loads.get(self.config.worker.as_str()).copied().unwrap_or_default();
        let target = units.len().div_ceil(loads.len().max(1)).min(self.config.max_leases);
        let is_free = |(id, unit): &&(&UnitId, &Unit)| {
            !self.held.contains_key(*id) && !self.is_being_taken(id) && self.is_free(id, unit, now)
        };
        let mut round = Round {
            units: units.len(),
            free: units.iter().filter(is_free).count(),
            workers: loads.len(),
            needed: target.saturating_sub(mine),
            ..Round::default()
        };
        let mut chosen = Vec::new();
        for (id, unit) in self.in_our_order(&units) {
            if self.held.contains_key(id) || self.pending.contains_key(id) {
                continue;
            }
            if self.is_to_be_ours(unit, now) {
                chosen.push((id.clone(), Purpose::Take));
            } else if self.is_free(id, unit, now) {
                let is_very_old = now - unit.changed >= self.config.failover * VERY_OLD;
                let is_urgent = is_very_old || unit.record.taken_from.is_some();
                if mine < target || (is_urgent && mine < self.config.max_leases) {
                    chosen.push((id.clone(), Purpose::Take));
                    mine += 1;
                }
            }
        }
        if chosen.is_empty() && mine < target {
            let asked = self.to_ask_for(&units, &loads, mine, now);
            chosen.extend(asked.into_iter().map(|id| (id, Purpose::Ask)));
        }
        round.chosen = chosen.len();
        self.end_round(round);
        chosen.into_iter().filter_map(|(id, purpose)| self.claim(&id, purpose, now)).collect()
    }

    /// Notes what a look at all records came to: once for each, whatever is planned in between.
    fn end_round(&mut self, round: Round) {
        if !std::mem::take(&mut self.is_round_due) {
            return;
        }
        let Changes { taken, lost } = std::mem::take(&mut self.changes);
        self.round = Some(Round { taken, lost, held: self.held.len(), ..round });
    }

    fn claim(&mut self, unit: &UnitId, purpose: Purpose, now: Duration) -> Option<Call> {
        let mut record = self.view.get(unit)?.record.clone();
        let worker = Some(self.config.worker.clone());
        if purpose == Purpose::Take {
            (record.owner, record.hand_over_to, record.taken_from) = (worker, None, None);
            record.fence += 1;
        } else {
            record.hand_over_to = worker;
        }
        Some(self.write(unit, record, purpose, now))
    }

    /// Whether the unit may be read now: its set has begun, and its parents are finished or gone.
    fn is_ready(&self, id: &UnitId, unit: &Unit) -> bool {
        let is_done = |parent: &String| {
            self.view.get(&id.sibling(parent)).is_none_or(|parent| parent.record.is_finished())
        };
        !unit.record.is_finished()
            && self.wanted.contains(&id.set)
            && self.view.has_begun(&id.set)
            && unit.record.parents.iter().all(is_done)
    }

    /// Whether nobody has the unit, or will have it.
    pub(super) fn is_free(&self, id: &UnitId, unit: &Unit, now: Duration) -> bool {
        let is_stale = now.saturating_sub(unit.changed) >= self.config.failover;
        match (&unit.record.owner, &unit.record.hand_over_to) {
            (None, None) => is_stale || !unit.record.was_taken_from(&self.config.worker),
            (None, Some(_)) => is_stale || unit.record.is_asked_by(&self.config.worker),
            // Our own from before: it was not renewed in time, or its answer did not come.
            (Some(owner), _) if *owner == self.config.worker => !self.held.contains_key(id),
            (Some(_), _) => is_stale,
        }
    }

    /// Whether we asked for it, and it was given back or its owner took too long; or it is
    /// written as ours.
    fn is_to_be_ours(&self, unit: &Unit, now: Duration) -> bool {
        let worker = &self.config.worker;
        if unit.record.is_owned_by(worker) {
            return true;
        }
        let is_overdue = unit.asked.is_some_and(|asked| now >= asked + self.config.hand_over);
        unit.record.is_asked_by(worker) && (unit.record.owner.is_none() || is_overdue)
    }

    /// How many units each worker has or will have, this one among them.
    fn loads<'a>(
        &'a self,
        units: &[(&UnitId, &'a Unit)],
        now: Duration,
    ) -> BTreeMap<&'a str, usize> {
        let mut loads = BTreeMap::from([(self.config.worker.as_str(), 0)]);
        for (id, unit) in units {
            let is_ours = self.held.contains_key(*id) || self.is_being_taken(id);
            let next = unit.record.hand_over_to.as_deref();
            let owner = unit.record.owner.as_deref();
            let has = match (is_ours, next) {
                (_, Some(next)) if is_ours || !self.is_free(id, unit, now) => Some(next),
                (true, _) => Some(self.config.worker.as_str()),
                (false, _) if self.is_to_be_ours(unit, now) => Some(self.config.worker.as_str()),
                (false, _) if self.is_free(id, unit, now) => None,
                (false, _) => owner,
            };
            has.into_iter().for_each(|worker| *loads.entry(worker).or_default() += 1);
            // Who is about to give all away is still there.
            if let Some(owner) = owner.filter(|_| !is_ours && !self.is_free(id, unit, now)) {
                loads.entry(owner).or_default();
            }
        }
        loads
    }

    fn is_being_taken(&self, unit: &UnitId) -> bool {
        self.pending.get(unit).is_some_and(|pending| pending.purpose == Purpose::Take)
    }

    /// The units in an order that is this worker's own, so that workers do not run after the
    /// same.
    fn in_our_order<'a>(&self, units: &[(&'a UnitId, &'a Unit)]) -> Vec<(&'a UnitId, &'a Unit)> {
        let mut units = units.to_vec();
        let place =
            |id: &UnitId| xxh3_64(format!("{} {} {id}", self.config.worker, self.scans).as_bytes());
        units.sort_by_cached_key(|(id, _)| place(id));
        units
    }

    /// Units of the busiest worker, if that makes the two more alike.
    fn to_ask_for(
        &self,
        units: &[(&UnitId, &Unit)],
        loads: &BTreeMap<&str, usize>,
        mine: usize,
        now: Duration,
    ) -> Vec<UnitId> {
        let others = loads.iter().filter(|(worker, _)| **worker != self.config.worker);
        let Some((busiest, load)) = others.max_by_key(|(_, load)| **load) else {
            return Vec::new();
        };
        let worker = self.config.worker.as_str();
        // One that is on its way here already counts as ours.
        let most = (load.saturating_sub(mine) / 2).min(self.config.max_asked);
        let is_waiting = |unit: &Unit| unit.record.is_asked_by(worker);
        let waiting = units.iter().filter(|(_, unit)| is_waiting(unit)).count();
        let units = self.in_our_order(units).into_iter().filter(|(id, unit)| {
            unit.record.is_owned_by(busiest)
                && unit.record.hand_over_to.is_none()
                && !self.is_free(id, unit, now)
                && !self.pending.contains_key(*id)
        });
        units.map(|(id, _)| id.clone()).take(most.saturating_sub(waiting)).collect()
    }
}
