//! Finds separators in 64 bytes at a time.
//!
//! Plain arithmetic on words of eight bytes: as fast as the parser needs it, on any processor.

/// The bytes that [`scan`] looks at in one go.
pub(crate) const CHUNK: usize = 64;

/// What 64 bytes hold; bit `n` stands for byte `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Masks {
    /// Blanks and control characters: all bytes up to 0x20.
    pub(crate) separators: u64,
    /// Line feeds.
    pub(crate) newlines: u64,
    /// Whether there is anything but printable ASCII and line feeds.
    pub(crate) is_irregular: bool,
}

const HIGH_BITS: u64 = repeat(0x80);

/// Finds the separators of `chunk`.
#[inline]
pub(crate) fn scan(chunk: &[u8; CHUNK]) -> Masks {
    let has_newline = contains(chunk, |byte| byte == b'\n');
    Masks {
        separators: mask(chunk, |word| below(word, b' ' + 1)),
        newlines: if has_newline { mask(chunk, |word| equal(word, b'\n')) } else { 0 },
        is_irregular: contains(chunk, |byte| !is_printable(byte) & (byte != b'\n')),
    }
}

/// A bit for each of sixteen bytes that equals `wanted`.
#[inline]
pub(crate) fn equal_bytes(sixteen: &[u8; 16], wanted: u8) -> u32 {
    mask(sixteen, |word| equal(word, wanted)) as u32
}

/// Whether a byte of `bytes` is wanted. It looks at all of them, which the compiler turns into
/// vector instructions; a loop that ends early would be slower.
#[inline]
pub(crate) fn contains(bytes: &[u8], is_wanted: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |found, byte| found | is_wanted(*byte))
}

#[inline]
fn is_printable(byte: u8) -> bool {
    byte.wrapping_sub(b' ') <= b'~' - b' '
}

/// A bit for each byte whose high bit `wanted` leaves in its word.
#[inline]
fn mask(bytes: &[u8], wanted: impl Fn(u64) -> u64) -> u64 {
    let (words, _) = bytes.as_chunks();
    let bits_of = |word: &[u8; 8]| gather_high_bits(wanted(u64::from_le_bytes(*word)));
    words.iter().rev().fold(0, |found, word| found << 8 | bits_of(word))
}

const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bit of each byte that is below `limit` (at most 0x80).
#[inline]
fn below(word: u64, limit: u8) -> u64 {
    // With their high bits set no byte borrows from the next.
    !((word | HIGH_BITS) - repeat(limit)) & !word & HIGH_BITS
}

/// The high bit of each byte that equals `wanted`.
#[inline]
fn equal(word: u64, wanted: u8) -> u64 {
    below(word ^ repeat(wanted), 1)
}

/// Gathers the high bits of eight bytes in the lowest one.
#[inline]
fn gather_high_bits(high_bits: u64) -> u64 {
    // The factor moves bit 8n to bit 56+n, and no two products meet.
    (high_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits_where(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> u64 {
        let bit = |(place, byte): (usize, &u8)| u64::from(wanted(*byte)) << place;
        bytes.iter().enumerate().map(bit).sum()
    }

    fn plain_scan(chunk: &[u8; CHUNK]) -> Masks {
        Masks {
            separators: bits_where(chunk, |byte| byte <= b' '),
            newlines: bits_where(chunk, |byte| byte == b'\n'),
            is_irregular: chunk.iter().any(|byte| !matches!(byte, b'\n' | b' '..=b'~')),
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_told_apart(chunk in prop::array::uniform::<_, CHUNK>(any::<u8>())) {
            prop_assert_eq!(scan(&chunk), plain_scan(&chunk));
        }

        #[test]
        fn printable_bytes_are_told_apart(
            chunk in prop::array::uniform::<_, CHUNK>(prop::sample::select(b"a \n~!\x20".to_vec())),
        ) {
            prop_assert_eq!(scan(&chunk), plain_scan(&chunk));
        }

        #[test]
        fn each_byte_value_is_told_from_all_others(byte: u8, place in 0..CHUNK) {
            let mut chunk = [b'x'; CHUNK];
            chunk[place] = byte;
            prop_assert_eq!(scan(&chunk), plain_scan(&chunk));
        }

        #[test]
        fn equal_bytes_are_found(
            sixteen in prop::array::uniform16(prop::sample::select(b"./-\xae\x00".to_vec())),
        ) {
            let dots = bits_where(&sixteen, |byte| byte == b'.') as u32;
            prop_assert_eq!(equal_bytes(&sixteen, b'.'), dots);
        }
    }
}
