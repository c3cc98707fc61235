//! Listings of the server.

use std::ops::Bound;

use super::script::{Call, LIST};
use super::shared::Shared;
use super::values::{PART, READINGS, Start, changing};
use crate::bounds::{MAX_PAGE_ENTRIES, MAX_PAGE_LENGTH};
use crate::error::StoreError;
use crate::key::Key;
use crate::page::{Entry, Page};
use crate::prefix::Prefix;

/// The epoch and the revision of the state; after which name the next page starts; names, lengths
/// and first octets of values.
type Found = (String, u64, String, Vec<(String, usize, Vec<u8>)>);

impl Shared {
    /// A page of one moment: when a long value in it changes while it is read, all is read again.
    pub(super) async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let start = prefix.start();
        let from = match Prefix::from(&start, after) {
            Bound::Excluded(after) => format!("({after}"),
            _ => format!("[{start}"),
        };
        // Keys are ASCII: no key that starts like this is behind it.
        let to = if start.is_empty() {
            b"+".to_vec()
        } else {
            [b"(", start.as_bytes(), b"\xff"].concat()
        };
        let call = Call::of(&LIST, [self.names.about(), self.names.index()])
            .text(self.names.values())
            .text(from)
            .octets(&to)
            .text(limit.clamp(1, MAX_PAGE_ENTRIES))
            .text(MAX_PAGE_LENGTH)
            .text(PART - 1);
        for _ in 0..READINGS {
            if let Some(page) = self.page(&call).await? {
                return Ok(page);
            }
        }
        Err(after.map_or_else(|| changing_in(prefix), changing))
    }

    async fn page(&self, call: &Call<'_>) -> Result<Option<Page>, StoreError> {
        let deadline = self.link.deadline(MAX_PAGE_LENGTH + self.options.max_value_length);
        let seen = self.life.seen();
        let (epoch, revision, next, found): Found = self.link.run(call, deadline).await?;
        self.note(&seen, &epoch, revision);
        let mut page = Page::default();
        if !next.is_empty() {
            page.next = Some(key_of(&next)?);
        }
        for (name, length, octets) in found {
            let key = key_of(&name)?;
            let value = self.complete(&key, Start { length, octets }, deadline).await?;
            let Some(value) = value else { return Ok(None) };
            page.entries.push(Entry { key, value });
        }
        Ok(Some(page))
    }
}

/// Only keys were written, so anything else is of somebody else.
fn key_of(text: &str) -> Result<Key, StoreError> {
    Key::new(text).map_err(|source| StoreError::Failed { source: Box::new(source) })
}

fn changing_in(prefix: &Prefix) -> StoreError {
    StoreError::Failed { source: format!("`{prefix}` changes faster than it can be read").into() }
}
