//! Parts of keys that have any characters.

use std::fmt::Write as _;

use crate::key::is_of_part;

/// The part with everything escaped that a part of a key does not have.
pub(crate) fn escape(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for octet in part.bytes() {
        if is_of_part(octet) && octet != b'%' {
            escaped.push(char::from(octet));
        } else if write!(escaped, "%{octet:02X}").is_err() {
            // Writing to a text does not fail.
            break;
        }
    }
    escaped
}

/// The part that was escaped; a `%` that escapes nothing stands for itself.
pub(crate) fn unescape(part: &str) -> String {
    let mut octets = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, behind @ ..] = rest {
        let escaped = if *first == b'%' { behind.get(..2).and_then(octet_of) } else { None };
        octets.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn octet_of(digits: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u8::from_str_radix(digits, 16).ok()
}
