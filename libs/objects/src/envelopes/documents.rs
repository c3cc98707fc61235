//! A window on an object's text, from document to document.

use std::io::{Read, Seek};

use crate::error::ObjectError;
use crate::text::Text;

/// Octets that the window has at first. A document that stands at its end is read twice: the larger
/// it is, the fewer are.
const FIRST_LENGTH: usize = 1 << 20;

/// A window on an object's text that starts where a document does, or at blanks before one.
pub(super) struct DocumentWindow {
    octets: Vec<u8>,
    /// The window is `octets[start..filled]`.
    start: usize,
    filled: usize,
    /// Where it starts in the object's text.
    offset: u64,
}

impl DocumentWindow {
    /// A window in the memory of `octets`, which holds `filled` octets of text.
    pub(super) fn new(octets: Vec<u8>, filled: usize) -> Self {
        Self { octets, start: 0, filled, offset: 0 }
    }

    /// The memory, to be used again.
    pub(super) fn into_octets(self) -> Vec<u8> {
        self.octets
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.octets.get(self.start..self.filled).unwrap_or_default()
    }

    /// Where the window starts in the object's text.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Octets of memory that it takes.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.octets.capacity()
    }

    /// Drops blanks between documents.
    pub(super) fn skip_blanks(&mut self) {
        let window = self.as_slice();
        self.forget(window.len() - window.trim_ascii_start().len());
    }

    /// Drops the first `length` octets.
    pub(super) fn forget(&mut self, length: usize) {
        self.start += length;
        self.offset += length as u64;
    }

    /// Reads on, to `most` octets in all. Tells whether there was more; a window that is full has
    /// none.
    pub(super) fn read<R: Read + Seek>(
        &mut self,
        text: &mut Text<R>,
        most: usize,
    ) -> Result<bool, ObjectError> {
        self.octets.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        // Twice as long where half of it is one document: none is read more often than that.
        let wanted = FIRST_LENGTH.max(self.filled.saturating_mul(2)).min(most);
        if self.octets.len() < wanted {
            self.octets.reserve_exact(wanted - self.octets.len());
            self.octets.resize(wanted, 0);
        }
        let room = self.octets.get_mut(self.filled..).unwrap_or_default();
        let length = text.read(room)?;
        self.filled += length;
        Ok(length > 0)
    }
}
