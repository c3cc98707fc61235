//! A value as text that is one word of a line.

use std::io::Write as _;

use super::footer::{ColumnKind, Physical};

/// Octets of a value that are looked at: a line with more is too long anyway.
const MAX_LENGTH: usize = 64 * 1024;

/// What is written where there is no value, as in AWS's text logs.
pub(super) const ABSENT: u8 = b'-';

/// A value that is present.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Boolean(bool),
    Integer(i64),
    Float(f32),
    Double(f64),
    Octets(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The value of a PLAIN page at `position`, which is moved behind it. `None` when the page
    /// ends within it.
    #[inline]
    pub(super) fn plain(physical: Physical, page: &'a [u8], position: &mut usize) -> Option<Self> {
        let rest = page.get(*position..)?;
        let (value, length) = match physical {
            // Eight share an octet; they are not read here.
            Physical::Boolean => return None,
            Physical::Int32 => (Self::Integer(i32::from_le_bytes(*rest.first_chunk()?).into()), 4),
            Physical::Int64 => (Self::Integer(i64::from_le_bytes(*rest.first_chunk()?)), 8),
            Physical::Float => (Self::Float(f32::from_le_bytes(*rest.first_chunk()?)), 4),
            Physical::Double => (Self::Double(f64::from_le_bytes(*rest.first_chunk()?)), 8),
            Physical::ByteArray => {
                let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
                (Self::Octets(rest.get(4..)?.get(..length)?), 4 + length)
            }
            Physical::Fixed(length) => (Self::Octets(rest.get(..length)?), length),
        };
        *position += length;
        Some(value)
    }

    /// Writes the value of a column.
    pub(super) fn append(self, kind: &ColumnKind, line: &mut Vec<u8>) {
        match self {
            Self::Boolean(value) => line.extend_from_slice(if value { b"true" } else { b"false" }),
            Self::Integer(value) => append_integer(value, kind, line),
            // Writing to memory does not fail.
            Self::Float(value) => drop(write!(line, "{value}")),
            Self::Double(value) => drop(write!(line, "{value}")),
            Self::Octets(octets) => append_word(octets, line),
        }
    }
}

fn append_integer(value: i64, kind: &ColumnKind, line: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    let is_narrow = kind.physical == Physical::Int32;
    line.extend_from_slice(
        match (is_narrow, kind.is_unsigned) {
            (false, false) => digits.format(value),
            (false, true) => digits.format(value as u64),
            (true, false) => digits.format(value as i32),
            (true, true) => digits.format(value as u32),
        }
        .as_bytes(),
    );
}

/// Writes octets as one word: blanks and control characters percent-encoded (RFC 3986 section
/// 2.1). A percent sign stays as it is, as AWS encodes the values of tags in the same way. No
/// octets at all are written as an absent value: there is no empty word.
pub(super) fn append_word(octets: &[u8], line: &mut Vec<u8>) {
    if octets.is_empty() {
        line.push(ABSENT);
        return;
    }
    let octets = octets.get(..MAX_LENGTH).unwrap_or(octets);
    if !octets.iter().any(|octet| breaks_line(*octet)) {
        line.extend_from_slice(octets);
        return;
    }
    for octet in octets {
        match octet {
            octet if breaks_line(*octet) => drop(write!(line, "%{octet:02X}")),
            octet => line.push(*octet),
        }
    }
}

fn breaks_line(octet: u8) -> bool {
    octet <= b' ' || octet == 0x7f
}
