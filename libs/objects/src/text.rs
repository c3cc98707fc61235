//! The text of an object as a stream of octets, decoded and bounded.

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use crate::encoding::{Encoding, SNIFF_LENGTH};
use crate::error::ObjectError;
use crate::limits::Limits;

/// Octets of compressed data that are read at once.
const READ_LENGTH: usize = 64 * 1024;

/// Counts what is read of the object itself.
struct Counted<R> {
    source: R,
    octets: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        self.octets += length as u64;
        Ok(length)
    }
}

/// The object with the octets that were looked at put back in front.
type Whole<R> = Counted<Chain<Cursor<Vec<u8>>, R>>;

enum Decoder<R> {
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<BufReader<Whole<R>>>>),
}

/// Decoded text with its bounds.
pub(crate) struct Text<R> {
    decoder: Decoder<R>,
    limits: Limits,
    octets: u64,
}

impl<R: Read> Text<R> {
    pub(crate) fn open(mut source: R, limits: Limits) -> Result<Self, ObjectError> {
        let mut start = Vec::with_capacity(SNIFF_LENGTH);
        (&mut source)
            .take(SNIFF_LENGTH as u64)
            .read_to_end(&mut start)
            .map_err(|source| ObjectError::Read { offset: 0, source })?;
        let encoding = Encoding::of(&start)?;
        let whole = Counted { source: Cursor::new(start).chain(source), octets: 0 };
        let decoder = match encoding {
            Encoding::Plain => Decoder::Plain(whole),
            Encoding::Gzip => {
                let buffered = BufReader::with_capacity(READ_LENGTH, whole);
                Decoder::Gzip(Box::new(MultiGzDecoder::new(buffered)))
            }
        };
        Ok(Self { decoder, limits, octets: 0 })
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match self.decoder {
            Decoder::Plain(_) => Encoding::Plain,
            Decoder::Gzip(_) => Encoding::Gzip,
        }
    }

    /// Reads the next octets of text; 0 at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ObjectError> {
        let read = loop {
            let read = match &mut self.decoder {
                Decoder::Plain(source) => source.read(buffer),
                Decoder::Gzip(decoder) => decoder.read(buffer),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let length = read.map_err(|error| self.classify(error))?;
        self.octets += length as u64;
        self.check()?;
        Ok(length)
    }

    fn classify(&self, source: io::Error) -> ObjectError {
        let offset = self.octets;
        match (self.encoding(), source.kind()) {
            (Encoding::Gzip, io::ErrorKind::UnexpectedEof) => ObjectError::Truncated { offset },
            (Encoding::Gzip, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                ObjectError::Corrupt { offset, source }
            }
            _ => ObjectError::Read { offset, source },
        }
    }

    fn check(&self) -> Result<(), ObjectError> {
        let Limits { max_text_length, max_ratio, .. } = self.limits;
        if self.octets > max_text_length {
            return Err(ObjectError::TooLong { limit: max_text_length });
        }
        if let Decoder::Gzip(decoder) = &self.decoder
            && self.octets > Limits::RATIO_GRACE
            && self.octets / max_ratio > decoder.get_ref().get_ref().octets
        {
            return Err(ObjectError::Ratio { limit: max_ratio });
        }
        Ok(())
    }
}
