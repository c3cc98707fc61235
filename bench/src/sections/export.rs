//! Packing records into IPFIX messages, and sending them over UDP.

use std::cell::Cell;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::time::ClockId;
use weir_delivery::{EnrichedRun, Origin};
use weir_enricher::Enricher;
use weir_exporter::{
    CollectorConfig, DEFAULT_MAX_PACKET_SIZE, DEFAULT_TEMPLATE_INTERVAL, Exporter, ExporterConfig,
};
use weir_inventory::{FallbackExporter, Inventory, Snapshot};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair, Packer, PackerOptions, Projection};

use super::enrich_block;
use crate::environment::Environment;
use crate::figure::Figure;
use crate::measure::{Contestant, Sample, compete, cpu_time};
use crate::sink::{Reader, Received, Sink};

/// Blocks whose records are sent again and again: about 100,000 records.
const BLOCKS: usize = 100;

pub(crate) fn export(environment: &Environment, rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let layouts = Arc::new(LayoutPair::new(DEFAULT_ENTERPRISE_NUMBER));
    let runs = runs(environment, &layouts)?;
    let mut figures = pack(&runs, &layouts, rounds)?;
    figures.extend(send(&runs, rounds)?);
    Ok(figures)
}

fn runs(environment: &Environment, layouts: &Arc<LayoutPair>) -> anyhow::Result<Vec<EnrichedRun>> {
    let inventory = Inventory::from_json(&fs::read(environment.inventory())?)?;
    let snapshot = Arc::new(Snapshot::build(&inventory, &FallbackExporter::default())?);
    let mut enricher = Enricher::new(Arc::clone(layouts), snapshot);
    let origin = Arc::new(Origin::default());
    let blocks = environment.blocks()?;
    let runs = blocks.iter().take(BLOCKS).map(|block| enrich_block(&mut enricher, block, &origin));
    Ok(runs.collect())
}

fn records(runs: &[EnrichedRun]) -> u64 {
    runs.iter().map(|run| run.records() as u64).sum()
}

fn pack(runs: &[EnrichedRun], layouts: &LayoutPair, rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let records = records(runs);
    let mut octets = [0; 2];
    let [plain_octets, padded_octets] = &mut octets;
    let contestants = [
        Contestant::on_this_thread(records, || {
            *plain_octets = pack_all(runs, layouts, false)?;
            Ok(())
        }),
        Contestant::on_this_thread(records, || {
            *padded_octets = pack_all(runs, layouts, true)?;
            Ok(())
        }),
    ];
    let medians = compete(rounds, contestants)?;
    let names = ["pack", "pack, messages filled to one length"];
    let figures = names.into_iter().zip(medians).zip(octets).map(|((name, medians), octets)| {
        let note = format!("{:.0} octets a record", octets as f64 / records as f64);
        Figure::cpu(name, medians.nanoseconds).note(note)
    });
    Ok(figures.collect())
}

/// Packs all records in one session and tells how many octets the messages have.
fn pack_all(runs: &[EnrichedRun], layouts: &LayoutPair, padded: bool) -> anyhow::Result<usize> {
    let mut packer = Packer::new(PackerOptions {
        max_message_length: DEFAULT_MAX_PACKET_SIZE,
        max_records_per_message: u32::MAX,
        template_interval: DEFAULT_TEMPLATE_INTERVAL,
        padded,
    });
    for layout in [&layouts.v4, &layouts.v6] {
        packer.add_template(layout, Projection::whole(layout))?;
    }
    let mut octets = 0;
    for run in runs {
        for group in &run.groups {
            let layout = layouts.by_revision(group.revision).context("an unknown layout")?;
            packer.pack(group, layout, Duration::ZERO)?;
        }
        packer.flush();
        octets += packer.messages().octets();
        packer.messages().clear();
    }
    Ok(octets)
}

/// Who takes the messages.
#[derive(Clone, Copy)]
enum Collector {
    /// No one: the exporter has nothing to write to.
    None,
    /// A socket that no one reads.
    Unread { segmented: bool },
    /// A socket that a thread of this process reads, whose CPU time is not counted in.
    Read { segmented: bool },
}

fn send(runs: &[EnrichedRun], rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let records = records(runs);
    let collectors = [
        Collector::None,
        Collector::Unread { segmented: true },
        Collector::Unread { segmented: false },
        Collector::Read { segmented: true },
        Collector::Read { segmented: false },
    ];
    let shares = [const { Cell::new(0.0) }; 5];
    let contestants = std::array::from_fn(|at| {
        let (collector, share) = (collectors[at], &shares[at]);
        Contestant::new(records, move || {
            let (sample, received) = send_all(runs, collector)?;
            share.set(received);
            Ok(sample)
        })
    });
    let [none, unread, unread_plain, read, read_plain] =
        compete(rounds, contestants)?.map(|medians| medians.nanoseconds);
    let [.., share, share_plain] = shares.map(Cell::into_inner);
    let figure = |name: &str, nanoseconds: f64| Figure::cpu(name, (nanoseconds - none).max(0.0));
    let received = |share: f64| format!("{:.0} % of the datagrams received", share * 100.0);
    Ok(vec![
        figure("pack and send, segmented, not read", unread).beside("plain", unread_plain - none),
        figure("pack and send, plain, not read", unread_plain),
        figure("pack and send, segmented, read", read)
            .beside("plain", read_plain - none)
            .note(received(share)),
        figure("pack and send, plain, read", read_plain).note(received(share_plain)),
    ])
}

/// Lets an exporter write all runs. Tells which share of the datagrams was received.
fn send_all(runs: &[EnrichedRun], collector: Collector) -> anyhow::Result<(Sample, f64)> {
    let sink = Sink::bind()?;
    let config = exporter_config(&sink, collector)?;
    // The exporter keeps what it is given: copies are made before the clock starts.
    let copies = runs.to_vec();
    let (start, cpu) = (Instant::now(), cpu_time(ClockId::ProcessCPUTime));
    let reader = matches!(collector, Collector::Read { .. }).then(|| sink.read()).transpose()?;
    let exporter = Exporter::start(&config, Arc::new(drop))?;
    for run in copies {
        exporter.submit(run)?;
    }
    let report = exporter.finish()?;
    let wall = start.elapsed();
    let Received { datagrams, cpu: of_reader } =
        reader.map(Reader::finish).transpose()?.unwrap_or_default();
    let cpu = (cpu_time(ClockId::ProcessCPUTime) - cpu).saturating_sub(of_reader);
    let share = datagrams as f64 / report.messages() as f64;
    Ok((Sample { cpu, wall, ..Sample::default() }, share))
}

fn exporter_config(sink: &Sink, collector: Collector) -> anyhow::Result<ExporterConfig> {
    let segmented = match collector {
        Collector::None => return Ok(ExporterConfig::default()),
        Collector::Unread { segmented } | Collector::Read { segmented } => segmented,
    };
    let mut config = CollectorConfig::new(sink.address()?.parse()?);
    config.segmentation_offload = segmented;
    Ok(ExporterConfig { collectors: vec![config], ..ExporterConfig::default() })
}
