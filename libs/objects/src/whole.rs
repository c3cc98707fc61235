//! The short way for gzip objects of usual size: unpacked at once, without copies.
//!
//! It is taken when all goes well. Whatever is unusual about an object (several members, other
//! data at its end, damage) is left to the decoder that streams, which tells what it is.

use std::io::Read;

use memchr::memmem;

use crate::buffers::Inflater;
use crate::limits::Limits;
use crate::source::Source;

/// Octets of a compressed object, at most.
const MAX_PACKED_LENGTH: usize = 16 * 1024 * 1024;

/// Octets of its text, at most.
const MAX_TEXT_LENGTH: usize = 32 * 1024 * 1024;

/// The most that deflate can do: 258 octets from two bits (RFC 1951 section 3.2.5).
const MAX_RATIO: usize = 1032;

/// How a gzip member with deflate starts (RFC 1952 section 2.3.1).
pub(crate) const MEMBER_START: &[u8] = b"\x1f\x8b\x08";

/// Unpacks the object into `text`, which keeps its memory and may be longer than what it holds.
/// Tells the length of the text; `None` when the object is to be streamed, from where it stands.
pub(crate) fn unpack<R: Read>(
    source: &mut Source<R>,
    limits: &Limits,
    inflater: &mut Inflater,
    text: &mut Vec<u8>,
) -> Option<usize> {
    if !source.read_ahead(MAX_PACKED_LENGTH) {
        return None;
    }
    let most = usize::try_from(limits.max_text_length).unwrap_or(usize::MAX);
    unpack_usual(source.seen(), most, inflater, text)
}

/// Unpacks a gzip member of the usual kind into `text`, which keeps its memory and may be longer
/// than what it holds. Tells the length of the text; `None` when it is unusual, damaged, or
/// longer than `limit`.
pub(crate) fn unpack_usual(
    packed: &[u8],
    limit: usize,
    inflater: &mut Inflater,
    text: &mut Vec<u8>,
) -> Option<usize> {
    let length = text_length(packed)?;
    if length > limit || has_header_checksum(packed) || has_second_member(packed) {
        return None;
    }
    if text.len() < length {
        text.resize(length, 0);
    }
    let text = text.get_mut(..length)?;
    (inflater.unpack(packed, text) && ends_in_member(packed, text)).then_some(length)
}

/// The length of the text as the end of the member tells it (RFC 1952 section 2.3.1, ISIZE).
fn text_length(packed: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(*packed.last_chunk()?) as usize;
    let most = MAX_TEXT_LENGTH.min(packed.len().saturating_mul(MAX_RATIO));
    // Of no text the checksum is 0 too: an end of zeros would say nothing.
    (1..=most).contains(&length).then_some(length)
}

/// Whether the object's last octets are the end of the member with this text (RFC 1952 section
/// 2.3.1, CRC32 and ISIZE). The inflater looks at the member's end, wherever that is, and leaves
/// what follows alone.
fn ends_in_member(packed: &[u8], text: &[u8]) -> bool {
    let end = packed.last_chunk::<8>().and_then(|end| end.first_chunk::<4>());
    end.is_some_and(|checksum| u32::from_le_bytes(*checksum) == libdeflater::crc32(text))
}

/// Whether the header has a checksum of its own (RFC 1952 section 2.3.1, FHCRC), which the
/// inflater does not look at.
fn has_header_checksum(packed: &[u8]) -> bool {
    const FLAGS: usize = 3;
    const HEADER_CHECKSUM: u8 = 1 << 1;
    packed.get(FLAGS).is_some_and(|flags| flags & HEADER_CHECKSUM != 0)
}

/// Whether there may be a second member. The inflater stops after the first and does not say
/// where that is, so that of two members with texts of one length the second would be lost.
fn has_second_member(packed: &[u8]) -> bool {
    let after_first_start = packed.get(MEMBER_START.len()..).unwrap_or_default();
    memmem::find(after_first_start, MEMBER_START).is_some()
}
