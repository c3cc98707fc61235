//! Objects of Firehose.

mod damage;
mod forms;
mod properties;
mod sorting;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use weir_flowlog::LogFormat;
use weir_flowlog::envelope::Batch;
use weir_inventory::log_formats::FlowLogFormat;

use super::{Read, SMALL, Stream, gzip};
use crate::{
    Buffers, EnvelopeBlock, EnvelopeBlocks, EnvelopeFormats, EventTally, Formats, Limits,
    ObjectError, ObjectReader, OneFormat,
};

/// What was made of an object.
#[derive(Debug)]
struct Reading {
    blocks: Vec<EnvelopeBlock>,
    tally: EventTally,
    end: Option<ObjectError>,
}

impl Reading {
    fn text(&self) -> String {
        let text = self.blocks.iter().flat_map(|block| block.text.iter().copied()).collect();
        String::from_utf8(text).unwrap()
    }

    /// What its runs are told apart by.
    fn places(&self) -> BTreeSet<(u64, [u8; 16])> {
        let place = |block: &EnvelopeBlock| (block.offset, block.version(b"v1"));
        self.blocks.iter().map(place).collect()
    }
}

fn format(text: &str) -> Arc<FlowLogFormat> {
    Arc::new(FlowLogFormat::new(Arc::new(LogFormat::parse(text).unwrap()), None))
}

/// The format of [`line`].
fn one_format() -> OneFormat {
    OneFormat::new(format("version bytes"))
}

fn envelopes<R: Read>(source: R, limits: Limits) -> EnvelopeBlocks<Stream<R>> {
    match ObjectReader::open_with(Stream(source), limits, Buffers::new()).unwrap() {
        ObjectReader::Envelopes(blocks) => blocks,
        ObjectReader::Lines(_) => panic!("this is text"),
    }
}

fn read_with(source: impl Read, limits: Limits, formats: &dyn EnvelopeFormats) -> Reading {
    let mut reader = envelopes(source, limits);
    let mut blocks = Vec::new();
    let end = loop {
        match reader.next_block(formats) {
            Ok(Some(block)) => blocks.push(block),
            Ok(None) => break None,
            Err(error) => {
                assert!(matches!(reader.next_block(formats), Ok(None)), "it is told once");
                break Some(error);
            }
        }
    };
    Reading { blocks, tally: reader.tally(), end }
}

fn read(object: &[u8]) -> Reading {
    read_with(object, SMALL, &one_format())
}

/// What is wrong, with its cause.
fn told(error: &ObjectError) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", cause.unwrap_or_default())
}

fn line(number: u32) -> String {
    format!("2 {number}")
}

fn lines(numbers: Range<u32>) -> String {
    numbers.map(|number| line(number) + "\n").collect()
}

fn batch_of(log_stream: &str, events: impl Iterator<Item = (String, String)>) -> Vec<u8> {
    let event = |(id, message)| json!({"id": id, "timestamp": 1, "message": message});
    let document = json!({
        "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "/flows",
        "logStream": log_stream, "subscriptionFilters": ["all"],
        "logEvents": events.map(event).collect::<Vec<_>>(),
    });
    document.to_string().into_bytes()
}

/// A batch as CloudWatch Logs makes it, before it is packed.
fn batch(log_stream: &str, numbers: Range<u32>) -> Vec<u8> {
    batch_of(log_stream, numbers.map(|number| (format!("e{number}"), line(number))))
}

fn probe() -> Vec<u8> {
    br#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}"#.to_vec()
}

/// A record of a flow log that goes to Firehose directly.
fn message(number: u32) -> Vec<u8> {
    format!("{{\"message\":\"{}\"}}", line(number)).into_bytes()
}

/// What Firehose hands to HTTP endpoints and functions.
fn delivery(records: &[&[u8]]) -> Vec<u8> {
    let record = |data: &&[u8]| json!({"data": STANDARD.encode(data)});
    let records: Vec<_> = records.iter().map(record).collect();
    json!({"requestId": "r", "timestamp": 1, "records": records}).to_string().into_bytes()
}
