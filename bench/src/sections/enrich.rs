//! Enriching and encoding with a million addresses in the index.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use weir_delivery::Origin;
use weir_enricher::Enricher;
use weir_flowlog::BlockParser;
use weir_inventory::{FallbackExporter, Inventory, Snapshot};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair};

use super::{enrich_block, parse_blocks};
use crate::environment::{Block, Environment};
use crate::figure::{Figure, Value};
use crate::measure::{Contestant, compete};

/// 200 VPCs. Some instances have more than one address.
const ENVIRONMENT: [&str; 8] =
    ["--records", "400000", "--instances", "900000", "--accounts", "20", "--vpcs", "10"];

pub(crate) fn enrich(weir: &Path, rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let environment = Environment::generate(weir, &ENVIRONMENT)?;
    let snapshot = Arc::new(snapshot(&environment)?);
    let even = environment.blocks()?;
    let uneven = uneven(&even);
    let counts = snapshot.counts();
    let memory = Figure::new("index in memory", Value::Memory(snapshot.memory_bytes() as u64))
        .bar("< 300 MB")
        .note(format!("{} addresses, {} interfaces", counts.addresses, counts.interfaces));
    let mut figures = vec![memory];
    for (name, blocks) in [("some interfaces busy", &uneven), ("all alike", &even)] {
        figures.extend(compare(name, &snapshot, blocks, rounds)?);
    }
    Ok(figures)
}

/// As many lines of each object, drawn from its own by Zipf's law with exponent 1: each tenfold of
/// lines is drawn as often as the next, so that some interfaces have hundreds of them.
fn uneven(blocks: &[Block]) -> Vec<Block> {
    let mut random = 1_u64;
    let mut rank = |count: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let unit = (random >> 11) as f64 / (1_u64 << 53) as f64;
        (count as f64).powf(unit) as usize % count
    };
    let mut drawn = Vec::with_capacity(blocks.len());
    for object in blocks.chunk_by(|block, next| Arc::ptr_eq(&block.format, &next.format)) {
        let lines: Vec<&[u8]> = object.iter().flat_map(Block::lines).collect();
        drawn.extend(object.iter().map(|block| Block {
            header: Arc::clone(&block.header),
            format: Arc::clone(&block.format),
            text: block.lines().flat_map(|_| lines[rank(lines.len())]).copied().collect(),
        }));
    }
    drawn
}

fn snapshot(environment: &Environment) -> anyhow::Result<Snapshot> {
    let inventory = Inventory::from_json(&fs::read(environment.inventory())?)?;
    Ok(Snapshot::build(&inventory, &FallbackExporter::default())?)
}

fn compare(
    name: &str,
    snapshot: &Arc<Snapshot>,
    blocks: &[Block],
    rounds: u32,
) -> anyhow::Result<[Figure; 3]> {
    let lines = blocks.iter().map(|block| block.lines().count() as u64).sum();
    let layouts = Arc::new(LayoutPair::new(DEFAULT_ENTERPRISE_NUMBER));
    let mut enricher = Enricher::new(layouts, Arc::clone(snapshot));
    let mut parser = BlockParser::new();
    let origin = Arc::new(Origin::default());
    let parse = || {
        ensure!(parse_blocks(&mut parser, blocks).0 == lines, "lines are missing");
        Ok(())
    };
    let enrich = || {
        for block in blocks {
            let run = black_box(enrich_block(&mut enricher, block, &origin));
            ensure!(run.tally.unknown_vpc == 0, "the inventory does not fit the lines");
            // As a replay does once the exporter has written the run.
            enricher.recycle(run.groups);
        }
        Ok(())
    };
    let contestants =
        [Contestant::on_this_thread(lines, parse), Contestant::on_this_thread(lines, enrich)];
    let [parse, both] = compete(rounds, contestants)?.map(|medians| medians.nanoseconds);
    Ok([
        Figure::cpu(format!("{name}: enrich and encode"), (both - parse).max(0.0))
            .bar("≤ 250 ns")
            .note("the difference of the next two"),
        Figure::cpu("  parse, enrich and encode", both),
        Figure::cpu("  parse alone", parse),
    ])
}
