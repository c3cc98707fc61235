//! Which objects were exported.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use weir_ingest::{Fault, SourceError};
use weir_store::{Key, Store};

use super::id::ObjectId;

/// How long an object is remembered: S3 repeats events within hours, and a message stays in a
/// queue for 14 days at most.
const MEMORY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Sets that share the objects: a set of the store has a million members at most.
const SETS: u8 = 16;

/// The memory of finished objects, which all workers share.
#[derive(Clone)]
pub(crate) struct Finished(Arc<dyn Store>);

impl Finished {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    pub(crate) async fn contains(&self, id: &ObjectId) -> Result<bool, SourceError> {
        let digest = id.digest();
        let set = set_of(number_of(&digest))?;
        let known = self.0.contains_in_set(&set, &[digest]).await;
        let known = known.map_err(|error| state("it is not known what was exported", error))?;
        Ok(known.first().copied().unwrap_or_default())
    }

    /// For each of them, in order, whether it is new.
    pub(crate) async fn add(&self, ids: &[&ObjectId]) -> Result<Vec<bool>, SourceError> {
        let mut sets = BTreeMap::<u8, (Vec<usize>, Vec<Bytes>)>::new();
        for (place, id) in ids.iter().enumerate() {
            let digest = id.digest();
            let (places, members) = sets.entry(number_of(&digest)).or_default();
            places.push(place);
            members.push(digest);
        }
        let mut are_new = vec![true; ids.len()];
        for (number, (places, members)) in sets {
            // The loop commits a thousand parts at once at most: far less than a call may have.
            let added = self.0.add_to_set(&set_of(number)?, &members, MEMORY).await;
            let added = added.map_err(|error| state("what was exported cannot be noted", error))?;
            for (place, is_new) in places.into_iter().zip(added) {
                if let Some(slot) = are_new.get_mut(place) {
                    *slot = is_new;
                }
            }
        }
        Ok(are_new)
    }
}

fn number_of(digest: &Bytes) -> u8 {
    digest.first().map_or(0, |first| first % SETS)
}

fn set_of(number: u8) -> Result<Key, SourceError> {
    Key::of_parts(["finished", "s3", &format!("{number:x}")])
        .map_err(|error| state("the name of a set", error))
}

fn state(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    SourceError::transient(Fault::State, what).because(error)
}
