//! Which objects were exported.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use weir_ingest::{Fault, SourceError};
use weir_store::{Key, MAX_MEMBERS_PER_CALL, Store};

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

    pub(crate) async fn add<'i>(
        &self,
        ids: impl IntoIterator<Item = &'i ObjectId>,
    ) -> Result<(), SourceError> {
        let mut sets = BTreeMap::<u8, Vec<Bytes>>::new();
        for digest in ids.into_iter().map(ObjectId::digest) {
            sets.entry(number_of(&digest)).or_default().push(digest);
        }
        for (number, members) in sets {
            let set = set_of(number)?;
            for members in members.chunks(MAX_MEMBERS_PER_CALL) {
                let added = self.0.add_to_set(&set, members, MEMORY).await;
                added.map_err(|error| state("what was exported cannot be noted", error))?;
            }
        }
        Ok(())
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
