//! Objects that are no envelopes, or damaged ones.

use super::super::sources::Failing;
use super::*;
use crate::{UnpackError, UnwrapError};

/// What ends the object: the lines before it, its place, and what it is.
fn failure(object: &[u8]) -> (String, u64, UnwrapError) {
    let reading = read(object);
    let text = reading.text();
    match reading.end {
        Some(ObjectError::Envelope { offset, source }) => (text, offset, source),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_stands_before_a_damaged_document_is_read_and_its_place_is_told() {
    let good = batch("eni-1-all", 0..3);
    for bad in [&b"{\"message\":7}"[..], b"{]", b"{\"message\":\"\xff\"}", b"2 4", b"[]", b"\0"] {
        let object = [&good, bad, &good].concat();
        let (text, offset, source) = failure(&object);
        assert_eq!((text, offset), (lines(0..3), good.len() as u64));
        assert_eq!(source.name(), "json", "{source}");
    }
    let other = [&good, &b"{\"Records\":[{\"eventVersion\":\"1.08\"}]}"[..]].concat();
    assert_eq!(failure(&other).2.name(), "envelope");
}

#[test]
fn a_document_that_is_cut_off_is_told_wherever_it_is() {
    let [one, two] = [batch("eni-1-all", 0..3), batch("eni-1-all", 3..5)];
    for length in 1..two.len() {
        let object = [&one, &two[..length]].concat();
        let (text, offset, source) = failure(&object);
        assert_eq!((text, offset), (lines(0..3), one.len() as u64), "{length}");
        assert!(matches!(source, UnwrapError::CutOff), "{length}: {source}");
    }
    let error = read(&one[..20]).end.unwrap();
    assert_eq!(
        told(&error),
        "what begins at octet 0 of the text is no envelope of flow logs: the text ends within a \
         JSON document"
    );
}

#[test]
fn a_damaged_member_ends_the_object_after_the_documents_before_it() {
    let members: Vec<_> =
        (0..4).map(|each| gzip(&batch("eni-1-all", each * 5..(each + 1) * 5))).collect();
    let whole: usize = members[..2].iter().map(Vec::len).sum();
    for is_packed in [false, true] {
        let mut object = members.concat();
        object[whole + members[2].len() / 2] ^= 0x55;
        let object = if is_packed { gzip(&object) } else { object };
        let reading = read(&object);
        // What comes out of the damaged member may be no document before it is known to be damaged.
        let is_told = |end: &ObjectError| {
            matches!(end, ObjectError::Corrupt { .. } | ObjectError::Envelope { .. })
        };
        assert!(reading.end.as_ref().is_some_and(is_told), "{:?}", reading.end);
        assert!(reading.text().starts_with(&lines(0..10)), "{}", reading.text());
        let cut = &members.concat()[..whole + members[2].len() / 2];
        let cut = if is_packed { gzip(cut) } else { cut.to_vec() };
        let reading = read(&cut);
        assert!(matches!(reading.end, Some(ObjectError::Truncated { .. })), "{:?}", reading.end);
        assert_eq!(reading.text(), lines(0..10));
    }
    let outer = gzip(&members.concat());
    let reading = read(&outer[..outer.len() - 8]);
    assert!(matches!(reading.end, Some(ObjectError::Truncated { .. })), "{:?}", reading.end);
    assert_eq!(reading.text(), lines(0..20));
}

#[test]
fn a_source_that_fails_is_no_damage() {
    let object = gzip(&[gzip(&batch("eni-1-all", 0..3)), gzip(&probe())].concat());
    let source = Failing(&object[..object.len() - 4], std::io::ErrorKind::ConnectionReset);
    let reading = read_with(source, SMALL, &one_format());
    let Some(ObjectError::Read { source, .. }) = &reading.end else { panic!("{reading:?}") };
    assert_eq!(source.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(reading.text(), lines(0..3));
}

#[test]
fn a_record_of_a_delivery_that_is_damaged_is_told_after_the_others() {
    let bad = delivery(&[&gzip(&batch("eni-1-all", 0..2)), b"\x1f\x8b\x08", &message(2)]);
    let (text, offset, source) = failure(&[message(7), bad, message(8)].concat());
    assert_eq!((text, offset), ("2 7\n2 0\n2 1\n2 2\n".to_owned(), message(7).len() as u64));
    assert!(matches!(source, UnwrapError::Unpack(UnpackError::Damaged(_))), "{source}");
}

#[test]
fn a_document_above_the_limit_is_refused_however_it_is_packed() {
    let limits = Limits { max_document_length: 2000, ..SMALL };
    let [right, long] = [1000, 1001].map(|over| {
        let shell = batch_of("eni-1-all", [("x".to_owned(), String::new())].into_iter()).len();
        let pad = "x".repeat(1000 + over - shell);
        batch_of("eni-1-all", [("x".to_owned(), pad)].into_iter())
    });
    assert_eq!((right.len(), long.len()), (2000, 2001));
    for pack in [
        |data: &[u8]| data.to_vec(),
        |data: &[u8]| gzip(data),
        |data: &[u8]| [gzip(data), gzip(b"")].concat(),
    ] {
        let read = |document: &[u8]| {
            let object = [&message(1), document, &message(2)].concat();
            read_with(&pack(&object)[..], limits, &one_format())
        };
        assert!(read(&right).end.is_none());
        let reading = read(&long);
        assert_eq!(reading.text(), "2 1\n");
        let Some(ObjectError::Envelope { offset, source }) = reading.end else { panic!() };
        assert!(matches!(source, UnwrapError::TooLong { limit: 2000 }), "{source}");
        assert_eq!(offset, message(1).len() as u64);
    }
}

#[test]
fn an_endless_document_takes_no_more_memory_than_the_longest_may() {
    let limits = Limits { max_document_length: 3 << 20, ..SMALL };
    let source = b"{\"message\":\"".chain(std::io::repeat(b'x').take(u64::MAX));
    let mut reader = envelopes(source, limits);
    assert!(reader.next_block(&one_format()).is_err());
    assert!(reader.memory() <= 3 << 20, "{}", reader.memory());
}

#[test]
fn what_is_packed_in_a_document_is_bounded_and_no_deeper_than_it_may_be() {
    let bomb = delivery(&[&gzip(&message(0).repeat(200_000))]);
    let limits = Limits { max_document_length: 1 << 20, ..SMALL };
    assert!(bomb.len() < 1 << 20);
    let reading = read_with(&bomb[..], limits, &one_format());
    let Some(ObjectError::Envelope { source, .. }) = reading.end else { panic!() };
    assert_eq!(source.name(), "too_large");
    let nested = |depth| (0..depth).fold(message(1), |inner, _| delivery(&[&inner]));
    assert!(read(&nested(3)).end.is_none());
    assert_eq!(failure(&nested(5)).2.name(), "envelope");
}

#[test]
fn endless_zeros_around_little_text_are_stopped_by_their_ratio() {
    // A member, and zeros behind it: padding, of which the text within has nothing.
    let inner = [gzip(&message(1)), vec![0; 200 << 20]].concat();
    let limits = Limits { max_ratio: 100, ..SMALL };
    let reading = read_with(&gzip(&inner)[..], limits, &one_format());
    assert_eq!(reading.text(), "2 1\n");
    assert!(matches!(reading.end, Some(ObjectError::Ratio { limit: 100 })), "{:?}", reading.end);
    let limits = Limits { max_text_length: 1 << 20, ..SMALL };
    let reading = read_with(&gzip(&inner)[..], limits, &one_format());
    assert!(matches!(reading.end, Some(ObjectError::TooLong { .. })), "{:?}", reading.end);
}
