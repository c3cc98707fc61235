//! Unpacks an object of one or several compressed members.

use std::io::Read;

use crate::codec::{Codec, Progress};
use crate::failure::Failure;
use crate::source::Source;

/// The text of an object's members, one after the other.
pub(crate) struct Unpacker<R> {
    source: Source<R>,
    codec: Codec,
    place: Place,
    consumed: u64,
    /// Text that was looked at and is not read as yet.
    ahead: Vec<u8>,
    /// What stops the next read.
    failure: Option<Failure>,
}

/// Where in the object the unpacker stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first member.
    Start,
    /// In a member.
    Inside,
    /// After a member.
    Between,
    /// In the zeros after the last member, as tapes and block devices leave them.
    Padding,
}

impl<R: Read> Unpacker<R> {
    pub(crate) fn new(source: Source<R>, codec: Codec) -> Self {
        Self { source, codec, place: Place::Start, consumed: 0, ahead: Vec::new(), failure: None }
    }

    /// Octets of the object that were unpacked so far.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The object.
    pub(crate) fn source(&self) -> &Source<R> {
        &self.source
    }

    /// The object, for its memory to be used again.
    pub(crate) fn into_source(self) -> Source<R> {
        self.source
    }

    /// The first `length` octets of text, left where they are; fewer when there are no more, or a
    /// failure comes before.
    pub(crate) fn look(&mut self, length: usize) -> &[u8] {
        let mut ahead = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.unpack(ahead.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(failure) => {
                    self.failure = Some(failure);
                    break;
                }
            }
        }
        ahead.truncate(filled);
        self.ahead = ahead;
        &self.ahead
    }

    /// Reads the next octets of text; 0 at the end. Text before a failure comes first.
    pub(crate) fn read(&mut self, output: &mut [u8]) -> Result<usize, Failure> {
        if self.ahead.is_empty() {
            return self.unpack(output);
        }
        let length = self.ahead.len().min(output.len());
        output[..length].copy_from_slice(&self.ahead[..length]);
        self.ahead.drain(..length);
        Ok(length)
    }

    fn unpack(&mut self, output: &mut [u8]) -> Result<usize, Failure> {
        loop {
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            if self.place != Place::Inside && !self.enter_member()? {
                return Ok(0);
            }
            let written = self.step(output)?;
            if written > 0 || output.is_empty() {
                return Ok(written);
            }
        }
    }

    fn step(&mut self, output: &mut [u8]) -> Result<usize, Failure> {
        let input = self.source.peek().map_err(Failure::Read)?;
        let step = self.codec.step(input, output);
        let is_stuck = step.consumed == 0 && step.written == 0;
        let is_at_end = input.is_empty();
        self.consume(step.consumed);
        match step.outcome {
            Ok(Progress::MemberEnd) => self.place = Place::Between,
            Ok(Progress::Inside) if is_stuck && is_at_end => return Err(Failure::Truncated),
            Ok(Progress::Inside) if is_stuck => {
                return Err(Failure::corrupt("the data makes no sense"));
            }
            Ok(Progress::Inside) => {}
            Err(failure) => self.failure = Some(failure),
        }
        Ok(step.written)
    }

    /// Goes to the start of the next member. Tells whether there is one.
    fn enter_member(&mut self) -> Result<bool, Failure> {
        while self.place != Place::Start {
            let input = self.source.peek().map_err(Failure::Read)?;
            let zeros = input.iter().take_while(|octet| **octet == 0).count();
            match input.get(zeros) {
                None if zeros == 0 => return Ok(false),
                None => {}
                Some(octet) => {
                    let is_padded = zeros > 0 || self.place == Place::Padding;
                    if is_padded || !self.codec.starts_with(*octet) {
                        return Err(Failure::corrupt("other data follows the compressed data"));
                    }
                    self.codec.restart();
                    break;
                }
            }
            self.place = Place::Padding;
            self.consume(zeros);
        }
        self.place = Place::Inside;
        Ok(true)
    }

    fn consume(&mut self, length: usize) {
        self.source.consume(length);
        self.consumed += length as u64;
    }
}
