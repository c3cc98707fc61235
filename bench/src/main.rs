//! Measures how fast weir is, beside others on the same lines in the same run.
//!
//! Nothing here passes or fails: each figure is printed with the bar that it is held against.

mod conversations;
mod environment;
mod figure;
mod measure;
mod peers;
mod process;
mod sections;
mod service;
mod sink;

use std::path::PathBuf;

use anyhow::ensure;
use clap::{Parser, ValueEnum};

use environment::Environment;
use figure::Figure;

/// Measures weir: CPU time of each step for a record, and of the whole.
#[derive(Debug, Parser)]
struct Arguments {
    /// The weir program, built for release.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/weir"))]
    weir: PathBuf,
    /// What to measure; all by default.
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// How often everything is measured; the median counts.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Records of the flow logs that are replayed.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// Replay ten million records too, to see what memory that takes.
    #[arg(long)]
    long: bool,
    /// Print a JSON array instead of tables.
    #[arg(long)]
    json: bool,
}

/// In this order: a child's peak memory is at least what this process had when it began it, so
/// replays come while this process is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Section {
    /// The whole program from gzip objects.
    Replay,
    /// The services over gRPC, beside the whole program.
    Pipeline,
    /// Objects of a bucket, beside the same as files; weir must have the feature aws.
    S3,
    /// Events of log groups; weir must have the feature aws.
    Cloudwatch,
    /// Unpacking gzip, beside gzip.
    Unpack,
    /// Reading records of a stream: gunzip and batches of log events.
    Envelopes,
    /// Parsing lines, beside VRL and a plain parser.
    Parse,
    /// Packing records into IPFIX messages and sending them.
    Export,
    /// Enriching from a million addresses.
    Enrich,
    /// Counting a million conversations together over an interval, beside gzip.
    Reports,
}

impl Section {
    fn title(self) -> &'static str {
        match self {
            Self::Replay => "whole replay from gzip objects",
            Self::Pipeline => "three services over gRPC on loopback, from gzip objects",
            Self::S3 => "from S3 and SQS, as stand-ins on loopback",
            Self::Cloudwatch => "from CloudWatch Logs, as a stand-in on loopback",
            Self::Unpack => "unpack gzip objects",
            Self::Envelopes => "read records of a stream: gunzip and batches of log events",
            Self::Parse => "parse",
            Self::Export => "pack into IPFIX messages and send",
            Self::Enrich => "enrich from a million addresses and encode",
            Self::Reports => {
                "reports over an interval: a million conversations, two million records"
            }
        }
    }

    fn measure(self, arguments: &Arguments, flows: &Environment) -> anyhow::Result<Vec<Figure>> {
        let Arguments { weir, rounds, long, .. } = arguments;
        match self {
            Self::Replay => sections::replay(weir, flows, *rounds, *long),
            Self::Pipeline => sections::pipeline(weir, flows, *rounds),
            Self::S3 => sections::s3(weir, flows, *rounds),
            Self::Cloudwatch => sections::cloudwatch(weir, flows, *rounds),
            Self::Unpack => sections::unpack(flows, *rounds),
            Self::Envelopes => sections::envelopes(flows, *rounds),
            Self::Parse => sections::parse(weir, *rounds),
            Self::Export => sections::export(flows, *rounds),
            Self::Enrich => sections::enrich(weir, *rounds),
            Self::Reports => sections::reports(weir, flows, *rounds),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::parse();
    let weir = &arguments.weir;
    ensure!(weir.exists(), "there is no {}: `make bench` builds it first", weir.display());
    if arguments.sections.is_empty() {
        arguments.sections = Section::value_variants().to_vec();
    }
    arguments.sections.sort_unstable();
    arguments.sections.dedup();
    let flows = Environment::generate(weir, &["--records", &arguments.records.to_string()])?;
    let mut all = Vec::new();
    for section in &arguments.sections {
        let figures = section.measure(&arguments, &flows)?;
        if !arguments.json {
            figure::print_table(section.title(), &figures);
        }
        all.extend(figures.iter().map(|figure| figure.to_json(*section)));
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    }
    Ok(())
}
