//! A position in a message that never runs over its end.

use super::DecodeError;
use crate::element::VARIABLE_LENGTH;

/// The octets not yet read and where they begin in the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    octet: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(message: &'a [u8]) -> Self {
        Self { rest: message, octet: 0 }
    }

    /// The octet of the message that is read next.
    pub(super) const fn octet(&self) -> usize {
        self.octet
    }

    pub(super) const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The octets that were read since `start`, an earlier copy of this reader.
    pub(super) fn since(&self, start: &Self) -> &'a [u8] {
        start.rest.get(..self.octet - start.octet).unwrap_or_default()
    }

    pub(super) fn take(
        &mut self,
        length: usize,
        what: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return Err(DecodeError::Truncated {
                what,
                octet: self.octet,
                needed: length,
                available: self.rest.len(),
            });
        };
        self.rest = rest;
        self.octet += length;
        Ok(taken)
    }

    /// A reader of the next `length` octets alone.
    pub(super) fn part(&mut self, length: usize, what: &'static str) -> Result<Self, DecodeError> {
        let octet = self.octet;
        Ok(Self { rest: self.take(length, what)?, octet })
    }

    pub(super) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        let octets = self.take(2, what)?;
        Ok(octets.iter().fold(0, |number, octet| number << 8 | u16::from(*octet)))
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        let octets = self.take(4, what)?;
        Ok(octets.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)))
    }

    /// The value of a field whose template states `length` (RFC 7011 section 7 for the
    /// variable-length ones).
    pub(super) fn value(&mut self, length: u16) -> Result<&'a [u8], DecodeError> {
        let length = if length == VARIABLE_LENGTH { self.length_prefix()? } else { length };
        self.take(usize::from(length), "field value")
    }

    fn length_prefix(&mut self) -> Result<u16, DecodeError> {
        let what = "length prefix";
        match self.take(1, what)? {
            [255] => self.u16(what),
            short => Ok(short.first().copied().map_or(0, u16::from)),
        }
    }
}
