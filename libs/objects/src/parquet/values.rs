//! The values of a page, whatever their encoding.

use crate::failure::Failure;

use super::delta::Delta;
use super::footer::{ColumnKind, Physical};
use super::hybrid::{Hybrid, bits};
use super::value::Value;

/// Reads the values of a page, one after the other.
///
/// Its page is an argument of each call, the same one each time.
pub(super) enum Values {
    /// Where the next one is.
    Plain(usize),
    /// Booleans: where the next one is, in bits.
    Bits(u64),
    /// Booleans in runs.
    Runs(Hybrid),
    /// Places in the dictionary.
    Indices(Hybrid),
    Integers(Delta),
    Strings(Box<Strings>),
}

/// Strings behind their lengths (DELTA_LENGTH_BYTE_ARRAY), or as what they do not share with the
/// one before (DELTA_BYTE_ARRAY).
pub(super) struct Strings {
    shared: Option<Delta>,
    lengths: Delta,
    /// Where the next string is.
    position: usize,
    last: Vec<u8>,
}

/// The values of a chunk that its pages refer to, as text.
pub(super) struct Dictionary {
    text: Vec<u8>,
    /// Where in the text each one ends.
    ends: Vec<u32>,
}

impl Dictionary {
    /// Reads a dictionary's page.
    pub(super) fn read(kind: &ColumnKind, page: &[u8], values: usize) -> Option<Self> {
        let (mut text, mut ends) = (Vec::new(), Vec::new());
        let mut position = 0;
        for _ in 0..values {
            Value::plain(kind.physical, page, &mut position)?.append(kind, &mut text);
            ends.push(u32::try_from(text.len()).ok()?);
        }
        Some(Self { text, ends })
    }

    /// Octets of memory.
    pub(super) fn memory(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    fn get(&self, index: u32) -> Option<&[u8]> {
        let index = index as usize;
        let end = *self.ends.get(index)? as usize;
        let start =
            index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start as usize..end)
    }
}

impl Values {
    /// The values of `page` from `position` on, so many at most, in `encoding` (`Encoding`).
    pub(super) fn open(
        encoding: i64,
        kind: &ColumnKind,
        page: &[u8],
        position: usize,
        values: u64,
    ) -> Result<Self, Failure> {
        let opened = match (encoding, kind.physical) {
            (0, Physical::Boolean) => Some(Self::Bits(position as u64 * 8)),
            (0, _) => Some(Self::Plain(position)),
            (2 | 8, _) => open_indices(page, position),
            (3, Physical::Boolean) => open_runs(page, position),
            (5, Physical::Int32 | Physical::Int64) => {
                Delta::new(page, position).map(Self::Integers)
            }
            (6, Physical::ByteArray) => Strings::open(page, position, values, false),
            (7, Physical::ByteArray | Physical::Fixed(_)) => {
                Strings::open(page, position, values, true)
            }
            (9, _) => return Err(Failure::Unsupported("a Parquet file with split byte streams")),
            _ => return Err(Failure::Unsupported("a Parquet file with unknown encodings")),
        };
        opened.ok_or_else(|| Failure::corrupt("a page's values make no sense"))
    }

    /// Writes the next value; `None` when there is none or the data makes no sense.
    #[inline]
    pub(super) fn append(
        &mut self,
        kind: &ColumnKind,
        page: &[u8],
        dictionary: Option<&Dictionary>,
        line: &mut Vec<u8>,
    ) -> Option<()> {
        match self {
            Self::Indices(indices) => {
                line.extend_from_slice(dictionary?.get(indices.next(page)?)?);
            }
            Self::Plain(position) => {
                Value::plain(kind.physical, page, position)?.append(kind, line);
            }
            Self::Bits(position) => {
                Value::Boolean(bits(page, *position, 1)? == 1).append(kind, line);
                *position += 1;
            }
            Self::Runs(runs) => Value::Boolean(runs.next(page)? == 1).append(kind, line),
            Self::Integers(delta) => Value::Integer(delta.next(page)?).append(kind, line),
            Self::Strings(strings) => Value::Octets(strings.next(page)?).append(kind, line),
        }
        Some(())
    }
}

/// The places are as wide as the first octet says.
fn open_indices(page: &[u8], position: usize) -> Option<Values> {
    match page.get(position) {
        Some(width) => Hybrid::new(position + 1, page.len(), *width).map(Values::Indices),
        // Some writers leave a page empty in which all values are absent.
        None => Hybrid::new(position, position, 0).map(Values::Indices),
    }
}

/// The runs come after their length.
fn open_runs(page: &[u8], position: usize) -> Option<Values> {
    let length = u32::from_le_bytes(*page.get(position..)?.first_chunk()?) as usize;
    let start = position + 4;
    Hybrid::new(start, page.len().min(start.checked_add(length)?), 1).map(Values::Runs)
}

impl Strings {
    fn open(page: &[u8], position: usize, values: u64, is_shared: bool) -> Option<Values> {
        let open = |position| Delta::new(page, position).filter(|delta| delta.left() <= values);
        let shared = if is_shared { Some(open(position)?) } else { None };
        let lengths = match &shared {
            Some(shared) => shared.end(page)?,
            None => position,
        };
        let lengths = open(lengths)?;
        let position = lengths.end(page)?;
        Some(Values::Strings(Box::new(Self { shared, lengths, position, last: Vec::new() })))
    }

    fn next(&mut self, page: &[u8]) -> Option<&[u8]> {
        let shared = match &mut self.shared {
            Some(shared) => usize::try_from(shared.next(page)?).ok()?,
            None => 0,
        };
        if shared > self.last.len() {
            return None;
        }
        let length = usize::try_from(self.lengths.next(page)?).ok()?;
        let own = page.get(self.position..)?.get(..length)?;
        self.last.truncate(shared);
        self.last.extend_from_slice(own);
        self.position += length;
        Some(&self.last)
    }
}
