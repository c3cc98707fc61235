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
    let blocks = environment.blocks()?;
    let counts = snapshot.counts();
    let memory = Figure::new("index in memory", Value::Memory(snapshot.memory_bytes() as u64))
        .bar("< 300 MB")
        .note(format!("{} addresses, {} interfaces", counts.addresses, counts.interfaces));
    let mut figures = vec![memory];
    figures.extend(compare(&snapshot, &blocks, environment.lines, rounds)?);
    Ok(figures)
}

fn snapshot(environment: &Environment) -> anyhow::Result<Snapshot> {
    let inventory = Inventory::from_json(&fs::read(environment.inventory())?)?;
    Ok(Snapshot::build(&inventory, &FallbackExporter::default())?)
}

fn compare(
    snapshot: &Arc<Snapshot>,
    blocks: &[Block],
    lines: u64,
    rounds: u32,
) -> anyhow::Result<[Figure; 3]> {
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
        }
        Ok(())
    };
    let contestants =
        [Contestant::on_this_thread(lines, parse), Contestant::on_this_thread(lines, enrich)];
    let [parse, both] = compete(rounds, contestants)?.map(|medians| medians.nanoseconds);
    Ok([
        Figure::cpu("parse alone", parse),
        Figure::cpu("parse, enrich and encode", both),
        Figure::cpu("the difference", (both - parse).max(0.0)).bar("≤ 250 ns"),
    ])
}
