//! Parts of listings.

use crate::bounds::{MAX_PAGE_ENTRIES, MAX_PAGE_LENGTH};
use crate::key::Key;
use crate::store::Versioned;

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// Its value.
    pub value: Versioned,
}

/// A part of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Keys and their values, sorted by the octets of the keys.
    pub entries: Vec<Entry>,
    /// After which key the next page starts; none when this is the last.
    pub next: Option<Key>,
}

/// A page in the making.
#[derive(Default)]
pub(crate) struct PageBuilder {
    page: Page,
    length: usize,
    limit: usize,
}

impl PageBuilder {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.clamp(1, MAX_PAGE_ENTRIES), ..Self::default() }
    }

    /// Whether nothing more fits. Then the page is told that there is more.
    pub(crate) fn is_full(&mut self) -> bool {
        let is_full = self.page.entries.len() >= self.limit || self.length >= MAX_PAGE_LENGTH;
        if is_full {
            self.page.next = self.page.entries.last().map(|entry| entry.key.clone());
        }
        is_full
    }

    pub(crate) fn push(&mut self, key: Key, value: Versioned) {
        self.length += value.value.len();
        self.page.entries.push(Entry { key, value });
    }

    pub(crate) fn finish(self) -> Page {
        self.page
    }
}
