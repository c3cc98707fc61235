//! Records of a stream: gzip batches of log events, as subscriptions of CloudWatch Logs send them.

use std::hint::black_box;
use std::io::Write as _;

use anyhow::ensure;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use weir_flowlog::envelope::{Envelope, EnvelopeReader};
use weir_objects::GzipUnpacker;

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
    let octets: usize = records.iter().map(Vec::len).sum();
    let mut unpacker = GzipUnpacker::new();
    let unpack = || {
        for record in &records {
            black_box(unpacker.unpack(record, LIMIT)?.len());
        }
        Ok(())
    };
    let (mut other, mut reader) = (GzipUnpacker::new(), EnvelopeReader::new());
    let read = || {
        let mut events = 0;
        for record in &records {
            reader.read(other.unpack(record, LIMIT)?, |envelope| {
                if let Envelope::Batch(batch) = envelope {
                    events += batch.events.len() as u64;
                    black_box(batch.lines);
                }
            })?;
        }
        ensure!(events == lines, "{events} events of {lines}");
        Ok(())
    };
    let contestants =
        [Contestant::on_this_thread(lines, unpack), Contestant::on_this_thread(lines, read)];
    let [unpack, read] = compete(rounds, contestants)?.map(|medians| medians.nanoseconds);
    let size = octets as f64 / lines as f64;
    let per_second = records.len() as f64 / (read * lines as f64) * 1e9;
    Ok(vec![
        Figure::cpu("weir, gunzip and batches to lines", read)
            .bar("at most 1000 ns")
            .note(format!("{size:.0} octets a line packed, {per_second:.0} batches/s/core")),
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
