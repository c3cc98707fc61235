//! A Parquet file, read out of order.

use std::fs;
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom};

use crate::failure::Failure;
use crate::source::Source;

/// Octets of a Parquet object that are written to a temporary file, at most.
const MAX_SPOOLED_LENGTH: u64 = 1024 * 1024 * 1024;

/// A Parquet file of known length.
pub(super) struct File<R> {
    place: Place<R>,
    length: u64,
    memory: Vec<u8>,
}

enum Place<R> {
    /// The object itself.
    Object(R),
    /// A copy, as the object cannot seek. It goes with its last handle.
    Copy(fs::File),
}

impl<R: Read + Seek> File<R> {
    /// Takes over an object of which only the start was seen.
    pub(super) fn open(source: Source<R>) -> Result<Self, Failure> {
        let seen = source.seen().to_vec();
        let (mut object, memory) = source.into_parts();
        let (place, length) = match object.seek(SeekFrom::End(0)) {
            Ok(length) => (Place::Object(object), length),
            Err(_) => {
                let (copy, length) = copy(Cursor::new(seen).chain(object))?;
                (Place::Copy(copy), length)
            }
        };
        Ok(Self { place, length, memory })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The memory that the start was read to, for use with another object.
    pub(super) fn into_memory(self) -> Vec<u8> {
        self.memory
    }

    /// Fills `output` with what is at `offset`.
    pub(super) fn read_at(&mut self, offset: u64, output: &mut [u8]) -> Result<(), Failure> {
        let read = match &mut self.place {
            Place::Object(object) => read_at(object, offset, output),
            Place::Copy(copy) => read_at(copy, offset, output),
        };
        read.map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Failure::Truncated,
            _ => Failure::Read(error),
        })
    }
}

fn read_at(file: &mut (impl Read + Seek), offset: u64, output: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(output)
}

fn copy(object: impl Read) -> Result<(fs::File, u64), Failure> {
    let mut copy = tempfile::tempfile().map_err(Failure::Read)?;
    let length = io::copy(&mut object.take(MAX_SPOOLED_LENGTH + 1), &mut copy);
    match length.map_err(Failure::Read)? {
        length if length > MAX_SPOOLED_LENGTH => {
            Err(Failure::Unsupported("a Parquet file above 1 GiB in a source that cannot seek"))
        }
        length => Ok((copy, length)),
    }
}
