//! Parsing, beside VRL and a plain parser.

use std::path::Path;
use std::str;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use weir_flowlog::BlockParser;

use super::parse_blocks;
use crate::environment::{Block, Environment};
use crate::figure::Figure;
use crate::measure::{Contestant, compete};
use crate::peers::{SplitParser, VrlParser};

const RECORDS: &str = "100000";

pub(crate) fn parse(weir: &Path, rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let formats = [
        ("v5", "version 5, 29 fields", "≤ 250 ns, ≥ 12 × VRL"),
        ("v2", "version 2, 14 fields", ""),
    ];
    let mut figures = Vec::new();
    for (version, name, bar) in formats {
        let environment =
            Environment::generate(weir, &["--records", RECORDS, "--fields", version])?;
        figures.extend(one_format(&environment, rounds, name, bar)?);
    }
    Ok(figures)
}

fn one_format(
    environment: &Environment,
    rounds: u32,
    name: &str,
    bar: &'static str,
) -> anyhow::Result<[Figure; 3]> {
    let blocks = environment.blocks()?;
    let header = &blocks.first().context("no lines were generated")?.header;
    let mut parser = BlockParser::new();
    let split = SplitParser::new(header);
    let mut vrl = VrlParser::new(header)?;
    let messages = messages(&blocks);
    let lines = environment.lines;
    let expected = parse_blocks(&mut parser, &blocks);
    ensure!(expected.0 == lines, "weir reads {} of {lines} lines", expected.0);
    let agree = |sum| {
        ensure!(sum == expected.1, "the parsers differ: {sum} bytes or {} bytes", expected.1);
        Ok(())
    };
    let contestants = [
        Contestant::on_this_thread(lines, || agree(parse_blocks(&mut parser, &blocks).1)),
        Contestant::on_this_thread(lines, || agree(vrl.sum_bytes(&messages)?)),
        Contestant::on_this_thread(lines, || agree(sum_by_split(&split, &blocks)?)),
    ];
    let [ours, vrl, split] = compete(rounds, contestants)?.map(|medians| medians.nanoseconds);
    let octets: usize = blocks.iter().map(|block| block.text.len()).sum();
    let note = format!("{:.0} octets a line", octets as f64 / lines as f64);
    Ok([
        Figure::cpu(name, ours).beside("VRL", vrl).bar(bar).note(note),
        Figure::cpu("  VRL parse_aws_vpc_flow_log", vrl),
        Figure::cpu("  split at blanks, owned strings", split).beside("VRL", vrl),
    ])
}

/// Each line as a message of its own, without a copy.
fn messages(blocks: &[Block]) -> Vec<Bytes> {
    let mut messages = Vec::new();
    for block in blocks {
        let text = Bytes::from(block.text.clone());
        let lines = text.split(|octet| *octet == b'\n').filter(|line| !line.is_empty());
        messages.extend(lines.map(|line| text.slice_ref(line)));
    }
    messages
}

fn sum_by_split(parser: &SplitParser, blocks: &[Block]) -> anyhow::Result<u64> {
    blocks.iter().try_fold(0, |sum, block| {
        let text = str::from_utf8(&block.text)?;
        Ok(sum + parser.sum_bytes(text).context("a line that the plain parser cannot read")?)
    })
}
