//! The documents of an object as blocks of lines.

use std::convert::Infallible;
use std::io::{Read, Seek};
use std::sync::Arc;

use weir_flowlog::envelope::Batch;

use super::block::{EnvelopeBlock, EventTally, LogStream};
use super::documents::DocumentWindow;
use super::error::{UnwrapError, Unwrapping};
use super::formats::EnvelopeFormats;
use super::growing::Growing;
use super::sorter::BatchSorter;
use super::unwrap::{Content, Unwrapper};
use crate::buffers::Buffers;
use crate::encoding::Encoding;
use crate::error::ObjectError;
use crate::limits::Limits;
use crate::text::{Opened, Text};

/// Reads an object of documents as blocks of lines. It is a stream, whatever its size: of the text,
/// one document is in memory ([`Limits::max_document_length`]), and the blocks that it makes.
///
/// The blocks depend on the object's content and the formats alone, never on how it was read.
pub struct EnvelopeBlocks<R> {
    text: Text<R>,
    window: DocumentWindow,
    limits: Limits,
    lines: Lines,
    unwrapper: Unwrapper,
    end: Option<Result<(), ObjectError>>,
}

/// Makes blocks of what documents hold.
struct Lines {
    growing: Growing,
    sorter: BatchSorter,
    tally: EventTally,
    /// Documents so far.
    documents: u64,
}

impl<R: Read + Seek> EnvelopeBlocks<R> {
    pub(crate) fn new(opened: Opened<R>, limits: Limits) -> Self {
        let Opened { text, octets, filled } = opened;
        let lines = Lines {
            growing: Growing::new(limits.block_length),
            sorter: BatchSorter::new(limits.remembered_events),
            tally: EventTally::default(),
            documents: 0,
        };
        let window = DocumentWindow::new(octets, filled);
        Self { text, window, limits, lines, unwrapper: Unwrapper::new(), end: None }
    }

    /// The memory, for the next object.
    pub fn into_buffers(self) -> Buffers {
        Buffers { text: self.window.into_octets(), ..self.text.into_buffers() }
    }

    /// How the object holds its text.
    pub fn encoding(&self) -> Encoding {
        self.text.encoding()
    }

    /// What was in the documents so far.
    pub fn tally(&self) -> EventTally {
        self.lines.tally
    }

    /// The next block; `None` at the end. A block ends at the first line end at which it has
    /// [`Limits::block_length`] octets, and where the next line is of another log stream or has
    /// another format.
    ///
    /// # Errors
    ///
    /// What stops the object from being read to its end, once, after all whole documents before.
    pub fn next_block(
        &mut self,
        formats: &dyn EnvelopeFormats,
    ) -> Result<Option<EnvelopeBlock>, ObjectError> {
        loop {
            if let Some(block) = self.lines.growing.next() {
                return Ok(Some(block));
            }
            if self.end.is_some() {
                return self.next_at_end();
            }
            if let Err(error) = self.advance(formats) {
                self.end = Some(Err(error));
            }
        }
    }

    /// Octets of memory that the window takes.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.window.memory()
    }

    fn next_at_end(&mut self) -> Result<Option<EnvelopeBlock>, ObjectError> {
        match self.lines.growing.last() {
            Some(block) => Ok(Some(block)),
            None => self.end.replace(Ok(())).unwrap_or(Ok(())).map(|()| None),
        }
    }

    /// Unwraps the next document, or reads on where it is not there as a whole.
    fn advance(&mut self, formats: &dyn EnvelopeFormats) -> Result<(), ObjectError> {
        self.window.skip_blanks();
        let offset = self.window.offset();
        self.lines.growing.begin_document(offset);
        self.unwrapper.begin(self.limits.max_document_length);
        let lines = &mut self.lines;
        let mut take = |_, content: Content<'_>| -> Result<(), Infallible> {
            lines.take(content, formats);
            Ok(())
        };
        // No more, so that a document that is too long is so however much of it is there.
        let text = self.window.as_slice();
        let text = text.get(..self.limits.max_document_length).unwrap_or(text);
        match self.unwrapper.unwrap_document(text, &mut take) {
            Ok(Some(length)) => {
                self.window.forget(length);
                self.lines.documents += 1;
                Ok(())
            }
            Ok(None) => self.read_on(),
            Err(Unwrapping::Failed(source)) => Err(ObjectError::Envelope { offset, source }),
            Err(Unwrapping::Stopped(never)) => match never {},
        }
    }

    fn read_on(&mut self) -> Result<(), ObjectError> {
        let limit = self.limits.max_document_length;
        let offset = self.window.offset();
        let fail = |source| Err(ObjectError::Envelope { offset, source });
        if self.window.as_slice().len() >= limit {
            return fail(UnwrapError::TooLong { limit });
        }
        if self.window.read(&mut self.text, limit)? {
            return Ok(());
        }
        if self.window.as_slice().is_empty() {
            self.end = Some(Ok(()));
            return Ok(());
        }
        fail(UnwrapError::CutOff)
    }
}

impl Lines {
    fn take(&mut self, content: Content<'_>, formats: &dyn EnvelopeFormats) {
        match content {
            Content::Control => self.tally.control += 1,
            Content::Lines(lines) => {
                self.tally.events += 1;
                self.growing.take(None, &formats.of_lines(), lines);
            }
            Content::Batch(batch) => self.take_batch(&batch, formats),
        }
    }

    fn take_batch(&mut self, batch: &Batch<'_>, formats: &dyn EnvelopeFormats) {
        let stream = Arc::new(LogStream::of(batch));
        let formats = formats.of_batch(batch);
        let Self { growing, sorter, tally, documents } = self;
        let sorted = sorter.sort(batch, *documents, &formats, |format, lines, _| {
            growing.append(Some(&stream), format, lines);
        });
        growing.count_lines(batch.lines);
        tally.events += batch.events.len() as u64;
        tally.duplicates += sorted.duplicates;
        tally.not_flow_logs += sorted.not_flow_logs;
    }
}
