//! Which events were exported, over restarts and between workers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use weir_ingest::{Fault, SourceError};
use weir_store::{Key, MAX_MEMBERS_PER_CALL, Store, StoreError};

use crate::event::EventId;
use crate::group::Group;
use crate::reader::HORIZON;

/// How long an exported event is remembered: as long as a window may show it, and what a pause of
/// the workers may add to that.
const KEPT: Duration = Duration::from_millis(2 * HORIZON);

/// The exported events of log groups. Each group has a set of its own, with as many members as
/// the store allows; of more, those that were exported first are forgotten. When the position of a
/// group is set it gets a new one: what was exported before is exported again.
pub(crate) struct Memory {
    store: Arc<dyn Store>,
}

impl Memory {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// The events were exported.
    pub(crate) async fn add(&self, group: &Group, ids: &[EventId]) -> Result<(), SourceError> {
        let key = key(group)?;
        for ids in ids.chunks(MAX_MEMBERS_PER_CALL) {
            let added = self.store.add_to_set(&key, &members(ids), KEPT).await;
            added.map_err(|error| failed("exported events cannot be noted", error))?;
        }
        Ok(())
    }

    /// Which of the events were exported.
    pub(crate) async fn known(
        &self,
        group: &Group,
        ids: &[EventId],
    ) -> Result<Vec<EventId>, SourceError> {
        let (key, mut known) = (key(group)?, Vec::new());
        for ids in ids.chunks(MAX_MEMBERS_PER_CALL) {
            let are_known = self.store.contains_in_set(&key, &members(ids)).await;
            let are_known = are_known
                .map_err(|error| failed("it cannot be read which events were exported", error))?;
            known.extend(ids.iter().zip(are_known).filter(|(_, is)| *is).map(|(id, _)| *id));
        }
        Ok(known)
    }
}

fn members(ids: &[EventId]) -> Vec<Bytes> {
    ids.iter().map(|id| id.member()).collect()
}

fn key(group: &Group) -> Result<Key, SourceError> {
    let (group, placements) = (group.log_group(), group.placements());
    let parts = ["cloudwatch", "exported", group.account_id(), group.region(), group.name()];
    let key = match placements {
        0 => Key::of_parts(parts),
        times => Key::of_parts(parts.into_iter().chain([times.to_string().as_str()])),
    };
    key.map_err(|error| {
        SourceError::fatal(Fault::State, format!("{group} is no name for a key")).because(error)
    })
}

fn failed(what: &str, error: StoreError) -> SourceError {
    match error {
        StoreError::Lost { .. } => SourceError::fatal(Fault::State, what).because(error),
        error => SourceError::transient(Fault::State, what).because(error),
    }
}
