//! Lines that were read and not handed out as yet, the overlong ones cut short.

use std::io::Read;

use memchr::{memchr, memchr_iter, memrchr};

use crate::error::ObjectError;
use crate::text::Text;

/// Octets of text that are asked for at once.
const READ_LENGTH: usize = 128 * 1024;

/// A window on an object's text that starts at a line's start.
///
/// It knows where it stands in the object's text, also after octets were left out.
pub(crate) struct LineBuffer {
    /// As long as it ever was; `filled` octets count.
    octets: Vec<u8>,
    filled: usize,
    /// Octets that are kept of a line.
    kept_length: usize,
    /// Where the last line starts, the one whose end is not known as yet.
    last_line: usize,
    /// Whether the rest of the last line is being left out.
    is_skipping: bool,
    cuts: Vec<Cut>,
    offset: u64,
    line: u64,
}

/// Octets that were left out.
struct Cut {
    /// Their place in the buffer.
    position: usize,
    length: u64,
}

impl LineBuffer {
    /// Keeps so many octets of each line, its end not counted in.
    pub(crate) fn new(kept_length: usize) -> Self {
        Self {
            octets: Vec::new(),
            filled: 0,
            kept_length,
            last_line: 0,
            is_skipping: false,
            cuts: Vec::new(),
            offset: 0,
            line: 1,
        }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.octets.get(..self.filled).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.octets.capacity()
    }

    /// Where the buffer starts in the object's text.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of the first line, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The length up to and with the first line end at or after `from`.
    pub(crate) fn length_to_line_end(&self, from: usize) -> Option<usize> {
        let rest = self.as_slice().get(from..)?;
        memchr(b'\n', rest).map(|position| from + position + 1)
    }

    /// The length of all lines that have an end.
    pub(crate) fn complete_length(&self) -> usize {
        memrchr(b'\n', self.as_slice()).map_or(0, |position| position + 1)
    }

    /// Reads more text. Tells whether there was any.
    pub(crate) fn fill<R: Read>(&mut self, text: &mut Text<R>) -> Result<bool, ObjectError> {
        let start = self.filled;
        if self.octets.len() < start + READ_LENGTH {
            self.octets.resize(start + READ_LENGTH, 0);
        }
        let room = self.octets.get_mut(start..start + READ_LENGTH);
        let length = text.read(room.unwrap_or_default())?;
        self.filled += length;
        if !self.is_skipping || self.leave_out_to_line_end(start) {
            self.cut_long_lines();
        }
        Ok(length > 0)
    }

    /// Drops the first `length` octets: whole lines, or all that there is.
    pub(crate) fn forget(&mut self, length: usize) {
        let forgotten = self.octets.get(..length).unwrap_or_default();
        self.line += memchr_iter(b'\n', forgotten).count() as u64;
        let cuts = self.cuts.iter().take_while(|cut| cut.position <= length).count();
        let left_out: u64 = self.cuts.drain(..cuts).map(|cut| cut.length).sum();
        self.offset += length as u64 + left_out;
        self.cuts.iter_mut().for_each(|cut| cut.position -= length);
        self.remove(0, length);
        self.last_line = self.last_line.saturating_sub(length);
    }

    fn cut_long_lines(&mut self) {
        while self.filled - self.last_line > self.kept_length {
            // The last line end within reach: all lines before it are short enough.
            let reach = self.last_line + self.kept_length;
            let window = self.octets.get(self.last_line..=reach).unwrap_or_default();
            if let Some(position) = memrchr(b'\n', window) {
                self.last_line += position + 1;
                continue;
            }
            self.cuts.push(Cut { position: reach, length: 0 });
            if !self.leave_out_to_line_end(reach) {
                return;
            }
        }
    }

    /// Leaves out the octets from `position` to the next line end. Tells whether there is one;
    /// else what comes next is left out too.
    fn leave_out_to_line_end(&mut self, position: usize) -> bool {
        let rest = self.as_slice().get(position..).unwrap_or_default();
        let line_end = memchr(b'\n', rest);
        let length = line_end.unwrap_or(rest.len());
        self.remove(position, length);
        if let Some(cut) = self.cuts.last_mut() {
            cut.length += length as u64;
        }
        self.is_skipping = line_end.is_none();
        if line_end.is_some() {
            self.last_line = position + 1;
        }
        line_end.is_some()
    }

    fn remove(&mut self, position: usize, length: usize) {
        if length > 0 {
            self.octets.copy_within(position + length..self.filled, position);
            self.filled -= length;
        }
    }
}
