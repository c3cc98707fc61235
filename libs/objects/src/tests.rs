//! Objects in, blocks out.

mod blocks;
mod content;
mod damage;
mod envelopes;
mod long_lines;
mod parquet;
mod sources;
mod whole;

use std::io::{Read, Seek, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Limits, LineReader, ObjectError, Stream};

/// Small, so that a few lines make several blocks.
const SMALL: Limits = Limits {
    block_length: 64,
    max_line_length: 100,
    max_text_length: 1 << 30,
    max_ratio: 1000,
    max_document_length: 1 << 20,
    remembered_events: 1000,
};

/// A block that outlives its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OwnedBlock {
    text: Vec<u8>,
    offset: u64,
    first_line: u64,
}

fn open<R: Read>(source: R, limits: Limits) -> Result<LineReader<Stream<R>>, ObjectError> {
    LineReader::open(Stream(source), limits)
}

/// All blocks, and the error after them as it is printed.
fn read_all(source: impl Read, limits: Limits) -> (Vec<OwnedBlock>, Option<String>) {
    match open(source, limits) {
        Ok(mut reader) => drain(&mut reader),
        Err(error) => (Vec::new(), Some(error.to_string())),
    }
}

fn drain(reader: &mut LineReader<impl Read + Seek>) -> (Vec<OwnedBlock>, Option<String>) {
    let mut blocks = Vec::new();
    loop {
        match reader.next_block() {
            Ok(Some(block)) => blocks.push(OwnedBlock {
                text: block.text.to_vec(),
                offset: block.offset,
                first_line: block.first_line,
            }),
            Ok(None) => return (blocks, None),
            Err(error) => return (blocks, Some(error.to_string())),
        }
    }
}

fn concatenated(blocks: &[OwnedBlock]) -> Vec<u8> {
    blocks.iter().flat_map(|block| block.text.iter().copied()).collect()
}

/// The error that ends `source`, and the text before it.
fn read_to_error(source: impl Read, limits: Limits) -> (Vec<u8>, ObjectError) {
    let mut reader = open(source, limits).unwrap();
    let mut text = Vec::new();
    loop {
        match reader.next_block() {
            Ok(Some(block)) => text.extend_from_slice(block.text),
            Ok(None) => panic!("there is no error"),
            Err(error) => {
                assert!(matches!(reader.next_block(), Ok(None)), "the error is told once");
                return (text, error);
            }
        }
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A frame with a checksum.
fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Numbered lines that do not compress away.
fn lines(count: u32) -> Vec<u8> {
    let line = |number: u32| {
        let noise = number.wrapping_mul(2_654_435_761);
        format!("2 123456789010 eni-{noise:08x} 10.0.{}.7 {number}\n", noise % 251)
    };
    (0..count).map(line).collect::<String>().into_bytes()
}
