//! Tells header lines from data lines.

use crate::block::MAX_LINE_LENGTH;
use crate::field::Field;

/// The longest name a field may have; AWS's longest has 26 characters.
pub(crate) const MAX_NAME_LENGTH: usize = 64;

/// The field names of a header line; `None` when the line is no header.
///
/// A line of values has a digit, a capital or a lone `-` in almost every column, and field names
/// have none of them, so one such value tells.
pub(crate) fn find(line: &[u8]) -> Option<&str> {
    let names = str::from_utf8(line.get(..=MAX_LINE_LENGTH).map_or(line, |_| &[])).ok()?;
    let tokens = || names.split_ascii_whitespace().map(str::as_bytes);
    let is_header = tokens().any(|token| Field::from_name(token).is_some())
        && tokens().all(|token| Field::from_name(token).is_some() || can_head_a_column(token));
    is_header.then_some(names)
}

/// Whether a field may have this name, AWS's style being words of small letters and numbers,
/// joined by hyphens (text logs) or underscores (Parquet columns).
pub(crate) fn is_field_name(name: &[u8]) -> bool {
    let is_name_byte = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    name.len() <= MAX_NAME_LENGTH
        && name.first().is_some_and(u8::is_ascii_lowercase)
        && name.last().is_some_and(u8::is_ascii_alphanumeric)
        && name.iter().all(is_name_byte)
}

/// Whether an unknown name stands for a column rather than being a value that looks like one:
/// ids have words with digits, and names of regions begin with two letters and end with a number.
fn can_head_a_column(name: &[u8]) -> bool {
    let mut words = name.split(|byte| matches!(byte, b'-' | b'_'));
    let last = words.next_back().unwrap_or_default();
    let is_numbered = last.len() <= 2 && last.iter().all(u8::is_ascii_digit);
    let first_length = words.clone().next().map_or(0, <[u8]>::len);
    let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_lowercase);
    is_field_name(name) && words.all(is_word) && (is_word(last) || is_numbered && first_length > 2)
}
