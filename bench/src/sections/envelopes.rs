//! Gzip batches of log events, as subscriptions of CloudWatch Logs send them: records of a stream,
//! and an object of Firehose with all of them.

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use anyhow::{bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use weir_flowlog::LogFormat;
use weir_inventory::log_formats::FlowLogFormat;
use weir_objects::{
    Buffers, Content, GzipUnpacker, Limits, ObjectReader, OneFormat, Unwrapper, Unwrapping,
};

use crate::environment::Environment;
use crate::figure::Figure;
use crate::measure::{Contestant, compete};

/// Lines of a batch.
const LINES: usize = 200;

/// Octets that a record may unpack to.
const LIMIT: usize = 64 << 20;

pub(crate) fn envelopes(environment: &Environment, rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let records = records(environment)?;
    let lines = environment.lines;
    let format = FlowLogFormat::new(Arc::new(LogFormat::vpc_default()), None);
    let formats = OneFormat::new(Arc::new(format));
    let octets: usize = records.iter().map(Vec::len).sum();
    let mut unpacker = GzipUnpacker::new();
    let unpack = || {
        for record in &records {
            black_box(unpacker.unpack(record, LIMIT)?.len());
        }
        Ok(())
    };
    let mut unwrapper = Unwrapper::new();
    let read = || {
        let mut events = 0;
        for record in &records {
            unwrapper.begin(LIMIT);
            let end = unwrapper.unwrap::<Infallible>(record, &mut |_, content| {
                if let Content::Batch(batch) = content {
                    events += batch.events.len() as u64;
                    black_box(batch.lines);
                }
                Ok(())
            });
            if let Err(Unwrapping::Failed(error)) = end {
                return Err(error.into());
            }
        }
        ensure!(events == lines, "{events} events of {lines}");
        Ok(())
    };
    let object = records.concat();
    let mut buffers = Buffers::new();
    let stream = || {
        let memory = std::mem::take(&mut buffers);
        let reader = ObjectReader::open_with(Cursor::new(&object), Limits::default(), memory)?;
        let ObjectReader::Envelopes(mut blocks) = reader else { bail!("no object of documents") };
        while let Some(block) = blocks.next_block(&formats)? {
            black_box(block.text.len());
        }
        ensure!(blocks.tally().events == lines, "{:?} of {lines}", blocks.tally());
        buffers = blocks.into_buffers();
        Ok(())
    };
    let contestants = [
        Contestant::on_this_thread(lines, unpack),
        Contestant::on_this_thread(lines, read),
        Contestant::on_this_thread(lines, stream),
    ];
    let [unpack, read, stream] = compete(rounds, contestants)?.map(|medians| medians.nanoseconds);
    let size = octets as f64 / lines as f64;
    let per_second = records.len() as f64 / (read * lines as f64) * 1e9;
    Ok(vec![
        Figure::cpu("weir, gunzip and batches to lines", read)
            .bar("at most 1000 ns")
            .note(format!("{size:.0} octets a line packed, {per_second:.0} batches/s/core")),
        Figure::cpu("the same from an object of Firehose, each event once, to blocks", stream)
            .bar("at most 1000 ns"),
        Figure::cpu("gunzip alone", unpack),
    ])
}

/// The lines of the environment in batches of one log stream each.
fn records(environment: &Environment) -> anyhow::Result<Vec<Vec<u8>>> {
    let blocks = environment.blocks()?;
    let lines: Vec<&str> = blocks
        .iter()
        .flat_map(|block| block.lines())
        .map(|line| std::str::from_utf8(line).map(str::trim_end))
        .collect::<Result<_, _>>()?;
    let batch = |(number, lines): (usize, &[&str])| {
        let event = |(place, message): (usize, &&str)| {
            let id = 31_953_106_606_966_983_378_809_025_079_804_211_u128;
            let id = format!("{}{:020}", id, number * LINES + place);
            json!({"id": id, "timestamp": 1_700_000_000_000_u64, "message": message})
        };
        let events: Vec<_> = lines.iter().enumerate().map(event).collect();
        let document = json!({
            "messageType": "DATA_MESSAGE",
            "owner": "123456789012",
            "logGroup": "/vpc/flows",
            "logStream": format!("eni-{number:017x}-all"),
            "subscriptionFilters": ["weir"],
            "logEvents": events,
        });
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(document.to_string().as_bytes())?;
        Ok(encoder.finish()?)
    };
    lines.chunks(LINES).enumerate().map(batch).collect()
}
