//! The groups whose leases are held: begun, handed over, written.

use std::sync::Arc;

use weir_ingest::{Fault, SourceError, SourceEvent, Tracking};
use weir_lease::{Checkpoint, LeaseError, LeaseEvent, Placement, Position, UnitId};
use weir_store::MAX_MEMBERS_PER_CALL;

use super::{CloudWatchSource, Held};
use crate::desk::Reading;
use crate::group::{Group, GroupPart, Place, high_water_of};
use crate::poller::Poller;
use crate::reader::{Beginning, Reader};

impl CloudWatchSource {
    pub(super) fn take_lease(&mut self, event: LeaseEvent) -> Result<(), SourceError> {
        match event {
            LeaseEvent::Granted { unit, fence, checkpoint, placement } => {
                self.begin(unit, fence, &checkpoint, placement.as_ref());
            }
            LeaseEvent::Asked { unit } => {
                if let Some(held) = self.held.get(&unit) {
                    held.group.closing.cancel();
                }
            }
            LeaseEvent::Lost { unit, reason, .. } => {
                tracing::info!(group = unit.set, reason = reason.name(), "no longer ours");
                self.revoke(&unit);
            }
            LeaseEvent::Failed(error) => return Err(fatal(error)),
        }
        Ok(())
    }

    /// A lease was granted: the group is read from where it was committed.
    fn begin(
        &mut self,
        unit: UnitId,
        fence: u64,
        checkpoint: &Checkpoint,
        placement: Option<&Placement>,
    ) {
        let Some(begun) = self.desk.begun.get(&unit) else {
            // It is not to be read any more.
            let leases = self.desk.leases.clone();
            tokio::spawn(async move { leases.release(&unit, fence).await });
            return;
        };
        self.revoke(&unit);
        let high_water = high_water_of(checkpoint, begun.floor);
        let group = Group::new(unit.clone(), fence, begun, high_water, placement);
        let group = Arc::new(group);
        let part = GroupPart::of(&unit);
        self.to_say.push_back(SourceEvent::Opened { part, tracking: Tracking::Ordered });
        let beginning = Beginning { high_water, floor: group.floor, ..Beginning::default() };
        self.read(group, beginning, false);
    }

    pub(super) fn read(&mut self, group: Arc<Group>, beginning: Beginning, is_again: bool) {
        self.readings += 1;
        let (unit, stop) = (group.unit.clone(), self.stop.child_token());
        let poller = Poller {
            desk: Arc::clone(&self.desk),
            group: Arc::clone(&group),
            reading: Reading { unit: unit.clone(), number: self.readings },
            reader: Reader::new(self.reader_config(), beginning),
            inputs: self.inputs.clone(),
            is_again,
            begun: 0,
            looked: 0,
            covered: Vec::new(),
            stop: stop.clone(),
        };
        tokio::spawn(poller.run());
        self.held.insert(unit, Held { group, reading: self.readings, stop });
    }

    pub(super) fn revoke(&mut self, unit: &UnitId) {
        if let Some(held) = self.held.remove(unit) {
            held.stop.cancel();
            self.to_say.push_back(SourceEvent::Revoked { part: GroupPart::of(unit) });
        }
    }

    /// Notes what was exported, before the position moves behind it.
    pub(super) async fn settle(&self, group: &Group, place: Place) -> Result<(), SourceError> {
        // Piece by piece: a call that takes too long has done something all the same.
        while let Some((run, events)) = group.first_up_to(place.run, MAX_MEMBERS_PER_CALL) {
            self.desk.memory.add(group, &events).await?;
            group.forget_up_to(run);
        }
        if !group.rises_to(place.high_water, 1) {
            return Ok(());
        }
        let position = Position::new(place.high_water.to_string());
        let position = position
            .map_err(|error| SourceError::fatal(Fault::State, "no position").because(error))?;
        let written = self.desk.leases.checkpoint(&group.unit, group.fence, position).await;
        if written.is_ok() {
            group.has_written(place.high_water);
        }
        self.unless_fenced(written)
    }

    /// Another worker has the group, or will have it: it reads again what is not written.
    fn unless_fenced(&self, written: Result<(), LeaseError>) -> Result<(), SourceError> {
        match written {
            Err(LeaseError::Fenced { .. }) => {
                self.desk.metrics.fenced();
                Ok(())
            }
            Err(error) => Err(fatal(error)),
            Ok(()) => Ok(()),
        }
    }

    pub(super) async fn hand_over(&mut self, unit: &UnitId) -> Result<(), SourceError> {
        let Some(held) = self.held.remove(unit) else { return Ok(()) };
        held.stop.cancel();
        let released = self.desk.leases.release(unit, held.group.fence).await;
        self.unless_fenced(released)
    }
}

/// Why no lease is held any more.
pub(super) fn fatal(error: LeaseError) -> SourceError {
    let what = "the leases of log groups cannot be kept";
    SourceError::fatal(Fault::State, what).because(error)
}
