//! What comes of calls.

use std::collections::HashSet;
use std::time::Duration;

use weir_store::Etag;

use super::held::Held;
use super::{Event, Keeper, Listing, LossReason, Pending, Purpose, Reply, Seen, Trouble};
use crate::record::{LeaseRecord, SetRecord};
use crate::unit::UnitId;

impl Keeper {
    /// Takes what came of a call.
    pub fn reply(&mut self, reply: Reply, now: Duration) {
        if self.is_lost {
            return;
        }
        match reply {
            Reply::Listed(listed) => self.listed(listed, now),
            Reply::Read(unit, read) => {
                self.pending.remove(&unit);
                match read {
                    Ok(Some((record, etag))) => self.see(&unit, record, etag, now),
                    Ok(None) => self.see_nothing(&unit),
                    Err(trouble) => self.failed(&unit, trouble, now),
                }
            }
            Reply::Written(unit, written) => {
                let Some(pending) = self.pending.remove(&unit) else { return };
                match written {
                    Ok(etag) => self.written(&unit, pending, etag, now),
                    Err(trouble) => self.failed(&unit, trouble, now),
                }
            }
            Reply::Deleted(unit, deleted) => {
                self.pending.remove(&unit);
                match deleted {
                    Ok(()) => self.view.forget(&unit),
                    Err(trouble) => self.failed(&unit, trouble, now),
                }
            }
        }
    }

    /// What others wrote of a unit that is not held is seen by the next scan.
    fn failed(&mut self, unit: &UnitId, trouble: Trouble, now: Duration) {
        if trouble == Trouble::Lost {
            return self.lose_state(unit.set.clone());
        }
        let failover = self.config.failover;
        if let Some(held) = self.held.get_mut(unit) {
            held.fail(now, failover);
            if trouble == Trouble::Conflict {
                held.not_before = now;
            }
        }
    }

    fn listed(&mut self, listed: Result<Listing, Trouble>, now: Duration) {
        let Some((sent, moment)) = self.scanning.take() else { return };
        self.next_scan = sent + self.config.scan;
        let Listing { sets, units } = match listed {
            Ok(listed) => listed,
            Err(Trouble::Lost) => return self.lose_state("all units".to_owned()),
            Err(_) => {
                self.next_scan = now + self.config.scan;
                return;
            }
        };
        self.scans += 1;
        if let Some(set) = self.lost_set(&sets) {
            return self.lose_state(set);
        }
        sets.into_iter().for_each(|(set, record)| self.view.begin(set, record));
        self.listed_units(units, moment, now);
        (self.must_plan, self.is_round_due) = (true, true);
    }

    /// A set that is read here and did not stay what it was.
    fn lost_set(&self, sets: &[(String, SetRecord)]) -> Option<String> {
        let known = self.view.sets().filter(|set| self.wanted.contains(*set));
        let epoch_in = |set: &str| sets.iter().find(|(name, _)| name == set);
        let mut lost = known.filter(|set| {
            let found = epoch_in(set).map(|(_, record)| record.epoch.as_str());
            found != self.view.epoch_of(set)
        });
        lost.next().cloned()
    }

    fn listed_units(&mut self, units: Vec<Seen>, moment: u64, now: Duration) {
        let names: HashSet<UnitId> = units.iter().map(|(unit, ..)| unit.clone()).collect();
        for (unit, record, etag) in units {
            // The answer to a call that is under way, or that came meanwhile, says more.
            if !self.pending.contains_key(&unit) && !self.view.is_newer(&unit, moment) {
                self.see(&unit, record, etag, now);
            }
        }
        let held: Vec<_> = self.held.keys().filter(|unit| !names.contains(*unit)).collect();
        let is_gone =
            |unit: &&UnitId| !self.pending.contains_key(*unit) && !self.view.is_newer(unit, moment);
        let gone: Vec<_> = held.into_iter().filter(is_gone).cloned().collect();
        gone.iter().for_each(|unit| self.lose(unit, LossReason::Gone));
        let pending = &self.pending;
        self.view.keep(|unit| names.contains(unit) || pending.contains_key(unit), moment);
    }

    fn see(&mut self, unit: &UnitId, record: LeaseRecord, etag: Etag, now: Duration) {
        if !self.view.see(unit, record, etag, now) && self.wanted.contains(&unit.set) {
            return self.lose_state(unit.set.clone());
        }
        let (Some(seen), Some(held)) = (self.view.get(unit), self.held.get_mut(unit)) else {
            return;
        };
        let is_ours = seen.record.is_owned_by(&self.config.worker)
            && seen.record.fence == held.fence
            && !seen.record.is_finished();
        // What was to be written may have been, without an answer.
        let is_written =
            held.wanted.as_ref().is_some_and(|wanted| seen.record.checkpoint == wanted.checkpoint);
        let checkpoint = seen.record.checkpoint.clone();
        let is_asked = seen.record.hand_over_to.is_some();
        held.must_read = false;
        if is_written {
            held.wanted = None;
            self.events.push_back(Event::Checkpointed { unit: unit.clone(), checkpoint });
        }
        let is_released = held.is_released;
        if !is_ours {
            let is_over = is_released || is_written;
            self.must_plan |= is_written;
            return if is_over { self.end(unit) } else { self.lose(unit, LossReason::Taken) };
        }
        if is_asked {
            self.ask_reader(unit);
        }
    }

    fn see_nothing(&mut self, unit: &UnitId) {
        self.view.forget(unit);
        self.lose(unit, LossReason::Gone);
    }

    /// Tells the reader once that the unit is to be handed over.
    pub(super) fn ask_reader(&mut self, unit: &UnitId) {
        let held = self.held.get_mut(unit).filter(|held| !held.is_asked);
        if let Some(held) = held {
            held.is_asked = true;
            self.events.push_back(Event::Asked { unit: unit.clone() });
        }
    }

    /// The lease is given back, by our own will.
    fn end(&mut self, unit: &UnitId) {
        if self.held.remove(unit).is_some() {
            self.events.push_back(Event::Released { unit: unit.clone() });
        }
    }

    fn written(&mut self, unit: &UnitId, pending: Pending, etag: Etag, now: Duration) {
        let Some(record) = pending.record else { return };
        self.view.see(unit, record.clone(), etag, now);
        match pending.purpose {
            Purpose::Take => self.taken(unit, &record, pending.sent, now),
            Purpose::Renew | Purpose::Release => {
                self.renewed(unit, &record, pending.purpose, pending.sent);
            }
            Purpose::Ask => {
                if let Some(seen) = self.view.get_mut(unit) {
                    seen.asked = Some(now);
                }
            }
            Purpose::Create => self.must_plan = true,
            Purpose::Read | Purpose::Delete => {}
        }
    }

    fn taken(&mut self, unit: &UnitId, record: &LeaseRecord, sent: Duration, now: Duration) {
        if let Some(seen) = self.view.get_mut(unit) {
            seen.asked = None;
        }
        // An answer that came too late gives nothing: the lease is taken again.
        if sent + self.config.valid_for() <= now || self.is_closing {
            return;
        }
        let fence = record.fence;
        self.held.insert(unit.clone(), Held::new(fence, sent));
        self.changes.taken += 1;
        let (checkpoint, placement) = (record.checkpoint.clone(), record.placement.clone());
        self.events.push_back(Event::Granted { unit: unit.clone(), fence, checkpoint, placement });
    }

    fn renewed(&mut self, unit: &UnitId, record: &LeaseRecord, purpose: Purpose, sent: Duration) {
        let Some(held) = self.held.get_mut(unit).filter(|held| held.fence == record.fence) else {
            return;
        };
        held.renewed = held.renewed.max(sent);
        let checkpoint = record.checkpoint.clone();
        if held.wanted.as_ref().is_some_and(|wanted| wanted.checkpoint == checkpoint) {
            held.wanted = None;
            self.events.push_back(Event::Checkpointed { unit: unit.clone(), checkpoint });
        }
        if record.is_finished() {
            self.must_plan = true;
        }
        if record.is_finished() || purpose == Purpose::Release {
            self.end(unit);
        } else if record.hand_over_to.is_some() {
            self.ask_reader(unit);
        }
    }
}
