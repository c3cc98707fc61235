//! The text of an object as a stream of octets, unpacked and bounded.

use std::io::Read;

use crate::codec::{Codec, Fault};
use crate::encoding::Encoding;
use crate::error::ObjectError;
use crate::limits::Limits;
use crate::source::Source;
use crate::unpacker::{Failure, Unpacker};

/// Unpacked text with its bounds.
pub(crate) struct Text<R> {
    decoder: Decoder<R>,
    encoding: Encoding,
    limits: Limits,
    /// Octets of text so far.
    length: u64,
    end: Option<Result<(), ObjectError>>,
}

enum Decoder<R> {
    Plain(Source<R>),
    Packed(Unpacker<R>),
}

impl<R: Read> Text<R> {
    pub(crate) fn open(source: R, limits: Limits) -> Result<Self, ObjectError> {
        let mut source = Source::new(source);
        let start = source.peek().map_err(|source| ObjectError::Read { offset: 0, source })?;
        let encoding = Encoding::of(start);
        let decoder = match Codec::new(encoding) {
            None => Decoder::Plain(source),
            Some(codec) => Decoder::Packed(Unpacker::new(source, codec)),
        };
        Ok(Self { decoder, encoding, limits, length: 0, end: None })
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Fills `output` unless the text ends; 0 at the end. The text before an error comes first.
    pub(crate) fn read(&mut self, output: &mut [u8]) -> Result<usize, ObjectError> {
        let mut filled = 0;
        while filled < output.len() && self.end.is_none() {
            match self.advance(output.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => self.end = Some(Ok(())),
                Ok(length) => filled += length,
                Err(error) => self.end = Some(Err(error)),
            }
        }
        match &mut self.end {
            Some(end) if filled == 0 => std::mem::replace(end, Ok(())).map(|()| 0),
            _ => Ok(filled),
        }
    }

    fn advance(&mut self, output: &mut [u8]) -> Result<usize, ObjectError> {
        let allowed = self.limits.max_text_length - self.length;
        if allowed == 0 {
            return self.expect_end();
        }
        let room = usize::try_from(allowed).map_or(output.len(), |room| room.min(output.len()));
        let read = self.decoder.read(output.get_mut(..room).unwrap_or_default());
        let length = read.map_err(|failure| self.explain(failure))?;
        self.length += length as u64;
        self.check_ratio()?;
        Ok(length)
    }

    /// Tells text that ends at the limit from text that goes on.
    fn expect_end(&mut self) -> Result<usize, ObjectError> {
        match self.decoder.read(&mut [0]) {
            Ok(0) => Ok(0),
            Ok(_) => Err(ObjectError::TooLong { limit: self.limits.max_text_length }),
            Err(failure) => Err(self.explain(failure)),
        }
    }

    fn check_ratio(&self) -> Result<(), ObjectError> {
        let limit = self.limits.max_ratio;
        let Decoder::Packed(unpacker) = &self.decoder else { return Ok(()) };
        let most = unpacker.consumed().saturating_mul(limit).max(Limits::RATIO_GRACE);
        if self.length > most { Err(ObjectError::Ratio { limit }) } else { Ok(()) }
    }

    fn explain(&self, failure: Failure) -> ObjectError {
        let (encoding, offset) = (self.encoding, self.length);
        match failure {
            Failure::Truncated => ObjectError::Truncated { encoding, offset },
            Failure::Fault(Fault::Corrupt(source)) => {
                ObjectError::Corrupt { encoding, offset, source }
            }
            Failure::Fault(Fault::Window) => ObjectError::Window { offset },
            Failure::Read(source) => ObjectError::Read { offset, source },
        }
    }
}

impl<R: Read> Decoder<R> {
    fn read(&mut self, output: &mut [u8]) -> Result<usize, Failure> {
        match self {
            Self::Plain(source) => source.read(output).map_err(Failure::Read),
            Self::Packed(unpacker) => unpacker.read(output),
        }
    }
}
