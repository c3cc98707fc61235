//! The octets of an object, in portions that do not depend on how they arrive.

use std::io::{self, ErrorKind, Read};

/// Octets that are read of the object before they are handed on.
const PORTION_LENGTH: usize = 64 * 1024;

/// An object's octets.
///
/// A portion is full unless it is the last one, however short the reads are: what a decoder does
/// with damaged data may depend on how its input is portioned.
pub(crate) struct Source<R> {
    inner: R,
    portion: Vec<u8>,
    start: usize,
    end: usize,
    /// What ended the last portion early.
    failure: Option<io::Error>,
}

impl<R: Read> Source<R> {
    /// Uses the memory of `portion`.
    pub(crate) fn new(inner: R, portion: Vec<u8>) -> Self {
        Self { inner, portion, start: 0, end: 0, failure: None }
    }

    /// The object itself.
    pub(crate) fn inner(&self) -> &R {
        &self.inner
    }

    /// The object itself and the memory.
    pub(crate) fn into_parts(self) -> (R, Vec<u8>) {
        (self.inner, self.portion)
    }

    /// The octets that were read and not taken.
    pub(crate) fn seen(&self) -> &[u8] {
        self.portion.get(self.start..self.end).unwrap_or_default()
    }

    /// The next octets, left where they are; none at the end.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.refill()?;
        }
        Ok(self.seen())
    }

    /// Takes `length` of the octets that were seen.
    pub(crate) fn consume(&mut self, length: usize) {
        self.start = self.end.min(self.start + length);
    }

    /// Fills `output` unless the object ends; 0 at the end.
    pub(crate) fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let seen = self.portion.get(self.start..self.end).unwrap_or_default();
        if seen.is_empty() {
            return self.read_past_portion(output);
        }
        let length = seen.len().min(output.len());
        output[..length].copy_from_slice(&seen[..length]);
        self.consume(length);
        Ok(length)
    }

    /// Extends the portion to `length` octets. Tells whether it reaches to the object's end.
    pub(crate) fn read_ahead(&mut self, length: usize) -> bool {
        if self.failure.is_some() {
            return false;
        }
        let missing = length.saturating_sub(self.end);
        self.portion.truncate(self.end);
        // All at once: memory that is not written to costs nothing.
        self.portion.reserve_exact(missing);
        let read = self.inner.by_ref().take(missing as u64).read_to_end(&mut self.portion);
        self.end = self.portion.len();
        self.failure = read.err();
        self.failure.is_none() && self.end < length
    }

    fn refill(&mut self) -> io::Result<()> {
        let mut portion = std::mem::take(&mut self.portion);
        portion.resize(portion.len().max(PORTION_LENGTH), 0);
        let read = self.read_past_portion(&mut portion[..PORTION_LENGTH]);
        self.portion = portion;
        self.start = 0;
        self.end = 0;
        self.end = read?;
        Ok(())
    }

    /// Reads from the object itself until `output` is full. What came before a failure is handed
    /// on first.
    fn read_past_portion(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut filled = 0;
        while let Some(rest) = output.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.inner.read(rest) {
                Ok(0) => break,
                Ok(length) => filled += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if filled == 0 => return Err(error),
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
        }
        Ok(filled)
    }
}
