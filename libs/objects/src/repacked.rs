//! What was packed when it was packed: batches of CloudWatch Logs in an object that Firehose
//! compresses.

use std::fmt;
use std::io::{self, Read};

use crate::codec::Codec;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::source::Source;
use crate::unpacker::Unpacker;

/// Unpacks gzip members of the text of gzip members.
pub(crate) struct Repacked<R>(Unpacker<Outer<R>>);

/// The text of an object's members as a source.
struct Outer<R> {
    unpacker: Unpacker<R>,
    /// Octets of it so far.
    length: u64,
    limits: Limits,
}

impl<R: Read> Repacked<R> {
    /// Unpacks the text of `unpacker`.
    pub(crate) fn new(unpacker: Unpacker<R>, limits: Limits) -> Self {
        let source = Source::new(Outer { unpacker, length: 0, limits }, Vec::new());
        Self(Unpacker::new(source, Codec::gzip()))
    }

    /// Reads the next octets of text; 0 at the end. Text before a failure comes first.
    pub(crate) fn read(&mut self, output: &mut [u8]) -> Result<usize, Failure> {
        self.0.read(output).map_err(Failure::put_down)
    }

    /// Octets of the object that were unpacked so far.
    pub(crate) fn consumed(&self) -> u64 {
        self.0.source().inner().unpacker.consumed()
    }

    /// The object, for its memory to be used again.
    pub(crate) fn into_source(self) -> Source<R> {
        self.0.into_source().into_parts().0.unpacker.into_source()
    }
}

impl<R: Read> Read for Outer<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.unpacker.read(buffer).map_err(Failure::carried)?;
        self.length += length as u64;
        self.check().map_err(Failure::carried)?;
        Ok(length)
    }
}

impl<R: Read> Outer<R> {
    /// The text within may be short, and what it is packed in endless zeros.
    fn check(&self) -> Result<(), Failure> {
        let Limits { max_text_length, max_ratio, .. } = self.limits;
        let most = self.unpacker.consumed().saturating_mul(max_ratio).max(Limits::RATIO_GRACE);
        match self.length {
            length if length > max_text_length => Err(Failure::TooLong),
            length if length > most => Err(Failure::Ratio),
            _ => Ok(()),
        }
    }
}

/// A failure on its way through a source.
#[derive(Debug)]
struct Carried(Failure);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data that this is packed in cannot be read")
    }
}

impl std::error::Error for Carried {}

impl Failure {
    fn carried(self) -> io::Error {
        io::Error::other(Carried(self))
    }

    /// What was carried, if anything was.
    fn put_down(self) -> Self {
        match self {
            Self::Read(error) => match error.downcast::<Carried>() {
                Ok(Carried(failure)) => failure,
                Err(error) => Self::Read(error),
            },
            failure => failure,
        }
    }
}
