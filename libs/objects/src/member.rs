//! Small gzip data, unpacked at once: records of a stream.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use crate::buffers::Inflater;
use crate::whole;

/// Unpacks gzip data that is in memory as a whole. Keep one for each thread: it holds the memory
/// of what was unpacked last.
#[derive(Default)]
pub struct GzipUnpacker {
    inflater: Inflater,
    text: Vec<u8>,
}

/// Why gzip data cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is cut off or damaged, or something else follows.
    #[error("the gzip data is damaged or cut off")]
    Damaged(#[source] std::io::Error),
    /// There is more in it than allowed.
    #[error("the gzip data holds more than {limit} octets")]
    TooLong {
        /// The most octets.
        limit: usize,
    },
}

/// Memory that is kept from one to the next, at most.
const KEPT: usize = 8 << 20;

impl GzipUnpacker {
    /// An unpacker that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the data says that it is gzip (RFC 1952 section 2.3.1).
    pub fn is_gzip(data: &[u8]) -> bool {
        data.starts_with(whole::MEMBER_START)
    }

    /// Unpacks all members of the data, to at most `limit` octets.
    ///
    /// # Errors
    ///
    /// When it is damaged, or holds more.
    pub fn unpack(&mut self, data: &[u8], limit: usize) -> Result<&[u8], UnpackError> {
        self.text.truncate(KEPT);
        self.text.shrink_to(KEPT);
        if let Some(length) = whole::unpack_usual(data, limit, &mut self.inflater, &mut self.text) {
            return Ok(self.text.get(..length).unwrap_or_default());
        }
        self.text.clear();
        let most = limit as u64 + 1;
        let read = MultiGzDecoder::new(data).take(most).read_to_end(&mut self.text);
        read.map_err(UnpackError::Damaged)?;
        if self.text.len() > limit {
            return Err(UnpackError::TooLong { limit });
        }
        Ok(&self.text)
    }
}

impl std::fmt::Debug for GzipUnpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GzipUnpacker").field("octets", &self.text.capacity()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_member_and_several_are_unpacked() {
        let mut unpacker = GzipUnpacker::new();
        for members in [&[&b"one"[..]][..], &[b"one", b"two", b""], &[b""]] {
            let packed: Vec<u8> = members.iter().flat_map(|member| gzip(member)).collect();
            assert!(GzipUnpacker::is_gzip(&packed));
            assert_eq!(unpacker.unpack(&packed, 100).unwrap(), members.concat());
        }
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let mut unpacker = GzipUnpacker::new();
        let packed = gzip(&vec![b'a'; 1 << 20]);
        for packed in [packed.clone(), [gzip(b"a"), packed].concat()] {
            let refused = unpacker.unpack(&packed, 1000);
            assert!(matches!(refused, Err(UnpackError::TooLong { limit: 1000 })), "{refused:?}");
        }
    }

    #[test]
    fn damage_is_told() {
        let mut unpacker = GzipUnpacker::new();
        let packed = gzip(b"2 123456789012 eni-1 10.0.0.1 10.0.0.2");
        for length in 3..packed.len() {
            assert!(unpacker.unpack(&packed[..length], 1000).is_err(), "{length}");
        }
        let mut wrong = packed.clone();
        let checksum = wrong.len() - 5;
        wrong[checksum] ^= 1;
        assert!(unpacker.unpack(&wrong, 1000).is_err());
        assert!(unpacker.unpack(&[packed, b"rest".to_vec()].concat(), 1000).is_err());
    }

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 1..4),
        ) {
            let mut unpacker = GzipUnpacker::new();
            let packed: Vec<u8> = texts.iter().flat_map(|text| gzip(text)).collect();
            prop_assert_eq!(unpacker.unpack(&packed, 10_000).unwrap(), texts.concat());
        }
    }
}
