//! A document of tests.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use weir_control::{Document, Revised, UpdateError};
use weir_store::{Key, Store};

/// Says a number and who added to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) sum: u64,
}

pub(crate) const KEY: Key = Key::from_static("control/note");

pub(crate) fn document() -> Document<Note> {
    Document::new(KEY)
}

/// Adds one to whatever is there.
pub(crate) async fn add_one(store: &dyn Store) -> Result<Revised<Note>, UpdateError<Infallible>> {
    let add = |note: &mut Note| {
        note.sum += 1;
        Ok(())
    };
    let ((), revised) = document().update(store, None, add).await?;
    Ok(revised)
}
