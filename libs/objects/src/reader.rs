//! Cuts text into blocks of complete lines.

use std::io::Read;

use memchr::{memchr, memchr_iter, memrchr};

use crate::encoding::Encoding;
use crate::error::ObjectError;
use crate::limits::Limits;
use crate::text::Text;

/// Octets of text that are asked for at once.
const READ_LENGTH: usize = 64 * 1024;

/// Complete lines of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The lines with their ends; the object's last line may have none.
    pub text: &'a [u8],
    /// Where the block starts in the object's text, in octets.
    pub offset: u64,
    /// The number of its first line, counted from 1.
    pub first_line: u64,
}

/// Reads an object as blocks of complete lines.
///
/// The blocks depend on the object's content alone, never on how it was read. A line above
/// [`Limits::max_line_length`] is kept up to one octet more than that; offsets and line numbers
/// stay those of the object.
pub struct LineReader<R> {
    text: Text<R>,
    limits: Limits,
    buffer: Vec<u8>,
    /// Octets at the buffer's start that were handed out and are done with.
    consumed: usize,
    /// Where the last line of the buffer starts, the one without an end as yet.
    last_line: usize,
    /// Cut lines of the buffer, in order.
    cuts: Vec<Cut>,
    /// Whether the rest of the last line is being left out.
    is_skipping: bool,
    offset: u64,
    line: u64,
    end: Option<Result<(), ObjectError>>,
}

/// Octets that were left out.
struct Cut {
    /// Their place in the buffer.
    position: usize,
    length: u64,
}

impl<R: Read> LineReader<R> {
    /// Looks at the first octets of `source` to tell what it holds.
    ///
    /// # Errors
    ///
    /// [`ObjectError::Unsupported`] when it cannot be a flow log, [`ObjectError::Read`] when it
    /// cannot be read.
    pub fn open(source: R, limits: Limits) -> Result<Self, ObjectError> {
        let text = Text::open(source, limits)?;
        Ok(Self {
            text,
            limits,
            buffer: Vec::new(),
            consumed: 0,
            last_line: 0,
            cuts: Vec::new(),
            is_skipping: false,
            offset: 0,
            line: 1,
            end: None,
        })
    }

    /// How the object holds its text.
    pub fn encoding(&self) -> Encoding {
        self.text.encoding()
    }

    /// The next line without its end, left where it is; `None` at the end of the object.
    ///
    /// # Errors
    ///
    /// What stops the object from being read to the end of the line.
    pub fn first_line(&mut self) -> Result<Option<&[u8]>, ObjectError> {
        let length = self.first_line_length()?;
        let line = self.buffer.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Ok((length > 0).then_some(line))
    }

    /// Leaves the next line out, as when it is a header.
    ///
    /// # Errors
    ///
    /// As [`Self::first_line`].
    pub fn skip_line(&mut self) -> Result<(), ObjectError> {
        self.consumed = self.first_line_length()?;
        self.forget_consumed();
        Ok(())
    }

    /// The next block; `None` at the end. A block is cut at the first line end at which it has
    /// [`Limits::block_length`] octets.
    ///
    /// # Errors
    ///
    /// What stops the object from being read to its end, after all complete lines before.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, ObjectError> {
        self.forget_consumed();
        let length = self.block_length()?;
        self.consumed = length;
        let text = self.buffer.get(..length).unwrap_or_default();
        let block = Block { text, offset: self.offset, first_line: self.line };
        Ok((length > 0).then_some(block))
    }

    fn first_line_length(&mut self) -> Result<usize, ObjectError> {
        self.forget_consumed();
        self.length_to_line_end(0)
    }

    fn block_length(&mut self) -> Result<usize, ObjectError> {
        self.length_to_line_end(self.limits.block_length.saturating_sub(1))
    }

    /// The length of the buffer's start up to the first line end at or after `from`, reading as
    /// much as that takes; at the end of the object, all that is left.
    fn length_to_line_end(&mut self, from: usize) -> Result<usize, ObjectError> {
        let mut from = from;
        loop {
            let unseen = self.buffer.get(from..).unwrap_or_default();
            if let Some(position) = memchr(b'\n', unseen) {
                return Ok(from + position + 1);
            }
            from = from.max(self.buffer.len());
            if self.end.is_some() {
                return self.length_at_end();
            }
            self.fill();
        }
    }

    /// All that is left, when the object ended well. After a failure the complete lines are
    /// left, then the failure.
    fn length_at_end(&mut self) -> Result<usize, ObjectError> {
        if let Some(Ok(())) = self.end {
            return Ok(self.buffer.len());
        }
        if let Some(position) = memrchr(b'\n', &self.buffer) {
            return Ok(position + 1);
        }
        self.buffer.clear();
        match self.end.replace(Ok(())) {
            Some(Err(error)) => Err(error),
            _ => Ok(0),
        }
    }

    fn fill(&mut self) {
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ_LENGTH, 0);
        let read = self.text.read(self.buffer.get_mut(filled..).unwrap_or_default());
        let length = *read.as_ref().unwrap_or(&0);
        self.buffer.truncate(filled + length);
        match read {
            Ok(0) => self.end = Some(Ok(())),
            Ok(_) => self.cut_long_lines(filled),
            Err(error) => self.end = Some(Err(error)),
        }
    }

    /// Leaves out what is too much of the lines that came since the buffer held `filled` octets.
    fn cut_long_lines(&mut self, filled: usize) {
        if self.is_skipping && !self.leave_out_to_line_end(filled) {
            return;
        }
        let kept = self.limits.max_line_length + 1;
        while self.buffer.len() - self.last_line > kept {
            // The last line end within reach: all lines before it are short enough.
            let window = self.buffer.get(self.last_line..=self.last_line + kept);
            if let Some(position) = memrchr(b'\n', window.unwrap_or_default()) {
                self.last_line += position + 1;
                continue;
            }
            let position = self.last_line + kept;
            self.cuts.push(Cut { position, length: 0 });
            if !self.leave_out_to_line_end(position) {
                return;
            }
        }
    }

    /// Leaves out the buffer's octets from `position` to the next line end. Tells whether there
    /// is one; else the next octets are left out too.
    fn leave_out_to_line_end(&mut self, position: usize) -> bool {
        let rest = self.buffer.get(position..).unwrap_or_default();
        let line_end = memchr(b'\n', rest);
        let length = line_end.unwrap_or(rest.len());
        self.buffer.drain(position..position + length);
        if let Some(cut) = self.cuts.last_mut() {
            cut.length += length as u64;
        }
        self.is_skipping = line_end.is_none();
        if line_end.is_some() {
            self.last_line = position + 1;
        }
        line_end.is_some()
    }

    /// Drops what was handed out and moves the rest to the buffer's start.
    fn forget_consumed(&mut self) {
        let consumed = std::mem::take(&mut self.consumed);
        if consumed == 0 {
            return;
        }
        let handed_out = self.buffer.get(..consumed).unwrap_or_default();
        self.line += memchr_iter(b'\n', handed_out).count() as u64;
        let cuts = self.cuts.iter().take_while(|cut| cut.position <= consumed).count();
        let left_out: u64 = self.cuts.drain(..cuts).map(|cut| cut.length).sum();
        self.offset += consumed as u64 + left_out;
        self.buffer.drain(..consumed);
        self.last_line = self.last_line.saturating_sub(consumed);
        for cut in &mut self.cuts {
            cut.position -= consumed;
        }
    }
}
