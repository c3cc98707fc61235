//! gzip objects that are unpacked whole, beside the same text in a way that is streamed.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::Buffers;

/// A second member, an empty one, has the object streamed.
fn streamed(object: &[u8]) -> Vec<u8> {
    [object, &gzip(b"")].concat()
}

/// Lines of which a few are far above any limit.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![20 => 0..300_usize, 1 => 90..110_usize, 1 => 0..200_000_usize];
    let line = (length, b'a'..=b'z').prop_map(|(length, letter)| {
        let mut line = vec![letter; length];
        line.push(b'\n');
        line
    });
    (prop::collection::vec(line, 0..200), any::<bool>()).prop_map(|(lines, is_ended)| {
        let mut text = lines.concat();
        text.truncate(text.len() - usize::from(!is_ended && !text.is_empty()));
        text
    })
}

fn read_with(object: &[u8], limits: Limits, buffers: Buffers) -> (Vec<OwnedBlock>, Buffers) {
    let mut reader = LineReader::open_with(Cursor::new(object), limits, buffers).unwrap();
    let (blocks, error) = drain(&mut reader);
    assert_eq!(error, None);
    (blocks, reader.into_buffers())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn both_ways_yield_the_same_blocks(texts in prop::collection::vec(any_text(), 1..4)) {
        let mut buffers = Buffers::new();
        for text in texts {
            for limits in [SMALL, Limits::default()] {
                let object = gzip(&text);
                let (long_way, _) = read_with(&streamed(&object), limits, Buffers::new());
                let (short_way, used) = read_with(&object, limits, buffers);
                prop_assert_eq!(short_way, long_way);
                buffers = used;
            }
        }
    }
}

#[test]
fn members_with_texts_of_one_length_are_all_read() {
    // The end of the object tells the length of the first member's text.
    let object = [gzip(b"a\nb\n"), gzip(b"c\nd\n")].concat();
    let (blocks, error) = read_all(&object[..], SMALL);
    assert_eq!((concatenated(&blocks), error), (b"a\nb\nc\nd\n".to_vec(), None));
    let twice = gzip(b"a\n").repeat(2);
    let (blocks, error) = read_all(&twice[..], SMALL);
    assert_eq!((concatenated(&blocks), error), (b"a\na\n".to_vec(), None));
}

#[test]
fn a_length_that_lies_is_told_after_the_lines() {
    for length in [0, 3, 5, 1 << 20, u32::MAX] {
        let mut object = gzip(b"a\nb\n");
        let end = object.len() - 4;
        object[end..].copy_from_slice(&u32::to_le_bytes(length));
        let (text, error) = read_to_error(&object[..], SMALL);
        assert!(matches!(error, ObjectError::Corrupt { .. }), "{error}");
        assert!(b"a\nb\n".starts_with(&text));
    }
}

#[test]
fn objects_of_any_size_share_memory_that_is_bounded() {
    let mut buffers = Buffers::new();
    for count in [1, 100_000, 10, 700_000, 1000] {
        let text = lines(count);
        let (blocks, used) = read_with(&gzip(&text), Limits::default(), buffers);
        assert!(concatenated(&blocks) == text, "{count}");
        buffers = used;
    }
    assert!(buffers.packed.capacity() <= 16 << 20, "{buffers:?}");
    assert!(buffers.text.capacity() <= 33 << 20, "{buffers:?}");
}

#[test]
fn a_second_object_of_the_same_size_takes_no_more_memory() {
    let object = gzip(&lines(100_000));
    let (_, buffers) = read_with(&object, Limits::default(), Buffers::new());
    let before = [buffers.packed.as_ptr(), buffers.text.as_ptr()];
    let (_, buffers) = read_with(&object, Limits::default(), buffers);
    assert_eq!(before, [buffers.packed.as_ptr(), buffers.text.as_ptr()]);
}

#[test]
fn an_object_above_the_length_of_the_short_way_is_streamed() {
    let text = b"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20\n"
        .repeat((40 << 20) / 78);
    let (blocks, buffers) = read_with(&gzip(&text), Limits::default(), Buffers::new());
    assert!(concatenated(&blocks) == text);
    assert!(buffers.text.capacity() < 1 << 20, "{buffers:?}");
}
