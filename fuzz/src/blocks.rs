//! Objects read to their end, with limits that small objects reach.

use std::io::{self, Read, Seek};

use weir_objects::{Encoding, Limits, LineReader, Stream};

/// All that a reader made of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// `None` when it could not be opened.
    pub(super) encoding: Option<Encoding>,
    pub(super) blocks: Vec<Block>,
    pub(super) end: Result<(), String>,
}

/// A block that is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) text: Vec<u8>,
    pub(super) offset: u64,
    pub(super) first_line: u64,
}

/// Limits for an object of that length.
pub(super) fn limits_for(length: usize) -> Limits {
    Limits {
        block_length: 1 + length % 61,
        max_line_length: 1 + length % 43,
        max_text_length: 4096,
        ..Limits::default()
    }
}

/// Reads all blocks.
pub(super) fn read(source: impl Read + Seek, limits: Limits) -> Reading {
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

/// Reads all blocks of an object that comes a few octets at a time and cannot seek.
pub(super) fn read_in_drops(data: &[u8], limits: Limits) -> Reading {
    read(Stream(Drops { data, length: 1 + data.len() % 7 }), limits)
}

/// Holds blocks against the limits and each other.
pub(super) fn check_blocks(blocks: &[Block], limits: Limits) {
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

/// A source that hands out a few octets at a time.
pub(super) struct Drops<'d> {
    pub(super) data: &'d [u8],
    pub(super) length: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.length.min(buffer.len());
        self.data.read(&mut buffer[..length])
    }
}
