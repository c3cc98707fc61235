//! Cuts text into blocks of complete lines.

use std::io::{Read, Seek};

use crate::buffers::Buffers;
use crate::encoding::{Encoding, refuse_other_content};
use crate::error::ObjectError;
use crate::limits::Limits;
use crate::lines::LineWindow;
use crate::text::{Opened, Text};

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
    lines: LineWindow,
    block_length: usize,
    /// Octets at the window's start that were handed out and are done with.
    handed_out: usize,
    end: Option<Result<(), ObjectError>>,
}

impl<R: Read + Seek> LineReader<R> {
    /// Looks at the first octets of `source` to tell what it holds.
    ///
    /// Only Parquet is read out of order; where the source cannot seek (see [`crate::Stream`])
    /// a Parquet object goes to a temporary file first.
    ///
    /// # Errors
    ///
    /// [`ObjectError::Unsupported`] when it cannot be a flow log, [`ObjectError::Read`] when its
    /// start cannot be read. What else is wrong with it shows where it is read; with a Parquet
    /// object's footer, here.
    pub fn open(source: R, limits: Limits) -> Result<Self, ObjectError> {
        Self::open_with(source, limits, Buffers::new())
    }

    /// As [`Self::open`], in memory that was used before.
    ///
    /// # Errors
    ///
    /// As [`Self::open`]; the memory is gone then.
    pub fn open_with(source: R, limits: Limits, buffers: Buffers) -> Result<Self, ObjectError> {
        Self::read(Text::open(source, limits, buffers)?, limits)
    }

    /// Reads what was opened.
    pub(crate) fn read(opened: Opened<R>, limits: Limits) -> Result<Self, ObjectError> {
        let Opened { text, octets, filled } = opened;
        let kept_length = limits.max_line_length.saturating_add(1);
        let mut reader = Self {
            text,
            lines: LineWindow::new(octets, filled, kept_length),
            block_length: limits.block_length,
            handed_out: 0,
            end: None,
        };
        reader.advance();
        if reader.encoding() != Encoding::Parquet {
            refuse_other_content(reader.lines.as_slice())?;
        }
        Ok(reader)
    }

    /// The memory, for the next object.
    pub fn into_buffers(self) -> Buffers {
        Buffers { text: self.lines.into_octets(), ..self.text.into_buffers() }
    }

    /// How the object holds its text.
    pub fn encoding(&self) -> Encoding {
        self.text.encoding()
    }

    /// The next line without its end, left where it is; `None` at the end of the object.
    ///
    /// # Errors
    ///
    /// What stops the object from being read to the end of the line. It is told once.
    pub fn first_line(&mut self) -> Result<Option<&[u8]>, ObjectError> {
        let length = self.first_line_length()?;
        let line = self.lines.as_slice().get(..length).unwrap_or_default();
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
        self.handed_out = self.first_line_length()?;
        Ok(())
    }

    /// The next block; `None` at the end. A block is cut at the first line end at which it has
    /// [`Limits::block_length`] octets.
    ///
    /// # Errors
    ///
    /// What stops the object from being read to its end, once, after all complete lines before.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, ObjectError> {
        self.forget_handed_out();
        let length = self.length_to_line_end(self.block_length.saturating_sub(1))?;
        self.handed_out = length;
        let text = self.lines.as_slice().get(..length).unwrap_or_default();
        let block = Block { text, offset: self.lines.offset(), first_line: self.lines.line() };
        Ok((length > 0).then_some(block))
    }

    /// Octets of memory that lines take.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.lines.memory()
    }

    fn first_line_length(&mut self) -> Result<usize, ObjectError> {
        self.forget_handed_out();
        self.length_to_line_end(0)
    }

    /// The length of the buffer's start up to the first line end at or after `from`, reading as
    /// much as that takes; at the end of the object, all that is left.
    fn length_to_line_end(&mut self, from: usize) -> Result<usize, ObjectError> {
        let mut from = from;
        loop {
            if let Some(length) = self.lines.length_to_line_end(from) {
                return Ok(length);
            }
            if self.end.is_some() {
                return self.length_at_end();
            }
            from = from.max(self.lines.as_slice().len());
            self.advance();
        }
    }

    /// All that is left, when the object ended well. After a failure the complete lines are
    /// left, then the failure.
    fn length_at_end(&mut self) -> Result<usize, ObjectError> {
        if !matches!(self.end, Some(Err(_))) {
            return Ok(self.lines.as_slice().len());
        }
        let complete = self.lines.complete_length();
        if complete > 0 {
            return Ok(complete);
        }
        self.lines.forget(self.lines.as_slice().len());
        self.end.replace(Ok(())).unwrap_or(Ok(())).map(|()| 0)
    }

    fn advance(&mut self) {
        match self.lines.advance(|room| self.text.read(room)) {
            Ok(true) => {}
            Ok(false) => self.end = Some(Ok(())),
            Err(error) => self.end = Some(Err(error)),
        }
    }

    /// Forgets the lines whose time ended with the borrow of the last block.
    fn forget_handed_out(&mut self) {
        match std::mem::take(&mut self.handed_out) {
            0 => {}
            length => self.lines.forget(length),
        }
    }
}
