//! Objects: plain text, gzip and zstd, cut into blocks of lines.

use std::io::{self, Read, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use weir_objects::{Encoding, Limits, LineReader};

/// Reads an object with limits that depend on its length.
///
/// - All blocks are within the limits and start where the object's text says.
/// - Blocks and errors do not depend on how the object's octets arrive.
/// - Plain text is handed out as it is, but for what the limits cut off, and compressed in two
///   members it reads the same.
///
/// # Panics
/// When one of these does not hold.
pub fn object(data: &[u8]) {
    let limits = limits_for(data.len());
    let whole = read(data, limits);
    assert_eq!(read(Drops { data, length: 1 + data.len() % 7 }, limits), whole, "in drops");
    check_blocks(&whole.blocks, limits);
    if whole.encoding == Some(Encoding::Plain) {
        check_plain(data, &whole, limits);
        let packed = read(in_two_members(data).as_slice(), limits);
        assert_eq!(packed.blocks, whole.blocks, "plain and compressed");
        assert_eq!(packed.end, whole.end, "plain and compressed");
    }
}

/// All that a reader made of an object.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    /// `None` when it could not be opened.
    encoding: Option<Encoding>,
    blocks: Vec<Block>,
    end: Result<(), String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Block {
    text: Vec<u8>,
    offset: u64,
    first_line: u64,
}

/// Small enough that small inputs reach them.
fn limits_for(length: usize) -> Limits {
    Limits {
        block_length: 1 + length % 61,
        max_line_length: 1 + length % 43,
        max_text_length: 4096,
        ..Limits::default()
    }
}

fn read(source: impl Read, limits: Limits) -> Reading {
    let mut reading = Reading { encoding: None, blocks: Vec::new(), end: Ok(()) };
    let mut reader = match LineReader::open(source, limits) {
        Ok(reader) => reader,
        Err(error) => return Reading { end: Err(error.to_string()), ..reading },
    };
    reading.encoding = Some(reader.encoding());
    loop {
        match reader.next_block() {
            Ok(Some(block)) => reading.blocks.push(Block {
                text: block.text.to_vec(),
                offset: block.offset,
                first_line: block.first_line,
            }),
            Ok(None) => return reading,
            // It is told once, and then the object is at its end.
            Err(error) if reading.end.is_ok() => reading.end = Err(error.to_string()),
            Err(error) => panic!("told twice: {error}"),
        }
    }
}

fn check_blocks(blocks: &[Block], limits: Limits) {
    let (mut offset, mut line) = (0, 1);
    for (index, block) in blocks.iter().enumerate() {
        let has_end = block.text.ends_with(b"\n");
        assert!(has_end || index + 1 == blocks.len(), "a block that ends within a line");
        assert!(block.offset >= offset, "octet {} after octet {offset}", block.offset);
        assert_eq!(block.first_line, line, "the number of the first line");
        check_lengths(&block.text, limits);
        offset = block.offset + block.text.len() as u64;
        line += block.text.iter().filter(|octet| **octet == b'\n').count() as u64;
    }
    assert!(offset <= limits.max_text_length, "{offset} octets of text");
}

fn check_lengths(text: &[u8], limits: Limits) {
    let most = limits.block_length + limits.max_line_length + 1;
    assert!((1..=most).contains(&text.len()), "a block of {} octets", text.len());
    for line in text.split(|octet| *octet == b'\n') {
        assert!(line.len() <= limits.max_line_length + 1, "a line of {} octets", line.len());
    }
}

/// Holds what was read against the text itself.
fn check_plain(data: &[u8], reading: &Reading, limits: Limits) {
    let limit = limits.max_text_length as usize;
    assert_eq!(reading.end.is_err(), data.len() > limit, "{:?}", reading.end);
    let text = data.get(..limit).unwrap_or(data);
    let complete = match reading.end {
        Ok(()) => text,
        // What the limit cuts off within a line is not handed out.
        Err(_) => {
            text.iter().rposition(|octet| *octet == b'\n').map_or(&[][..], |end| &text[..=end])
        }
    };
    let cut = |line: &[u8]| {
        let end = usize::from(line.ends_with(b"\n"));
        let (content, end) = line.split_at(line.len() - end);
        [content.get(..=limits.max_line_length).unwrap_or(content), end].concat()
    };
    let expected: Vec<u8> =
        complete.split_inclusive(|octet| *octet == b'\n').flat_map(cut).collect();
    let found: Vec<u8> = reading.blocks.iter().flat_map(|block| block.text.clone()).collect();
    assert_eq!(found, expected, "the text");
    for block in &reading.blocks {
        let place = &data[block.offset as usize..];
        let length = block.text.len().min(limits.max_line_length).min(first_line(&block.text));
        assert_eq!(place[..length], block.text[..length], "the text at octet {}", block.offset);
    }
}

fn first_line(text: &[u8]) -> usize {
    text.iter().position(|octet| *octet == b'\n').unwrap_or(text.len())
}

fn in_two_members(data: &[u8]) -> Vec<u8> {
    let (first, second) = data.split_at(data.len() / 2);
    [gzip(first), gzip(second)].concat()
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// A source that hands out a few octets at a time.
struct Drops<'d> {
    data: &'d [u8],
    length: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.length.min(buffer.len());
        self.data.read(&mut buffer[..length])
    }
}
