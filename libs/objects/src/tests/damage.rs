//! Objects that cannot be read to their end.

use std::error::Error as _;
use std::io::{ErrorKind, Read as _};

use super::sources::Failing;
use super::*;
use crate::Encoding;

/// The text up to its last line end.
fn complete(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|octet| *octet == b'\n');
    &text[..end.map_or(0, |position| position + 1)]
}

#[test]
fn the_members_of_an_object_follow_each_other() {
    for pack in [gzip, zstd] {
        // A line may go on in the next member, and a member may be empty.
        let object = [pack(b"a\nb"), pack(b""), pack(b"c\n"), pack(b"d\n")].concat();
        let (blocks, error) = read_all(&object[..], SMALL);
        assert_eq!((concatenated(&blocks), error), (b"a\nbc\nd\n".to_vec(), None));
    }
}

#[test]
fn a_truncated_object_keeps_its_complete_lines() {
    let text = lines(50_000);
    for (pack, encoding) in [(gzip as fn(&[u8]) -> _, Encoding::Gzip), (zstd, Encoding::Zstd)] {
        let object = pack(&text);
        let (read, error) = read_to_error(&object[..object.len() / 2], SMALL);
        let ObjectError::Truncated { encoding: told, offset } = error else { panic!("{error}") };
        assert_eq!(told, encoding);
        assert!(read.len() > text.len() / 4);
        assert_eq!(read, complete(&text[..offset as usize]));
    }
}

#[test]
fn an_object_cut_anywhere_is_truncated() {
    let text = lines(20);
    for object in [gzip(&text), zstd(&text)] {
        for length in 4..object.len() {
            let (read, error) = read_to_error(&object[..length], SMALL);
            assert!(matches!(error, ObjectError::Truncated { .. }), "{length}: {error}");
            assert!(text.starts_with(&read));
        }
    }
}

#[test]
fn the_partial_last_line_of_a_truncated_object_is_left_out() {
    let text = b"complete\npartial";
    let object = gzip(text);
    // All of the text is there; the checksum is not.
    let (read, error) = read_to_error(&object[..object.len() - 8], SMALL);
    assert_eq!(read, b"complete\n");
    assert!(matches!(error, ObjectError::Truncated { offset: 16, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the gzip data is cut off after 16 octets of text; fetch the object again"
    );
}

#[test]
fn a_wrong_checksum_is_told_after_the_lines() {
    for object in [gzip(b"a\nb\n"), zstd(b"a\nb\n")] {
        // A gzip member ends in its checksum and its length, a zstd frame in its checksum.
        for place in [object.len() - 1, object.len() - 4] {
            let mut object = object.clone();
            object[place] ^= 1;
            let (_, error) = read_to_error(&object[..], SMALL);
            assert!(matches!(error, ObjectError::Corrupt { .. }), "{error}");
            assert!(error.source().is_some());
        }
    }
}

#[test]
fn damaged_data_is_told_after_the_lines_before_it() {
    let text = lines(50_000);
    for mut object in [gzip(&text), zstd(&text)] {
        let middle = object.len() / 2;
        object[middle..middle + 64].fill(0xa5);
        let (read, error) = read_to_error(&object[..], SMALL);
        assert!(matches!(error, ObjectError::Corrupt { .. }), "{error}");
        assert!(read.len() > text.len() / 4);
        let common = read.iter().zip(&text).take_while(|(one, other)| one == other).count();
        assert!(common > text.len() / 4);
    }
}

#[test]
fn zeros_after_the_last_member_are_padding() {
    for mut object in [gzip(b"a\n"), zstd(b"a\n")] {
        object.extend([0; 100_000]);
        let (blocks, error) = read_all(&object[..], SMALL);
        assert_eq!((blocks.len(), error), (1, None));
    }
}

#[test]
fn other_data_after_the_last_member_is_told_after_the_lines() {
    for object in [gzip(b"a\n"), zstd(b"a\n")] {
        let zeros = vec![0; 100_000];
        for rest in [&b"garbage"[..], b"\n", b"\0\0x", &[zeros, gzip(b"b\n")].concat()] {
            let object = [&object, rest].concat();
            let (read, error) = read_to_error(&object[..], SMALL);
            assert_eq!(read, b"a\n");
            let ObjectError::Corrupt { offset: 2, source, .. } = error else { panic!("{error}") };
            assert_eq!(source.to_string(), "other data follows the compressed data");
        }
    }
}

#[test]
fn zstd_windows_are_bounded() {
    // RFC 8878 section 3.1.1: a header with a window descriptor, then a raw last block.
    let frame = |exponent: u8| {
        [&b"\x28\xb5\x2f\xfd\x00"[..], &[exponent << 3], b"\x11\x00\x00a\n"].concat()
    };
    let (blocks, error) = read_all(&frame(23 - 10)[..], SMALL);
    assert_eq!((blocks.len(), error), (1, None));
    let (_, error) = read_to_error(&frame(24 - 10)[..], SMALL);
    assert!(matches!(error, ObjectError::Memory { offset: 0, limit: 0x80_0000, .. }), "{error}");
}

#[test]
fn text_above_the_limit_is_read_up_to_it() {
    let limits = Limits { max_text_length: 10, ..SMALL };
    for object in [b"123\n567\n9012\n".to_vec(), gzip(b"123\n567\n9012\n")] {
        let (read, error) = read_to_error(&object[..], limits);
        assert_eq!(read, b"123\n567\n");
        assert!(matches!(error, ObjectError::TooLong { limit: 10 }), "{error}");
    }
}

#[test]
fn text_right_at_the_limit_is_whole() {
    let limits = Limits { max_text_length: 10, ..SMALL };
    for object in [b"123\n567\n9\n".to_vec(), gzip(b"123\n567\n9\n"), zstd(b"123\n567\n9\n")] {
        let (blocks, error) = read_all(&object[..], limits);
        assert_eq!((concatenated(&blocks).len(), error), (10, None));
    }
}

#[test]
fn a_bomb_is_stopped_by_its_ratio() {
    let text = b"2 - - - - - - - - -\n".repeat(5 * 1024 * 1024);
    let limits = Limits { max_ratio: 100, ..Limits::default() };
    let mut best = GzEncoder::new(Vec::new(), Compression::best());
    best.write_all(&text).unwrap();
    for object in [best.finish().unwrap(), zstd(&text)] {
        assert!(text.len() / object.len() > 100);
        let (read, error) = read_to_error(&object[..], limits);
        assert!(matches!(error, ObjectError::Ratio { limit: 100 }), "{error}");
        assert!(read.len() as u64 > Limits::RATIO_GRACE - 1024 * 1024);
        assert!(read.len() as u64 <= Limits::RATIO_GRACE);
    }
}

#[test]
fn a_short_text_may_compress_as_well_as_it_likes() {
    let text = b"2 - - - - - - - - -\n".repeat(100_000);
    let limits = Limits { max_ratio: 1, ..SMALL };
    let (blocks, error) = read_all(&gzip(&text)[..], limits);
    assert_eq!((concatenated(&blocks).len(), error), (text.len(), None));
}

#[test]
fn a_failing_source_is_no_damage_whatever_its_kind() {
    let text = lines(50_000);
    let kinds = [ErrorKind::UnexpectedEof, ErrorKind::InvalidData, ErrorKind::ConnectionReset];
    for kind in kinds {
        for object in [text.clone(), gzip(&text), zstd(&text)] {
            let half = &object[..object.len() / 2];
            let (read, error) = read_to_error(Failing(half, kind), SMALL);
            let ObjectError::Read { offset, source } = error else { panic!("{error}") };
            assert_eq!(source.kind(), kind);
            assert!(offset > 1000);
            assert_eq!(read, complete(&text[..offset as usize]));
        }
    }
}

#[test]
fn all_lines_before_a_failure_of_the_source_are_read() {
    let (read, error) = read_to_error(Failing(b"a\nb\nc", ErrorKind::TimedOut), SMALL);
    assert_eq!(read, b"a\nb\n");
    assert!(matches!(error, ObjectError::Read { offset: 5, .. }), "{error}");
}

#[test]
fn a_source_that_fails_at_once_cannot_be_opened() {
    let opened = open(Failing(b"", ErrorKind::PermissionDenied), SMALL);
    assert!(matches!(opened.err(), Some(ObjectError::Read { offset: 0, .. })));
}

#[test]
fn the_first_line_of_a_damaged_object_is_seen_when_it_is_complete() {
    let object = gzip(b"header\nline");
    let cut = &object[..object.len() - 8];
    let mut reader = open(cut, SMALL).unwrap();
    assert_eq!(reader.first_line().unwrap(), Some(&b"header"[..]));
    reader.skip_line().unwrap();
    assert!(matches!(reader.first_line(), Err(ObjectError::Truncated { .. })));
    assert_eq!(reader.first_line().unwrap(), None);
}

#[test]
fn an_endless_source_is_read_no_further_than_the_limit() {
    let limits = Limits { max_text_length: 1_000_000, ..SMALL };
    let (read, error) = read_to_error(std::io::repeat(b'\n').take(u64::MAX), limits);
    assert_eq!(read.len(), 1_000_000);
    assert!(matches!(error, ObjectError::TooLong { .. }), "{error}");
}
