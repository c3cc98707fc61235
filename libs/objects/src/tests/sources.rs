//! Sources that are not as obliging as memory.

use std::io::{self, ErrorKind, Read};

/// Hands out its octets in reads of any length, with interruptions.
pub(super) struct ShortReads<'a> {
    octets: &'a [u8],
    random: u64,
}

impl<'a> ShortReads<'a> {
    pub(super) fn new(octets: &'a [u8], seed: u64) -> Self {
        Self { octets, random: seed | 1 }
    }
}

impl Read for ShortReads<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let length = match self.random % 4 {
            0 => return Err(ErrorKind::Interrupted.into()),
            1 => 1,
            2 => (self.random >> 32) as usize % 100 + 1,
            _ => (self.random >> 32) as usize % 100_000 + 1,
        };
        let length = length.min(buffer.len());
        self.octets.read(&mut buffer[..length])
    }
}

/// Fails once its octets are through.
pub(super) struct Failing<'a>(pub(super) &'a [u8], pub(super) ErrorKind);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(self.1.into()),
            length => Ok(length),
        }
    }
}
