//! The one block of bytes that holds all encoded strings of a snapshot.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash};
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use weir_ipfix::push_string;

use crate::error::InventoryError;

/// Four empty variable-length strings.
pub(crate) const EMPTY_STRINGS: &[u8] = &[0; 4];

/// A place in [`Strings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    offset: u32,
    length: u32,
}

impl Span {
    /// Set in the length of a span that is no place in strings, which are shorter.
    const HISTORY: u32 = 1 << 31;

    /// Stands for so many holdings of a history.
    pub(crate) fn of_history(first: u32, count: u32) -> Span {
        Span { offset: first, length: count | Span::HISTORY }
    }

    /// The holdings that it stands for.
    pub(crate) fn history(self) -> Option<Range<usize>> {
        let first = self.offset as usize;
        let count = (self.length & !Span::HISTORY) as usize;
        (self.length & Span::HISTORY != 0).then(|| first..first.saturating_add(count))
    }

    /// The bytes there; none of a history.
    #[inline]
    pub(crate) fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        bytes.get(self.offset as usize..)?.get(..self.length as usize)
    }
}

/// The hash of every table here. Its seed is fixed: keys come from AWS and are never inserted
/// by traffic.
#[inline]
pub(crate) fn hash_of<T: Hash + ?Sized>(value: &T) -> u64 {
    FixedState::default().hash_one(value)
}

/// A position in one of the snapshot's tables.
pub(crate) fn position(length: usize, what: &'static str) -> Result<u32, InventoryError> {
    // The highest value is kept free: range tables mark gaps with it.
    match u32::try_from(length) {
        Ok(position) if position < u32::MAX => Ok(position),
        _ => Err(InventoryError::TooLarge { what, limit: u32::MAX }),
    }
}

/// Collects byte strings, equal ones once.
#[derive(Default)]
pub(crate) struct Strings {
    bytes: Vec<u8>,
    seen: HashTable<Span>,
    scratch: Vec<u8>,
    cut: u64,
}

impl Strings {
    /// Stores `bytes`, which are unlikely to be there already.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Span, InventoryError> {
        let offset = position(self.bytes.len(), "bytes of strings")?;
        let end = position(self.bytes.len().saturating_add(bytes.len()), "bytes of strings")?;
        if end >= Span::HISTORY {
            return Err(InventoryError::TooLarge {
                what: "bytes of strings",
                limit: Span::HISTORY,
            });
        }
        let length = position(bytes.len(), "bytes of strings")?;
        self.bytes.extend_from_slice(bytes);
        Ok(Span { offset, length })
    }

    /// Stores the IPFIX form of `texts`, cleaned and cut, or finds it again.
    pub(crate) fn intern<const N: usize>(
        &mut self,
        texts: [&str; N],
    ) -> Result<Span, InventoryError> {
        let mut encoded = std::mem::take(&mut self.scratch);
        encoded.clear();
        let cut = encode(&mut encoded, texts);
        let span = self.find_or_push(&encoded, cut);
        self.scratch = encoded;
        span
    }

    fn find_or_push(&mut self, encoded: &[u8], cut: u64) -> Result<Span, InventoryError> {
        let hash = hash_of(encoded);
        let known = self.seen.find(hash, |span| span.of(&self.bytes) == Some(encoded));
        if let Some(span) = known {
            return Ok(*span);
        }
        let span = self.push(encoded)?;
        self.cut += cut;
        let bytes = &self.bytes;
        self.seen.insert_unique(hash, span, |span| hash_of(span.of(bytes).unwrap_or_default()));
        Ok(span)
    }

    /// What was stored up to now.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, and how many different strings were cut.
    pub(crate) fn finish(self) -> (Box<[u8]>, u64) {
        (self.bytes.into_boxed_slice(), self.cut)
    }
}

fn encode<const N: usize>(out: &mut Vec<u8>, texts: [&str; N]) -> u64 {
    texts.iter().map(|text| u64::from(push_string(out, clean(text).as_bytes()))).sum()
}

/// The text with `?` for each control character.
///
/// EC2 tags may hold any Unicode; a NUL ends a string early in collectors that are written in C,
/// and a line end breaks a log line. The length in characters and the rest of the text stay.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, "?"))
    } else {
        Cow::Borrowed(text)
    }
}
