//! What an object is told to be.

use proptest::prelude::*;

use super::*;
use crate::Encoding;

/// What tells gzip and zstd, and nothing.
const STARTS: &[&[u8]] = &[b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"];

fn encoding(object: &[u8]) -> Encoding {
    open(object, SMALL).unwrap().encoding()
}

fn refusal(object: &[u8]) -> &'static str {
    match open(object, SMALL).err() {
        Some(ObjectError::Unsupported { found }) => found,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn the_encoding_is_told_by_the_content() {
    assert_eq!(encoding(b"version account-id\n"), Encoding::Plain);
    assert_eq!(encoding(b""), Encoding::Plain);
    assert_eq!(encoding(&gzip(b"a\n")), Encoding::Gzip);
    assert_eq!(encoding(&zstd(b"a\n")), Encoding::Zstd);
}

#[test]
fn other_kinds_of_files_are_named() {
    assert_eq!(refusal(b"PK\x03\x04\x14\x00"), "a zip archive");
    assert_eq!(refusal(b"BZh91AY&SY"), "bzip2 data");
    assert_eq!(refusal(b"\xfd7zXZ\x00\x00\x04"), "xz data");
    assert_eq!(refusal(b"{\"messageType\":\"DATA_MESSAGE\"}"), "JSON");
}

#[test]
fn other_kinds_of_content_are_named_when_compressed_too() {
    assert_eq!(refusal(&gzip(b"{\"messageType\":\"DATA_MESSAGE\"}")), "JSON");
    assert_eq!(refusal(&gzip(&gzip(&gzip(b"a\n")))), "gzip data within compressed data");
    assert_eq!(refusal(&zstd(&gzip(b"a\n"))), "gzip data within compressed data");
    assert_eq!(refusal(&gzip(b"PAR1")), "a Parquet file within compressed data");
    assert_eq!(refusal(&zstd(b"a\0b\n")), "binary data");
}

#[test]
fn a_nul_near_the_start_is_binary_data() {
    let mut text = lines(100);
    text[511] = 0;
    assert_eq!(refusal(&text), "binary data");
}

#[test]
fn a_stray_control_character_is_left_to_the_parser() {
    let (blocks, error) = read_all(&b"2 \x1b[31m \xff 10.0.0.1 10.0.0.2\n"[..], SMALL);
    assert_eq!((blocks.len(), error), (1, None));
}

#[test]
fn the_refusal_says_what_was_found_and_what_is_expected() {
    let (_, error) = read_all(&b"PK\x03\x04"[..], SMALL);
    let expected = "this is a zip archive; a flow log is text (plain, gzip or zstd) or Parquet without nested columns";
    assert_eq!(error.as_deref(), Some(expected));
}

proptest! {
    #[test]
    fn any_octets_end_in_blocks_or_an_error(
        start in prop::sample::select(STARTS),
        noise in prop::collection::vec(any::<u8>(), 0..4000),
    ) {
        let object = [start, &noise].concat();
        read_all(&object[..], SMALL);
    }

    #[test]
    fn noise_is_binary_data(noise in prop::collection::vec(any::<u8>(), 600..1000)) {
        prop_assume!(Encoding::of(&noise) == Encoding::Plain);
        let opened = open(&noise[..], SMALL);
        let is_refused = matches!(opened.err(), Some(ObjectError::Unsupported { .. }));
        prop_assert!(is_refused);
    }
}
