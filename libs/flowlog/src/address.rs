//! IPv4 and IPv6 addresses.

use std::net::{IpAddr, Ipv4Addr};

use crate::index::Span;
use crate::scan::equal_bytes;

/// Longest IPv4 address, `255.255.255.255`.
const IPV4_LENGTH: usize = 15;
/// Bytes that an octet's load may reach: the last one starts at byte 15 at most.
const WINDOW: usize = 20;

/// Reads the address at `token`, in the forms that [`IpAddr`] reads.
#[inline]
pub(crate) fn read_address(text: &[u8], token: Span) -> Option<IpAddr> {
    let window = text.get(token.start()..).and_then(|rest| rest.first_chunk());
    match window.and_then(|window| read_ipv4(window, token.length())) {
        Some(address) => Some(IpAddr::V4(address)),
        None => read_any(token.of(text)),
    }
}

/// The way of IPv6, of what is no address, and of the very end of a text.
fn read_any(text: &[u8]) -> Option<IpAddr> {
    str::from_utf8(text).ok()?.parse().ok()
}

/// Reads an IPv4 address from the first `length` bytes without a branch on its content, for the
/// lengths of octets are as good as random.
#[inline]
fn read_ipv4(window: &[u8; WINDOW], length: usize) -> Option<Ipv4Addr> {
    if length > IPV4_LENGTH {
        return None;
    }
    let dots = dots_within(window, length);
    let (first, rest) = (dots.trailing_zeros(), dots & dots.wrapping_sub(1));
    let (second, rest) = (rest.trailing_zeros(), rest & rest.wrapping_sub(1));
    let (third, rest) = (rest.trailing_zeros(), rest & rest.wrapping_sub(1));
    if dots == 0 || rest != 0 || third > IPV4_LENGTH as u32 {
        return None;
    }
    let a = read_octet(window, 0, first);
    let b = read_octet(window, first + 1, second);
    let c = read_octet(window, second + 1, third);
    let d = read_octet(window, third + 1, length as u32);
    let valid = (a | b | c | d) <= u32::from(u8::MAX);
    valid.then(|| Ipv4Addr::from_bits(a << 24 | b << 16 | c << 8 | d))
}

/// A bit for each dot within the first `length` bytes.
#[inline]
fn dots_within(window: &[u8; WINDOW], length: usize) -> u32 {
    let mut sixteen = [0; 16];
    sixteen.copy_from_slice(&window[..16]);
    equal_bytes(&sixteen, b'.') & ((1 << length) - 1)
}

/// The octet from `start` to `end`, or a number with bits above the eighth.
#[inline]
fn read_octet(window: &[u8; WINDOW], start: u32, end: u32) -> u32 {
    const INVALID: u32 = 1 << 31;
    let at = (start & 15) as usize;
    let word = u32::from_le_bytes([window[at], window[at + 1], window[at + 2], window[at + 3]]);
    let length = end.wrapping_sub(start);
    let too_long = length.wrapping_sub(1) > 2;
    // As with numbers: the digits end at the third byte, zeros stand before them.
    let digits = (word ^ 0x0030_3030).wrapping_shl(24_u32.wrapping_sub(8 * length)) & 0x00ff_ffff;
    let not_digits = (digits | (digits + 0x0076_7676)) & 0x0080_8080 != 0;
    let (hundreds, tens, ones) = (digits & 0xff, digits >> 8 & 0xff, digits >> 16);
    let leading_zero = length > 1 && word as u8 == b'0';
    let octet = hundreds * 100 + tens * 10 + ones;
    octet | (u32::from(too_long | not_digits | leading_zero) * INVALID)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads `address` between other bytes and at the end of a text.
    fn read(address: &str) -> Option<IpAddr> {
        let within = format!("7 {address} 1.1.1.1 99999999999");
        let token = Span::new(2, 2 + address.len());
        let read = read_address(within.as_bytes(), token);
        assert_eq!(read_address(&within.as_bytes()[..token.end()], token), read);
        read
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let texts = [
            "1.2.3",
            "1.2.3.",
            ".1.2.3",
            "1..2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.999",
            "01.2.3.4",
            "1.2.3.00",
            "1.2.3.4a",
            "1.2.3.0004",
            "1,2,3,4",
            "::g",
            "fe80::1%eth0",
            "1.2.3.4/32",
            "é",
            "/.1.1.1",
            "1.2.:.1",
        ];
        for text in texts {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_address_is_read(address: IpAddr) {
            prop_assert_eq!(read(&address.to_string()), Some(address));
        }

        #[test]
        fn addresses_agree_with_the_standard_library(
            text in "[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9.]{1,16}|[0-9a-f:.]{1,20}|[ -~]{1,20}",
        ) {
            prop_assert_eq!(read(&text), text.parse().ok());
        }
    }
}
