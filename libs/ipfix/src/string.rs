//! Variable-length strings as RFC 7011 section 7 writes them.

/// The longest string that weir writes, in bytes; longer ones are cut at a character boundary.
///
/// EC2 tag values have at most 256 characters, so only ARNs and hostile input come near it.
pub const MAX_STRING_LENGTH: usize = 1024;

/// Appends `text` with its length prefix: one byte below 255, else 255 and two bytes.
///
/// Text longer than [`MAX_STRING_LENGTH`] is cut at a character boundary. Returns whether it was.
pub fn push_string(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let kept = cut_at_character(text, MAX_STRING_LENGTH);
    push_prefix(out, kept.len());
    out.extend_from_slice(kept);
    kept.len() < text.len()
}

/// Appends the length prefix of a variable-length value (RFC 7011 section 7).
pub(crate) fn push_prefix(out: &mut Vec<u8>, length: usize) {
    if let Some(short) = u8::try_from(length).ok().filter(|length| *length < 255) {
        out.push(short);
    } else {
        let length = u16::try_from(length).unwrap_or(u16::MAX);
        out.push(255);
        out.extend_from_slice(&length.to_be_bytes());
    }
}

/// The size of the length prefix for a value of `length` bytes.
pub(crate) const fn prefix_length(length: usize) -> usize {
    if length < 255 { 1 } else { 3 }
}

/// The longest start of `text` that has at most `limit` bytes and does not end inside a
/// UTF-8 character.
pub fn cut_at_character(text: &[u8], limit: usize) -> &[u8] {
    if text.len() <= limit {
        return text;
    }
    let is_continuation = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    let mut end = limit;
    // A UTF-8 character has at most three continuation bytes; in other bytes any cut is as good.
    while end > limit.saturating_sub(4) && text.get(end).is_some_and(is_continuation) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Splits the first variable-length value off `bytes`: the value and the rest.
///
/// `None` when the bytes end inside the prefix or the value.
#[inline]
pub fn split_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 255 {
        return rest.split_at_checked(usize::from(first));
    }
    let (length, rest) = rest.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// What follows the first `count` variable-length values of `bytes`; `None` when there are fewer.
pub(crate) fn skip_strings(bytes: &[u8], count: usize) -> Option<&[u8]> {
    (0..count).try_fold(bytes, |rest, _| split_string(rest).map(|(_, after)| after))
}
