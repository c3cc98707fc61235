//! Lines above the limit.

use std::io::{Read as _, repeat};

use super::*;

#[test]
fn a_long_line_is_kept_up_to_one_octet_more_than_the_limit() {
    let limits = Limits { max_line_length: 4, block_length: 1, ..SMALL };
    let (blocks, error) = read_all(&b"1234\n12345\n123456\nlast567"[..], limits);
    let texts: Vec<_> = blocks.iter().map(|block| &block.text[..]).collect();
    assert_eq!(texts, [&b"1234\n"[..], b"12345\n", b"12345\n", b"last5"]);
    let places: Vec<_> = blocks.iter().map(|block| (block.offset, block.first_line)).collect();
    assert_eq!(places, [(0, 1), (5, 2), (11, 3), (18, 4)]);
    assert_eq!(error, None);
}

#[test]
fn a_huge_line_takes_no_more_memory_than_a_long_one() {
    let length = 1_u64 << 30;
    let source = b"first\n".chain(repeat(b'x').take(length)).chain(&b"\nlast\n"[..]);
    let mut reader = open(source, Limits { block_length: 1, ..Limits::default() }).unwrap();
    reader.skip_line().unwrap();
    assert_eq!(reader.first_line().unwrap().unwrap().len(), 16 * 1024 + 1);
    assert_eq!(reader.next_block().unwrap().unwrap().text.len(), 16 * 1024 + 2);
    let last = reader.next_block().unwrap().unwrap();
    assert_eq!((last.text, last.offset, last.first_line), (&b"last\n"[..], length + 7, 3));
    assert!(reader.memory() < 1024 * 1024, "{}", reader.memory());
}

#[test]
fn a_huge_last_line_without_an_end_is_cut_too() {
    let source = b"first\n".chain(repeat(b'x').take(1 << 24));
    let (blocks, error) = read_all(source, SMALL);
    assert_eq!(concatenated(&blocks).len(), 6 + 101);
    assert_eq!(error, None);
}

#[test]
fn lines_without_content_are_counted() {
    let (blocks, _) = read_all(&b"\n\n\n".repeat(100)[..], SMALL);
    assert_eq!(concatenated(&blocks).len(), 300);
    assert_eq!(blocks.last().unwrap().first_line, 257);
}
