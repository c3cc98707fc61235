//! Objects of documents: batches of log events, messages, deliveries, perhaps packed.

use std::convert::Infallible;
use std::io::{Cursor, Read, Seek, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use weir_flowlog::LogFormat;
use weir_inventory::log_formats::FlowLogFormat;
use weir_objects::{
    Buffers, Content, EnvelopeBlock, EventTally, Limits, ObjectReader, OneFormat, Stream, Unwrapper,
};

use super::blocks::{Drops, limits_for};

/// Reads an object of documents with limits that depend on its length. Others are for the target
/// `object`.
///
/// - Blocks do not depend on how the object's octets arrive: at once, a few at a time, in one gzip
///   member or several, packed once more.
/// - No two blocks have one place; each is within its limits.
/// - Its lines are those that unwrapping it in memory shows, in the same order but for deliveries.
///
/// # Panics
/// When one of these does not hold.
pub fn wrapped_object(data: &[u8]) {
    let limits =
        Limits { max_document_length: 2048, remembered_events: 0, ..limits_for(data.len()) };
    let Some(reading) = read(Cursor::new(data), limits) else { return };
    let drops = Drops { data, length: 1 + data.len() % 7 };
    assert_eq!(read(Stream(drops), limits).as_ref(), Some(&reading), "in drops");
    check_blocks(&reading.blocks, limits);
    if data.trim_ascii_start().starts_with(b"{") {
        check_lines(data, &reading);
        let (first, second) = data.split_at(data.len() / 2);
        let members = [gzip(first), gzip(second)].concat();
        for packed in [gzip(data), gzip(&members), members] {
            assert_eq!(read(Cursor::new(packed), limits).as_ref(), Some(&reading), "packed");
        }
    }
}

/// All that a reader made of an object.
#[derive(Debug, PartialEq)]
struct Reading {
    blocks: Vec<EnvelopeBlock>,
    tally: EventTally,
    end: Result<(), String>,
}

/// None when it is no object of documents.
fn read(source: impl Read + Seek, limits: Limits) -> Option<Reading> {
    let reader = ObjectReader::open_with(source, limits, Buffers::new());
    let Ok(ObjectReader::Envelopes(mut reader)) = reader else { return None };
    let format = Arc::new(FlowLogFormat::new(Arc::new(LogFormat::vpc_default()), None));
    let formats = OneFormat::new(format);
    let (mut blocks, mut end) = (Vec::new(), Ok(()));
    loop {
        match reader.next_block(&formats) {
            Ok(Some(block)) => blocks.push(block),
            Ok(None) => return Some(Reading { blocks, tally: reader.tally(), end }),
            Err(error) => {
                assert!(end.is_ok(), "told twice: {error}");
                end = Err(error.to_string());
            }
        }
    }
}

fn check_blocks(blocks: &[EnvelopeBlock], limits: Limits) {
    let mut places = Vec::new();
    for block in blocks {
        assert!(block.text.ends_with(b"\n"), "a block that ends within a line");
        let most = limits.block_length.max(1) + weir_flowlog::MAX_LINE_LENGTH + 2;
        assert!(block.text.len() <= most, "a block of {} octets", block.text.len());
        let place = (block.offset, block.part);
        assert!(places.last().is_none_or(|last| *last < place), "{place:?} after {places:?}");
        places.push(place);
    }
}

/// Holds the lines against those of the same documents in memory, as far as these were read.
fn check_lines(data: &[u8], reading: &Reading) {
    let found: Vec<u8> = reading.blocks.iter().flat_map(|block| block.text.clone()).collect();
    let mut expected = Vec::new();
    let mut unwrapper = Unwrapper::new();
    unwrapper.begin(1 << 20);
    let unwrapped = unwrapper.unwrap::<Infallible>(data, &mut |_, content| {
        let lines = match content {
            Content::Batch(batch) => batch.lines,
            Content::Lines(lines) => lines,
            Content::Control => &[],
        };
        expected.extend_from_slice(lines);
        if !lines.is_empty() && !lines.ends_with(b"\n") {
            expected.push(b'\n');
        }
        Ok(())
    });
    // What is in a delivery comes after all else in memory, and after its document in an object.
    let has_delivery = data.windows(8).any(|window| window == b"records\"");
    if !has_delivery && reading.tally.not_flow_logs == 0 {
        assert!(expected.starts_with(&found), "other lines");
    }
    if reading.end.is_ok() {
        assert!(unwrapped.is_ok(), "{unwrapped:?}");
        let left_out = reading.tally.not_flow_logs as usize;
        assert_eq!(count(&found) + left_out, count(&expected), "the number of lines");
    }
}

fn count(lines: &[u8]) -> usize {
    lines.iter().filter(|octet| **octet == b'\n').count()
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}
