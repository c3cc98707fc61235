//! Why there is no more text, before it is known where in the text that is.

use std::io;

use crate::encoding::Encoding;
use crate::error::ObjectError;
use crate::limits::Limits;

/// Why there is no more text.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The object ends too early.
    Truncated,
    /// The data makes no sense, or its checksum is wrong.
    Corrupt(io::Error),
    /// Unpacking takes more than so many octets of memory.
    Memory { limit: u64 },
    /// What is unpacked is unbelievably longer than the object.
    Ratio,
    /// There is more than [`Limits::max_text_length`].
    TooLong,
    /// Flow logs do not come in this form.
    Unsupported(&'static str),
    /// The object cannot be read.
    Read(io::Error),
}

impl Failure {
    /// The data makes no sense.
    pub(crate) fn corrupt(what: &'static str) -> Self {
        Self::Corrupt(io::Error::new(io::ErrorKind::InvalidData, what))
    }

    /// The error of a failure after `offset` octets of text.
    pub(crate) fn at(self, offset: u64, encoding: Encoding, limits: &Limits) -> ObjectError {
        match self {
            Self::Truncated => ObjectError::Truncated { encoding, offset },
            Self::Corrupt(source) => ObjectError::Corrupt { encoding, offset, source },
            Self::Memory { limit } => ObjectError::Memory { encoding, offset, limit },
            Self::Ratio => ObjectError::Ratio { limit: limits.max_ratio },
            Self::TooLong => ObjectError::TooLong { limit: limits.max_text_length },
            Self::Unsupported(found) => ObjectError::Unsupported { found },
            Self::Read(source) => ObjectError::Read { offset, source },
        }
    }
}
