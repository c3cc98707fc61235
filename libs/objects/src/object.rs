//! An object of any kind.

use std::io::{Read, Seek};

use crate::buffers::Buffers;
use crate::encoding::{Encoding, is_documents};
use crate::envelopes::EnvelopeBlocks;
use crate::error::ObjectError;
use crate::limits::Limits;
use crate::reader::LineReader;
use crate::text::Text;

/// An object, told by its content.
#[expect(clippy::large_enum_variant, reason = "there is one for each object that is being read")]
pub enum ObjectReader<R> {
    /// Lines, perhaps after a header line.
    Lines(LineReader<R>),
    /// JSON documents, with lines in them.
    Envelopes(EnvelopeBlocks<R>),
}

impl<R: Read + Seek> ObjectReader<R> {
    /// Looks at the first octets of `source` to tell what it holds, as [`LineReader::open_with`] does.
    ///
    /// # Errors
    ///
    /// As [`LineReader::open`]; the memory is gone then. What is wrong with documents shows where
    /// they are read.
    pub fn open_with(source: R, limits: Limits, buffers: Buffers) -> Result<Self, ObjectError> {
        let mut opened = Text::open(source, limits, buffers)?;
        if opened.text.encoding() != Encoding::Parquet && is_documents(opened.look()) {
            return Ok(Self::Envelopes(EnvelopeBlocks::new(opened, limits)));
        }
        LineReader::read(opened, limits).map(Self::Lines)
    }

    /// The memory, for the next object.
    pub fn into_buffers(self) -> Buffers {
        match self {
            Self::Lines(reader) => reader.into_buffers(),
            Self::Envelopes(blocks) => blocks.into_buffers(),
        }
    }
}
