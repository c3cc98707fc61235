//! The block that grows from document to document, and those that are ready.

use std::collections::VecDeque;
use std::sync::Arc;

use memchr::{memchr, memchr_iter};
use weir_flowlog::MAX_LINE_LENGTH;
use weir_inventory::log_formats::FlowLogFormat;

use super::block::{EnvelopeBlock, LogStream};

/// Puts lines together to blocks: those that follow each other and are of one log stream and format.
#[derive(Debug)]
pub(super) struct Growing {
    block_length: usize,
    ready: VecDeque<EnvelopeBlock>,
    block: Option<EnvelopeBlock>,
    /// Where the document stands that lines come from.
    offset: u64,
    /// Blocks that start in it.
    parts: u32,
    /// The number of the next line, counted from 1.
    line: u64,
}

impl Growing {
    pub(super) fn new(block_length: usize) -> Self {
        Self {
            block_length: block_length.max(1),
            ready: VecDeque::new(),
            block: None,
            offset: 0,
            parts: 0,
            line: 1,
        }
    }

    /// What comes next is of the document at `offset` of the object's text.
    pub(super) fn begin_document(&mut self, offset: u64) {
        (self.offset, self.parts) = (offset, 0);
    }

    /// Takes lines of a log stream, or of none that is known, of any length. All but the last have an
    /// end.
    pub(super) fn take(
        &mut self,
        stream: Option<&Arc<LogStream>>,
        format: &Arc<FlowLogFormat>,
        lines: &[u8],
    ) {
        if lines.ends_with(b"\n") && lines.len() <= MAX_LINE_LENGTH {
            self.append(stream, format, lines);
            return self.count_lines(lines);
        }
        for line in lines.split_inclusive(|octet| *octet == b'\n') {
            let content = line.strip_suffix(b"\n").unwrap_or(line);
            // One octet more shows that it is too long.
            let kept = content.get(..=MAX_LINE_LENGTH).unwrap_or(content);
            match kept.len() + 1 == line.len() {
                true => self.append(stream, format, line),
                false => self.append(stream, format, &[kept, b"\n"].concat()),
            }
            self.line += 1;
        }
    }

    /// What comes next has the numbers behind those of these lines, of which some may be left out.
    pub(super) fn count_lines(&mut self, lines: &[u8]) {
        self.line += memchr_iter(b'\n', lines).count() as u64;
    }

    /// The next block that nothing is added to any more.
    pub(super) fn next(&mut self) -> Option<EnvelopeBlock> {
        self.ready.pop_front()
    }

    /// The last block: there is nothing more to come.
    pub(super) fn last(&mut self) -> Option<EnvelopeBlock> {
        self.block.take()
    }

    /// Appends whole lines, none of which is too long; they are not counted.
    pub(super) fn append(
        &mut self,
        stream: Option<&Arc<LogStream>>,
        format: &Arc<FlowLogFormat>,
        lines: &[u8],
    ) {
        let (mut rest, mut line) = (lines, self.line);
        while !rest.is_empty() {
            let room = self.block_length - self.block_of(stream, format, line);
            let end = rest.get(room - 1..).and_then(|behind| memchr(b'\n', behind));
            let (text, behind) = match end {
                Some(end) => rest.split_at(room + end),
                None => (rest, &[][..]),
            };
            if let Some(block) = &mut self.block {
                block.text.extend_from_slice(text);
                if block.text.len() >= self.block_length {
                    line += memchr_iter(b'\n', text).count() as u64;
                    self.ready.extend(self.block.take());
                }
            }
            rest = behind;
        }
    }

    /// The length of the block that grows: a new one where these lines do not belong to it.
    fn block_of(
        &mut self,
        stream: Option<&Arc<LogStream>>,
        format: &Arc<FlowLogFormat>,
        first_line: u64,
    ) -> usize {
        let belongs = |block: &EnvelopeBlock| {
            block.stream.as_ref() == stream && Arc::ptr_eq(&block.format, format)
        };
        if let Some(block) = self.block.as_ref().filter(|block| belongs(block)) {
            return block.text.len();
        }
        self.ready.extend(self.block.take());
        let (stream, format) = (stream.map(Arc::clone), Arc::clone(format));
        let (offset, part) = (self.offset, self.parts);
        self.parts = self.parts.saturating_add(1);
        let text = Vec::new();
        self.block = Some(EnvelopeBlock { text, offset, part, first_line, stream, format });
        0
    }
}
