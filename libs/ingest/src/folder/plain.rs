//! Text that may grow: read from where it was left to its last complete line.

use std::fs::File;
use std::io::Cursor;
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use memchr::{memchr, memchr_iter};
use weir_flowlog::LogFormat;
use weir_objects::{Limits, LineReader};

use super::config::FolderMode;
use super::file::{FilePosition, Known, Phase};
use super::packed::{Lines, object_error};
use super::reader::{Halt, Reader};
use super::region::{Place, RegionLines, complete_end};
use crate::error::{Fault, SourceError};

impl Reader {
    /// Reads on. `is_final` takes a last line without an end, and ends the file for now.
    pub(super) fn read_plain(
        &mut self,
        known: &mut Known,
        file: &File,
        head: &[u8],
        is_final: bool,
    ) -> Result<(), Halt> {
        let size = known.stat.size;
        let Some((format, start)) = self.start_of(known, head, is_final)? else { return Ok(()) };
        if size <= start && self.config.mode == FolderMode::Once {
            return Err(damaged("there is a header line and no records"));
        }
        let complete = match is_final {
            true => size,
            false => complete_end(file, known.position.offset, size).map_err(Halt::of_io)?,
        };
        let cut = known.cuts.back().copied().filter(|cut| *cut <= size);
        let end = complete.max(cut.unwrap_or(0));
        if end > known.position.offset {
            self.begin(known)?;
            known.phase = Phase::Following;
            let lines = Lines::of(known, format);
            while known.position.offset < end {
                let end = known.next_cut().filter(|cut| *cut <= size).unwrap_or(end);
                self.read_region(known, file, end, &lines)?;
            }
        }
        self.end_plain(known, is_final)
    }

    fn end_plain(&mut self, known: &mut Known, is_final: bool) -> Result<(), Halt> {
        if is_final {
            known.phase = Phase::Quiet;
            self.close(known)?;
        } else if known.is_begun {
            known.phase = Phase::Following;
        }
        Ok(())
    }

    /// The format, and where the lines of values start; none when that is not to be seen as
    /// yet. The position is not before that.
    fn start_of(
        &self,
        known: &mut Known,
        head: &[u8],
        is_final: bool,
    ) -> Result<Option<(Arc<LogFormat>, u64)>, Halt> {
        if head.is_empty() && self.config.mode == FolderMode::Once {
            return Err(damaged("the file is empty"));
        }
        let end = memchr(b'\n', head);
        if head.is_empty() || end.is_none() && !is_final && head.len() as u64 == known.stat.size {
            return Ok(None);
        }
        if known.position == FilePosition::START {
            let refused = LineReader::open(Cursor::new(head), Limits::default()).err();
            refused.map_or(Ok(()), |error| Err(Halt::Error(object_error(error))))?;
        }
        let line = head.get(..end.unwrap_or(head.len())).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let header = LogFormat::from_header(line).transpose();
        let header = header.map_err(|error| Halt::Error(bad_header(error)))?;
        let Some(format) = header else { return Ok(Some((self.configured()?, 0))) };
        let start = end.map_or(head.len(), |end| end + 1) as u64;
        if known.position.offset < start {
            known.position = FilePosition { offset: start, line: 2, is_end: false };
        }
        Ok(Some((Arc::new(format), start)))
    }

    /// The fields of a file without a header line.
    pub(super) fn configured(&self) -> Result<Arc<LogFormat>, Halt> {
        let what = "there is no header line of flow log fields; if it is a flow log without one, or \
                    one in JSON documents, name its fields with --log-format";
        let missing = || Halt::Error(SourceError::transient(Fault::LogFormat, what));
        self.config.log_format.clone().ok_or_else(missing)
    }

    /// Reads to `end`, where a line ends.
    fn read_region(
        &mut self,
        known: &mut Known,
        file: &File,
        end: u64,
        lines: &Lines,
    ) -> Result<(), Halt> {
        let (start, buffers) = (known.position, mem::take(&mut self.buffers));
        let region = RegionLines::open(file, start.offset, end, start.line, buffers);
        let mut region = region.map_err(|error| Halt::Error(object_error(error)))?;
        // The text is shorter than its place where long lines were cut: only the next block, or
        // the end, tells where one ends.
        let mut held: Option<(Place, Bytes)> = None;
        while let Some((place, text)) = region.next_block().map_err(Halt::of_object)? {
            let next = place.offset;
            if let Some((place, text)) = held.replace((place, Bytes::copy_from_slice(text))) {
                self.send_plain(known, lines, place, text, next)?;
            }
        }
        self.buffers = region.into_buffers();
        match held {
            Some((place, text)) => self.send_plain(known, lines, place, text, end),
            // The file was cut short while it was being read: the next look tells.
            None => Err(Halt::Unwanted),
        }
    }

    fn send_plain(
        &mut self,
        known: &mut Known,
        lines: &Lines,
        place: Place,
        text: Bytes,
        end: u64,
    ) -> Result<(), Halt> {
        let line = place.line + memchr_iter(b'\n', &text).count() as u64;
        let position = FilePosition { offset: end, line, is_end: false };
        self.send_run(known, lines, place, text, position)
    }
}

impl Known {
    /// Where the next run must end.
    fn next_cut(&mut self) -> Option<u64> {
        while self.cuts.pop_front_if(|cut| *cut <= self.position.offset).is_some() {}
        self.cuts.front().copied()
    }
}

/// The file yields no line: a truncated upload looks just like that, and somebody should look.
pub(super) fn damaged(what: &str) -> Halt {
    Halt::Error(SourceError::transient(Fault::Damaged, what))
}

pub(super) fn bad_header(error: weir_flowlog::FormatError) -> SourceError {
    SourceError::transient(Fault::LogFormat, "the header line").because(error)
}
