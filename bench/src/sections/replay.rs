//! The whole program, beside gzip.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::environment::Environment;
use crate::figure::{Figure, Value};
use crate::measure::{Contestant, Sample, compete};
use crate::process::{run, run_silent};
use crate::sink::Sink;

const MANY_RECORDS: &str = "10000000";

pub(crate) fn replay(
    weir: &Path,
    environment: &Environment,
    rounds: u32,
    long: bool,
) -> anyhow::Result<Vec<Figure>> {
    let mut figures = compare(weir, environment, rounds)?;
    if long {
        let many = Environment::generate(weir, &["--records", MANY_RECORDS])?;
        let sample = Replay { weir, environment: &many, workers: "2", collector: None }.run()?;
        let name = format!("2 workers, no output, {} lines: peak memory", many.lines);
        figures.push(peak_memory(name, sample.peak_memory).bar("< 300 MB"));
    }
    Ok(figures)
}

/// One replay of all flow logs of an environment.
#[derive(Clone, Copy)]
pub(super) struct Replay<'a> {
    pub(super) weir: &'a Path,
    pub(super) environment: &'a Environment,
    pub(super) workers: &'a str,
    /// An IPFIX collector; without one, records are only counted.
    pub(super) collector: Option<&'a str>,
}

/// What is read of the summary.
#[derive(Deserialize)]
struct Summary {
    records_read: u64,
    messages: u64,
}

impl Replay<'_> {
    pub(super) fn run(self) -> anyhow::Result<Sample> {
        self.run_to_summary().map(|(sample, _)| sample)
    }

    fn run_to_summary(self) -> anyhow::Result<(Sample, Summary)> {
        let flow_logs = self.environment.flow_logs();
        let inventory = self.environment.inventory();
        let (flow_logs, inventory) = (flow_logs.to_string_lossy(), inventory.to_string_lossy());
        let mut arguments = vec!["replay", &*flow_logs, "--inventory", &*inventory];
        arguments.extend(["--workers", self.workers, "--summary", "json"]);
        if let Some(collector) = self.collector {
            arguments.extend(["--collector", collector]);
        }
        let outcome = run(self.weir, &arguments)?;
        let last = outcome.output.lines().last().context("no summary")?;
        let summary: Summary = serde_json::from_str(last)?;
        let (read, lines) = (summary.records_read, self.environment.lines);
        ensure!(read == lines, "the replay read {read} of {lines} lines");
        Ok((outcome.sample, summary))
    }

    /// Replays while a thread of this process reads what is sent; tells the share received too.
    fn run_read(self, sink: &Sink, share: &mut f64) -> anyhow::Result<Sample> {
        let reader = sink.read()?;
        let (sample, summary) = self.run_to_summary()?;
        *share = reader.finish()?.datagrams as f64 / summary.messages as f64;
        Ok(sample)
    }
}

fn compare(weir: &Path, environment: &Environment, rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let (unread, read) = (Sink::bind()?, Sink::bind()?);
    let (unread_address, read_address) = (unread.address()?, read.address()?);
    let flow_logs = environment.flow_logs();
    let lines = environment.lines;
    let one = Replay { weir, environment, workers: "1", collector: None };
    let two = Replay { workers: "2", ..one };
    let one_unread = Replay { collector: Some(&unread_address), ..one };
    let one_read = Replay { collector: Some(&read_address), ..one };
    let two_unread = Replay { workers: "2", ..one_unread };
    let two_read = Replay { workers: "2", ..one_read };
    let (mut share, mut share_of_two) = (0.0, 0.0);
    let contestants = [
        Contestant::new(lines, || run_silent("gzip", &["-dcr", &flow_logs.to_string_lossy()])),
        Contestant::new(lines, || one.run()),
        Contestant::new(lines, || one_unread.run()),
        Contestant::new(lines, || one_read.run_read(&read, &mut share)),
        Contestant::new(lines, || two.run()),
        Contestant::new(lines, || two_unread.run()),
        Contestant::new(lines, || two_read.run_read(&read, &mut share_of_two)),
    ];
    let [gzip, one, one_unread, one_read, two, two_unread, two_read] =
        compete(rounds, contestants)?;
    let cpu = |name, nanoseconds| Figure::cpu(name, nanoseconds).beside("gzip", gzip.nanoseconds);
    let wall = |name, rate| Figure::new(name, Value::RecordsPerSecond(rate));
    let received = |share: f64| format!("{:.0} % of the datagrams received", share * 100.0);
    Ok(vec![
        Figure::cpu("gzip -dc", gzip.nanoseconds),
        cpu("1 worker, no output", one.nanoseconds),
        cpu("1 worker, UDP, not read", one_unread.nanoseconds).bar("≤ 900 ns, less than gzip"),
        cpu("1 worker, UDP, read", one_read.nanoseconds).note(received(share)),
        wall("2 workers, no output: passed time", two.records_per_second).bar("≥ 1.5 M/s"),
        wall("2 workers, UDP, not read: passed time", two_unread.records_per_second),
        wall("2 workers, UDP, read: passed time", two_read.records_per_second)
            .note(received(share_of_two)),
        peak_memory("2 workers, UDP, read: peak memory", two_read.peak_memory),
    ])
}

/// The system begins a child's peak with its parent's: the bench's own, if that is larger.
fn peak_memory(name: impl Into<String>, octets: u64) -> Figure {
    Figure::new(name, Value::Memory(octets)).note("or less")
}
