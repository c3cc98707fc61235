//! Objects: plain text, gzip and zstd, cut into blocks of lines.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use weir_objects::{Encoding, Limits};

use super::blocks::{Reading, check_blocks, limits_for, read, read_in_drops};

/// Reads an object with limits that depend on its length.
///
/// - All blocks are within the limits and start where the object's text says.
/// - Blocks and errors do not depend on how the object's octets arrive.
/// - Plain text is handed out as it is, but for what the limits cut off, and it reads the same
///   however it is compressed.
///
/// # Panics
/// When one of these does not hold.
pub fn object(data: &[u8]) {
    let limits = limits_for(data.len());
    let reading = read(Cursor::new(data), limits);
    assert_eq!(read_in_drops(data, limits), reading, "in drops");
    check_blocks(&reading.blocks, limits);
    match reading.encoding {
        Some(Encoding::Plain) => {
            check_plain(data, &reading, limits);
            let (first, second) = data.split_at(data.len() / 2);
            check_same(&reading, gzip(data), limits);
            check_same(&reading, [gzip(first), gzip(second)].concat(), limits);
        }
        // An object of one member may be unpacked at once, one of several is not.
        Some(Encoding::Gzip) => check_same(&reading, [&gzip(b""), data].concat(), limits),
        _ => {}
    }
}

/// Holds what was read against the text itself.
fn check_plain(data: &[u8], reading: &Reading, limits: Limits) {
    let limit = limits.max_text_length as usize;
    assert_eq!(reading.end.is_err(), data.len() > limit, "{:?}", reading.end);
    let text = data.get(..limit).unwrap_or(data);
    let expected: Vec<u8> = match reading.end {
        Ok(()) => lines(text).flat_map(|line| cut(line, limits)).collect(),
        // What the limit cuts off within a line is not handed out.
        Err(_) => lines(text)
            .filter(|line| line.ends_with(b"\n"))
            .flat_map(|line| cut(line, limits))
            .collect(),
    };
    let found: Vec<u8> = reading.blocks.iter().flat_map(|block| block.text.clone()).collect();
    assert_eq!(found, expected, "the text");
    for block in &reading.blocks {
        let first = lines(&block.text).next().unwrap_or_default();
        let place = lines(&data[block.offset as usize..]).next().unwrap_or_default();
        assert_eq!(first, cut(place, limits), "the line at octet {}", block.offset);
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|octet| *octet == b'\n')
}

/// A line as it is handed out.
fn cut(line: &[u8], limits: Limits) -> Vec<u8> {
    let (content, end) = match line.strip_suffix(b"\n") {
        Some(content) => (content, &b"\n"[..]),
        None => (line, &b""[..]),
    };
    [content.get(..=limits.max_line_length).unwrap_or(content), end].concat()
}

/// Holds another object with the same text against what was read.
fn check_same(reading: &Reading, object: Vec<u8>, limits: Limits) {
    let other = read(Cursor::new(object), limits);
    assert_eq!((&other.blocks, &other.end), (&reading.blocks, &reading.end), "packed otherwise");
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}
