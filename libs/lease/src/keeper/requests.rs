//! What the reader of the units wants.

use std::collections::HashSet;
use std::time::Duration;

use super::held::{Held, Wanted};
use super::{Event, Keeper};
use crate::position::{Checkpoint, Position};
use crate::record::Child;
use crate::unit::UnitId;

/// The longest error that is kept with a lease, in octets.
const MAX_ERROR: usize = 512;

/// The lease is not held, or not under this fence.
#[derive(Debug, PartialEq, Eq)]
pub struct Fenced;

impl Keeper {
    /// The sets whose units are to be read. Units of others are handed over.
    pub fn want(&mut self, sets: HashSet<String>) {
        for set in self.wanted.difference(&sets) {
            self.view.forget_set(set);
        }
        self.wanted = sets;
        let stray = self.held.keys().filter(|unit| !self.wanted.contains(&unit.set));
        let stray: Vec<_> = stray.cloned().collect();
        stray.iter().for_each(|unit| self.ask_reader(unit));
        self.next_scan = Duration::ZERO;
    }

    /// Everything up to and with the position is settled. [`Event::Checkpointed`] follows, or
    /// [`Event::Lost`]. A position before the present checkpoint changes nothing, and is told as
    /// written.
    ///
    /// # Errors
    ///
    /// When the lease is not held with this fence.
    pub fn checkpoint(
        &mut self,
        unit: &UnitId,
        fence: u64,
        position: Position,
    ) -> Result<(), Fenced> {
        self.write_checkpoint(unit, fence, Checkpoint::At(position), Vec::new())
    }

    /// All of the unit is settled, and no more comes; these units follow it.
    /// [`Event::Checkpointed`] and [`Event::Released`] follow, or [`Event::Lost`].
    ///
    /// # Errors
    ///
    /// When the lease is not held with this fence.
    pub fn finish(
        &mut self,
        unit: &UnitId,
        fence: u64,
        children: Vec<Child>,
    ) -> Result<(), Fenced> {
        self.write_checkpoint(unit, fence, Checkpoint::End, children)
    }

    fn write_checkpoint(
        &mut self,
        unit: &UnitId,
        fence: u64,
        checkpoint: Checkpoint,
        children: Vec<Child>,
    ) -> Result<(), Fenced> {
        let present = self.view.get(unit).map(|seen| seen.record.checkpoint.clone());
        let held = self.held_with(unit, fence)?;
        let wanted = held.wanted.as_ref().map(|wanted| &wanted.checkpoint);
        let latest = wanted.or(present.as_ref());
        if latest.is_some_and(|latest| !latest.allows(&checkpoint) || *latest == checkpoint) {
            let event = Event::Checkpointed { unit: unit.clone(), checkpoint };
            if wanted.is_none() {
                self.events.push_back(event);
            }
            return Ok(());
        }
        held.wanted = Some(Wanted { checkpoint, children });
        Ok(())
    }

    /// The unit is read no more: give it back, to who asked for it or to anybody. A checkpoint
    /// that is not written yet is written with it. [`Event::Released`] follows, or
    /// [`Event::Lost`].
    ///
    /// # Errors
    ///
    /// When the lease is not held with this fence.
    pub fn release(&mut self, unit: &UnitId, fence: u64) -> Result<(), Fenced> {
        self.held_with(unit, fence)?.is_released = true;
        Ok(())
    }

    /// What is shown of the unit: how far it is behind, and what went wrong last. It is written
    /// with the next renewal.
    pub fn note(&mut self, unit: &UnitId, lag_ms: Option<u64>, last_error: &str) {
        if let Some(held) = self.held.get_mut(unit) {
            held.lag_ms = lag_ms;
            let end = last_error.floor_char_boundary(MAX_ERROR);
            last_error.get(..end).unwrap_or_default().clone_into(&mut held.last_error);
        }
    }

    /// Nothing more is taken. What is held stays so until it is released.
    pub fn close(&mut self) {
        self.is_closing = true;
    }

    fn held_with(&mut self, unit: &UnitId, fence: u64) -> Result<&mut Held, Fenced> {
        let held = self.held.get_mut(unit);
        held.filter(|held| held.fence == fence && !held.is_released).ok_or(Fenced)
    }
}
