//! Decimal numbers, eight digits at a time.

use crate::index::Span;

const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
/// Lifts a byte above 9 over its high bit.
const ABOVE_NINE: u64 = u64::from_le_bytes([0x80 - 10; 8]);

/// Reads the digits at `token`: `None` when there is anything but digits, or when they do not fit
/// 64 bits.
#[inline]
pub(crate) fn read_number(text: &[u8], token: Span) -> Option<u64> {
    let (start, length) = (token.start(), token.length());
    match text.get(start..start + 8) {
        Some(first) if length <= 8 => read_digits(first, length),
        Some(first) if length <= 16 => {
            let high = read_digits(first, length - 8)?;
            let low = read_digits(text.get(token.end() - 8..token.end())?, 8)?;
            Some(high * 100_000_000 + low)
        }
        _ => read_any_length(token.of(text)),
    }
}

/// Reads the first `length` (1 to 8) of eight bytes.
#[inline]
fn read_digits(eight: &[u8], length: usize) -> Option<u64> {
    let word = u64::from_le_bytes(eight.try_into().ok()?);
    // Moved up, the digits end at the highest byte, as a number of eight digits would.
    let digits = (word ^ ZEROS) << (64 - 8 * length);
    // A sum that carries into the next byte comes from a byte with its high bit set already.
    if (digits | digits.wrapping_add(ABOVE_NINE)) & HIGH_BITS != 0 {
        return None;
    }
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000 << 32 | 1) >> 32)
}

/// The way of long numbers and of those at the very end of a text.
#[cold]
fn read_any_length(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads `digits` between other bytes and at the end of a text.
    fn read(digits: &str) -> Option<u64> {
        let within = format!("7 {digits} 99999999");
        let token = Span::new(2, 2 + digits.len());
        let number = read_number(within.as_bytes(), token);
        assert_eq!(read_number(&within.as_bytes()[..token.end()], token), number);
        number
    }

    #[test]
    fn numbers_up_to_64_bits_are_read() {
        for number in [0, 7, 80, 65_535, 99_999_999, 100_000_000, 1_431_280_876, u64::MAX] {
            assert_eq!(read(&number.to_string()), Some(number));
        }
        assert_eq!(read("0000000000000000000000000000042"), Some(42));
    }

    #[test]
    fn anything_but_digits_is_no_number() {
        for text in ["+1", "-1", "1.5", "1e3", "0x1f", "1_000", "/", ":", "12345678x", "é"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("18446744073709551616"), None);
    }

    proptest! {
        #[test]
        fn numbers_agree_with_the_standard_library(text in "[0-9]{1,22}|[0-9/:+x]{1,18}") {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            prop_assert_eq!(read(&text), text.parse().ok().filter(|_| plain));
        }
    }
}
