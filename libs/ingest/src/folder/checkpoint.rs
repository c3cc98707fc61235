//! What is kept of a file over a restart.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use weir_store::{Key, MAX_PAGE_ENTRIES, Prefix, Store};

use super::file::FilePosition;
use super::identity::Fingerprint;
use crate::error::{Fault, SourceError};

/// What is kept of a file over a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The path at which it was first seen, for people.
    pub(super) path: String,
    /// A hash of that path, in hexadecimal digits.
    pub(super) place: String,
    /// Device numbers change from boot to boot and are left out.
    pub(super) inode: u64,
    pub(super) incarnation: u32,
    pub(super) fingerprint: Fingerprint,
    /// Octets of the file when it was read.
    pub(super) size: u64,
    pub(super) position: FilePosition,
}

impl Checkpoint {
    /// None when it is not one of ours.
    pub(super) fn place(&self) -> Option<u128> {
        u128::from_str_radix(&self.place, 16).ok()
    }

    /// Where it is kept.
    pub(super) fn key(&self, input: &str) -> Result<Key, SourceError> {
        let name = format!("{}-{:x}", self.place, self.inode);
        Key::of_parts(["checkpoint", "folder", input, &name]).map_err(bad_name)
    }
}

/// Checkpoints that no file was found for as yet, by inode.
pub(super) type Unclaimed = HashMap<u64, Vec<Checkpoint>>;

/// All checkpoints of an input.
pub(super) async fn load(store: &dyn Store, input: &str) -> Result<Unclaimed, SourceError> {
    let folder = Key::of_parts(["checkpoint", "folder", input]).map_err(bad_name)?;
    let prefix = Prefix::below(folder);
    let (mut found, mut after) = (Unclaimed::new(), None);
    loop {
        let page = store.list(&prefix, after.as_ref(), MAX_PAGE_ENTRIES).await;
        let page = page.map_err(|error| state("the checkpoints cannot be read", error))?;
        for entry in page.entries {
            let checkpoint: Checkpoint = serde_json::from_slice(&entry.value.value)
                .map_err(|error| state(format!("the checkpoint `{}`", entry.key), error))?;
            found.entry(checkpoint.inode).or_default().push(checkpoint);
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

pub(super) fn state(
    what: impl Into<String>,
    error: impl std::error::Error + Send + Sync + 'static,
) -> SourceError {
    SourceError::transient(Fault::State, what).because(error)
}

fn bad_name(error: weir_store::KeyError) -> SourceError {
    SourceError::fatal(Fault::State, "the name of the input cannot be part of a key").because(error)
}
