//! A stretch of a growing file, cut into runs as any object's text.

use std::fs::File;
use std::io::{self, Chain, Cursor, Read};

use memchr::memrchr;
use weir_objects::{Buffers, Limits, LineReader, ObjectError, Stream};

use super::identity::read_at;

/// A blank line before the stretch: what an object holds is told by its first octets, and a
/// stretch of text must never be taken for something else.
const PREFIX: [u8; 512] = {
    let mut prefix = [b' '; 512];
    prefix[511] = b'\n';
    prefix
};

/// Octets of a line without an end after which it is taken as it is: it is no flow log line.
const MAX_PENDING: u64 = 1 << 20;

/// Octets that are looked at at once.
const STEP: u64 = 64 * 1024;

/// Octets of a file from one place to another.
pub(super) struct Region<'f> {
    file: &'f File,
    offset: u64,
    end: u64,
}

type Prefixed<'f> = Chain<Cursor<&'static [u8]>, Region<'f>>;

/// Reads the lines of a stretch.
pub(super) struct RegionLines<'f> {
    reader: LineReader<Stream<Prefixed<'f>>>,
    start: u64,
    first_line: u64,
}

/// A block's place in the file.
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) line: u64,
}

impl<'f> RegionLines<'f> {
    /// The stretch from `start`, where the line `first_line` starts, to `end`.
    pub(super) fn open(
        file: &'f File,
        start: u64,
        end: u64,
        first_line: u64,
        buffers: Buffers,
    ) -> Result<Self, ObjectError> {
        let region = Region { file, offset: start, end };
        let source = Stream(Cursor::new(&PREFIX[..]).chain(region));
        let mut reader = LineReader::open_with(source, Limits::default(), buffers)?;
        reader.skip_line()?;
        Ok(Self { reader, start, first_line })
    }

    /// The next lines.
    pub(super) fn next_block(&mut self) -> Result<Option<(Place, &[u8])>, ObjectError> {
        let (start, first_line) = (self.start, self.first_line);
        let Some(block) = self.reader.next_block()? else { return Ok(None) };
        let offset = start + (block.offset - PREFIX.len() as u64);
        // The blank line is the first.
        let line = first_line + (block.first_line - 2);
        Ok(Some((Place { offset, line }, block.text)))
    }

    pub(super) fn into_buffers(self) -> Buffers {
        self.reader.into_buffers()
    }
}

impl Read for Region<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let read = read_at(self.file, buffer.get_mut(..length).unwrap_or_default(), self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Where the last complete line of the stretch ends; `start` when there is none. A very long line
/// counts as complete.
pub(super) fn complete_end(file: &File, start: u64, end: u64) -> io::Result<u64> {
    let mut buffer = vec![0; STEP.min(end - start) as usize];
    let mut to = end;
    while to > start {
        if end - to > MAX_PENDING {
            return Ok(end);
        }
        let from = to.saturating_sub(STEP).max(start);
        let step = buffer.get_mut(..(to - from) as usize).unwrap_or_default();
        let read = read_at(file, step, from)?;
        if let Some(position) = memrchr(b'\n', step.get(..read).unwrap_or_default()) {
            return Ok(from + position as u64 + 1);
        }
        to = from;
    }
    Ok(start)
}
