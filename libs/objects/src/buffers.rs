//! Memory that readers hand on from object to object.

use std::fmt;

use libdeflater::Decompressor;

/// Memory that readers hand on from object to object.
///
/// A reader takes it when it is opened and gives it back with
/// [`LineReader::into_buffers`](crate::LineReader::into_buffers). Keep one for each thread: it
/// grows with the objects it is used for, to 48 MiB at most.
#[derive(Default)]
pub struct Buffers {
    /// Octets of the object.
    pub(crate) packed: Vec<u8>,
    /// Text.
    pub(crate) text: Vec<u8>,
    pub(crate) inflater: Inflater,
}

impl Buffers {
    /// Memory of nothing as yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = [&self.packed, &self.text].map(Vec::capacity);
        f.debug_struct("Buffers").field("octets", &octets).finish_non_exhaustive()
    }
}

/// Unpacks one gzip member from memory to memory: one and a half times as fast as a decoder that
/// can stop at any octet.
pub(crate) struct Inflater(Decompressor);

impl Default for Inflater {
    fn default() -> Self {
        Self(Decompressor::new())
    }
}

impl Inflater {
    /// Unpacks the first member of `packed` if it fills `text`. Tells whether it does; else
    /// `text` holds nothing of use.
    pub(crate) fn unpack(&mut self, packed: &[u8], text: &mut [u8]) -> bool {
        self.0.gzip_decompress(packed, text) == Ok(text.len())
    }
}
