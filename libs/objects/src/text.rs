//! The text of an object as a stream of octets, unpacked and bounded.

use std::io::{Read, Seek};

use crate::buffers::{Buffers, Inflater};
use crate::codec::Codec;
use crate::encoding::{Encoding, LOOKED_AT};
use crate::error::ObjectError;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::parquet::Rows;
use crate::repacked::Repacked;
use crate::source::Source;
use crate::unpacker::Unpacker;
use crate::whole::{self, MEMBER_START};

/// Unpacked text with its bounds.
pub(crate) struct Text<R> {
    decoder: Decoder<R>,
    inflater: Inflater,
    encoding: Encoding,
    limits: Limits,
    /// Octets of text so far.
    length: u64,
    end: Option<Result<(), ObjectError>>,
}

enum Decoder<R> {
    /// Also for text that was unpacked whole.
    Plain(Source<R>),
    Packed(Box<Unpacker<R>>),
    Repacked(Box<Repacked<R>>),
    Parquet(Box<Rows<R>>),
}

/// An object that was opened.
pub(crate) struct Opened<R> {
    pub(crate) text: Text<R>,
    /// Memory for text.
    pub(crate) octets: Vec<u8>,
    /// How many of the octets are text already.
    pub(crate) filled: usize,
}

impl<R: Read + Seek> Opened<R> {
    /// The text's first octets; fewer when there are no more, or an error comes before.
    pub(crate) fn look(&mut self) -> &[u8] {
        if self.filled == 0 {
            self.octets.resize(self.octets.len().max(LOOKED_AT), 0);
            self.filled = self.text.fill(&mut self.octets[..LOOKED_AT]);
        }
        let length = self.filled.min(LOOKED_AT);
        self.octets.get(..length).unwrap_or_default()
    }
}

impl<R: Read + Seek> Text<R> {
    pub(crate) fn open(
        source: R,
        limits: Limits,
        buffers: Buffers,
    ) -> Result<Opened<R>, ObjectError> {
        let Buffers { packed, text: mut octets, mut inflater } = buffers;
        let mut source = Source::new(source, packed);
        let start = source.peek().map_err(|source| ObjectError::Read { offset: 0, source })?;
        let encoding = Encoding::of(start);
        let whole = match encoding {
            Encoding::Gzip => whole::unpack(&mut source, &limits, &mut inflater, &mut octets),
            _ => None,
        };
        let is_text = |length: &usize| !octets[..*length].starts_with(MEMBER_START);
        let whole = whole.filter(is_text);
        let decoder = match Codec::new(encoding) {
            _ if whole.is_some() => Decoder::Plain(source),
            Some(codec) => Decoder::unpack(Unpacker::new(source, codec), encoding, limits),
            None if encoding == Encoding::Plain => Decoder::Plain(source),
            None => {
                let rows = Rows::open(source, &limits);
                Decoder::Parquet(Box::new(rows.map_err(|error| error.at(0, encoding, &limits))?))
            }
        };
        let end = whole.map(|_| Ok(()));
        let text = Self { decoder, inflater, encoding, limits, length: 0, end };
        Ok(Opened { text, octets, filled: whole.unwrap_or(0) })
    }

    /// All memory but that for text.
    pub(crate) fn into_buffers(self) -> Buffers {
        let packed = match self.decoder {
            Decoder::Plain(source) => source.into_parts().1,
            Decoder::Packed(unpacker) => unpacker.into_source().into_parts().1,
            Decoder::Repacked(repacked) => repacked.into_source().into_parts().1,
            Decoder::Parquet(rows) => rows.into_memory(),
        };
        Buffers { packed, text: Vec::new(), inflater: self.inflater }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Fills `output` unless the text ends; 0 at the end. The text before an error comes first.
    pub(crate) fn read(&mut self, output: &mut [u8]) -> Result<usize, ObjectError> {
        let filled = self.fill(output);
        match &mut self.end {
            Some(end) if filled == 0 => std::mem::replace(end, Ok(())).map(|()| 0),
            _ => Ok(filled),
        }
    }

    /// Fills `output` unless the text ends. An error is told by the next [`Self::read`].
    fn fill(&mut self, output: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < output.len() && self.end.is_none() {
            match self.advance(output.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => self.end = Some(Ok(())),
                Ok(length) => filled += length,
                Err(error) => self.end = Some(Err(error)),
            }
        }
        filled
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
        let packed = match &self.decoder {
            Decoder::Plain(_) => return Ok(()),
            Decoder::Packed(unpacker) => unpacker.consumed(),
            Decoder::Repacked(repacked) => repacked.consumed(),
            Decoder::Parquet(rows) => rows.object_length(),
        };
        let most = packed.saturating_mul(limit).max(Limits::RATIO_GRACE);
        if self.length > most { Err(ObjectError::Ratio { limit }) } else { Ok(()) }
    }

    fn explain(&self, failure: Failure) -> ObjectError {
        failure.at(self.length, self.encoding, &self.limits)
    }
}

impl<R: Read + Seek> Decoder<R> {
    /// Unpacks once, or twice what was gzip before it was packed with gzip.
    fn unpack(mut unpacker: Unpacker<R>, encoding: Encoding, limits: Limits) -> Self {
        let is_twice = encoding == Encoding::Gzip
            && unpacker.look(MEMBER_START.len()).starts_with(MEMBER_START);
        if is_twice {
            Self::Repacked(Box::new(Repacked::new(unpacker, limits)))
        } else {
            Self::Packed(Box::new(unpacker))
        }
    }

    fn read(&mut self, output: &mut [u8]) -> Result<usize, Failure> {
        match self {
            Self::Plain(source) => source.read(output).map_err(Failure::Read),
            Self::Packed(unpacker) => unpacker.read(output),
            Self::Repacked(repacked) => repacked.read(output),
            Self::Parquet(rows) => rows.read(output),
        }
    }
}
