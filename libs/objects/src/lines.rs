//! Lines that were read and not handed out as yet, the overlong ones cut short.

use memchr::{memchr, memchr_iter, memrchr};

use crate::error::ObjectError;

/// Octets of text that are asked for and looked at at once.
const STEP_LENGTH: usize = 64 * 1024;

/// A window on an object's text that starts at a line's start.
///
/// It knows where it stands in the object's text, also after octets were left out. Positions in
/// it count from its start.
pub(crate) struct LineWindow {
    octets: Vec<u8>,
    /// The window is `octets[start..end]`; what follows up to `filled` was not looked at as yet.
    start: usize,
    end: usize,
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
    position: usize,
    length: u64,
}

impl LineWindow {
    /// A window in the memory of `octets`, which holds `filled` octets of text. So many octets
    /// are kept of each line, its end not counted in.
    pub(crate) fn new(octets: Vec<u8>, filled: usize, kept_length: usize) -> Self {
        Self {
            octets,
            start: 0,
            end: 0,
            filled,
            kept_length,
            last_line: 0,
            is_skipping: false,
            cuts: Vec::new(),
            offset: 0,
            line: 1,
        }
    }

    /// The memory, to be used again.
    pub(crate) fn into_octets(self) -> Vec<u8> {
        self.octets
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.octets.get(self.start..self.end).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.octets.capacity()
    }

    /// Where the window starts in the object's text.
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

    /// Looks at more text, asking `read` for it when there is none. Tells whether there was any.
    pub(crate) fn advance(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> Result<usize, ObjectError>,
    ) -> Result<bool, ObjectError> {
        if self.end == self.filled {
            self.filled += read(self.room())?;
        }
        let seen = self.end - self.start;
        let step = STEP_LENGTH.min(self.filled - self.end);
        self.end += step;
        if !self.is_skipping || self.leave_out_to_line_end(seen) {
            self.cut_long_lines();
        }
        Ok(step > 0)
    }

    /// Drops the first `length` octets: whole lines, or all that there is.
    pub(crate) fn forget(&mut self, length: usize) {
        let forgotten = self.as_slice().get(..length).unwrap_or_default();
        self.line += memchr_iter(b'\n', forgotten).count() as u64;
        let cuts = self.cuts.iter().take_while(|cut| cut.position <= length).count();
        let left_out: u64 = self.cuts.drain(..cuts).map(|cut| cut.length).sum();
        self.offset += length as u64 + left_out;
        self.cuts.iter_mut().for_each(|cut| cut.position -= length);
        self.start += length;
        self.last_line = self.last_line.saturating_sub(length);
    }

    /// Room for a step of text after the window, which is moved to the memory's start.
    fn room(&mut self) -> &mut [u8] {
        self.octets.copy_within(self.start..self.filled, 0);
        self.end -= self.start;
        self.filled -= self.start;
        self.start = 0;
        let room = self.filled..self.filled + STEP_LENGTH;
        if self.octets.len() < room.end {
            self.octets.resize(room.end, 0);
        }
        self.octets.get_mut(room).unwrap_or_default()
    }

    fn cut_long_lines(&mut self) {
        while self.end - self.start - self.last_line > self.kept_length {
            // The last line end within reach: all lines before it are short enough.
            let reach = self.last_line + self.kept_length;
            let near = self.as_slice().get(self.last_line..=reach).unwrap_or_default();
            if let Some(position) = memrchr(b'\n', near) {
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

    /// Removes octets of the window by moving what comes before or what comes after, whichever
    /// is less: an object that was unpacked whole has much of the latter.
    fn remove(&mut self, position: usize, length: usize) {
        let from = self.start + position;
        let to = from + length;
        if self.filled - to <= position {
            self.octets.copy_within(to..self.filled, from);
            self.end -= length;
            self.filled -= length;
        } else {
            self.octets.copy_within(self.start..from, self.start + length);
            self.start += length;
        }
    }
}
