//! Leases that are held.

use std::time::Duration;

use super::{Call, Keeper, Purpose};
use crate::position::Checkpoint;
use crate::record::{Child, LeaseRecord};
use crate::unit::UnitId;

/// A lease that is held.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) fence: u64,
    /// When the last write was sent that got through.
    pub(super) renewed: Duration,
    /// The reader was told to hand it over.
    pub(super) is_asked: bool,
    /// It is to be given back.
    pub(super) is_released: bool,
    /// What is to be written next.
    pub(super) wanted: Option<Wanted>,
    /// A write failed: what is there must be read.
    pub(super) must_read: bool,
    /// No call before this.
    pub(super) not_before: Duration,
    pub(super) lag_ms: Option<u64>,
    pub(super) last_error: String,
}

/// A checkpoint that is to be written.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) checkpoint: Checkpoint,
    pub(super) children: Vec<Child>,
}

impl Held {
    pub(super) fn new(fence: u64, renewed: Duration) -> Self {
        Self {
            fence,
            renewed,
            is_asked: false,
            is_released: false,
            wanted: None,
            must_read: false,
            not_before: Duration::ZERO,
            lag_ms: None,
            last_error: String::new(),
        }
    }

    /// When its next call is to be made.
    pub(super) fn due(&self, renew_after: Duration) -> Duration {
        let is_urgent = self.must_read || self.is_released || self.wanted.is_some();
        let due = if is_urgent { Duration::ZERO } else { self.renewed + renew_after };
        due.max(self.not_before)
    }

    /// A call failed: another is made, but not at once.
    pub(super) fn fail(&mut self, now: Duration, failover: Duration) {
        self.must_read = true;
        self.not_before = now + failover / 20;
    }

    /// The record as it is to be written.
    fn next_record(&self, record: &LeaseRecord) -> LeaseRecord {
        let mut next = record.clone();
        if let Some(wanted) = &self.wanted {
            next.checkpoint = wanted.checkpoint.clone();
            next.children.clone_from(&wanted.children);
        }
        next.lag_ms = self.lag_ms;
        next.last_error.clone_from(&self.last_error);
        if self.is_released || next.is_finished() {
            next.owner = None;
        }
        if next.is_finished() {
            (next.hand_over_to, next.lag_ms) = (None, None);
        }
        next
    }
}

impl Keeper {
    /// The calls that are due for what is held.
    pub(super) fn calls_of_held(&mut self, now: Duration) -> Vec<Call> {
        let renew = self.config.renew_after();
        let is_idle = |unit: &UnitId| !self.pending.contains_key(unit);
        let due = self.held.iter().filter(|(unit, held)| held.due(renew) <= now && is_idle(unit));
        let due: Vec<_> = due.map(|(unit, _)| unit.clone()).collect();
        due.iter().filter_map(|unit| self.call_of_held(unit, now)).collect()
    }

    fn call_of_held(&mut self, unit: &UnitId, now: Duration) -> Option<Call> {
        let held = self.held.get(unit)?;
        let Some(seen) = self.view.get(unit).filter(|_| !held.must_read) else {
            return Some(self.read(unit, now));
        };
        let record = held.next_record(&seen.record);
        let purpose = if held.is_released { Purpose::Release } else { Purpose::Renew };
        Some(self.write(unit, record, purpose, now))
    }
}
