//! Records counted together over an interval.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::time::ClockId;
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair};
use weir_report::{Extent, JsonWriter, Report, Window, WindowOptions};

use crate::conversations::runs;
use crate::environment::Environment;
use crate::figure::{Figure, Value};
use crate::measure::{Contestant, Sample, compete, cpu_time};
use crate::process::{run, run_silent};

/// Distinct conversations of one window, with a record each way.
const CONVERSATIONS: u32 = 1_000_000;
/// What 3 TB of text a day makes of an interval of 30 s: 135,000 records a second.
const RECORDS_OF_INTERVAL: &str = "4050000";

pub(crate) fn reports(
    weir: &Path,
    environment: &Environment,
    rounds: u32,
) -> anyhow::Result<Vec<Figure>> {
    // First: the system begins a child's peak with its parent's.
    let memory = memory_of_interval(weir)?;
    let mut figures = vec![];
    let flow_logs = environment.flow_logs();
    let lines = environment.lines;
    for report in [Report::Conversations, Report::TopTraffic] {
        let mut last = Measured::default();
        let mut parts = [(); 3].map(|()| Vec::new());
        let both = || {
            last = measure(report)?;
            for (times, time) in parts.iter_mut().zip([last.counting, last.closing, last.text]) {
                times.push(time);
            }
            let cpu = last.counting + last.closing;
            Ok(Sample { cpu, wall: last.wall, ..Sample::default() })
        };
        let gzip = || run_silent("gzip", &["-dcr", &flow_logs.to_string_lossy()]);
        let records = u64::from(2 * CONVERSATIONS);
        let contestants = [Contestant::new(records, both), Contestant::new(lines, gzip)];
        let [both, gzip] = compete(rounds, contestants)?.map(|medians| medians.nanoseconds);
        let [counting, closing, text] = parts.map(|times| median_of_record(times, records));
        let number = report.number();
        let Measured { entries, rows, octets, .. } = last;
        figures.extend([
            Figure::cpu(format!("{number}: count, close and make rows"), both)
                .beside("gzip", gzip)
                .bar("≤ 350 ns")
                .note(format!("{counting:.0} ns to count, {closing:.0} ns to close")),
            Figure::cpu(format!("  {rows} rows as JSON, for each record"), text),
            Figure::new("  memory of an entry", Value::Octets(octets as f64 / entries as f64))
                .bar("≤ 200 octets")
                .note(format!("{entries} entries, texts and index counted in")),
        ]);
    }
    figures.extend(memory);
    Ok(figures)
}

/// What one window took.
#[derive(Clone, Copy, Default)]
struct Measured {
    counting: Duration,
    closing: Duration,
    text: Duration,
    wall: Duration,
    entries: usize,
    rows: usize,
    octets: usize,
}

fn measure(report: Report) -> anyhow::Result<Measured> {
    let options = WindowOptions { max_octets: 4 << 30, ..WindowOptions::new(report) };
    let records = LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &options.record_elements());
    let rows = Arc::new(options.row_layouts(DEFAULT_ENTERPRISE_NUMBER));
    let mut window = Window::new(options, &records, Arc::clone(&rows));
    let mut measured = Measured::default();
    let start = Instant::now();
    for group in runs(&records, CONVERSATIONS) {
        measured.counting += cpu_of(|| {
            window.add(group.observation_domain_id, group.checked_records(&records.v4));
        });
    }
    (measured.entries, measured.octets) = (window.len(), window.octets());
    let mut closed = None;
    measured.closing += cpu_of(|| closed = Some(window.close(Duration::ZERO, Extent::All)));
    let mut closed = closed.context("it is closed")?;
    let mut writer = JsonWriter::new(&rows, report, &report.row_fields());
    let mut text = Vec::new();
    loop {
        let mut groups = None;
        measured.closing += cpu_of(|| groups = closed.next_batch());
        let Some(groups) = groups else { break };
        for group in &groups {
            text.clear();
            measured.text += cpu_of(|| {
                group.checked_records(&rows.v4).for_each(|row| writer.write(&row, &mut text));
            });
            measured.rows += group.len();
        }
    }
    measured.wall = start.elapsed();
    Ok(measured)
}

fn cpu_of(work: impl FnOnce()) -> Duration {
    let before = cpu_time(ClockId::ThreadCPUTime);
    work();
    cpu_time(ClockId::ThreadCPUTime) - before
}

/// The first time only warmed up.
fn median_of_record(mut times: Vec<Duration>, records: u64) -> f64 {
    times.remove(0);
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    median.as_nanos() as f64 / records as f64
}

/// Replays an interval's records of generated traffic into one window, in a process of its own.
fn memory_of_interval(weir: &Path) -> anyhow::Result<Vec<Figure>> {
    let generate = ["--records", RECORDS_OF_INTERVAL, "--instances", "100000"];
    let environment = Environment::generate(weir, &[&generate[..], &SIZE].concat())?;
    let without = peak_of_replay(weir, &environment, None)?;
    let mut figures = vec![peak("replay of an interval's records without a report", without)];
    for report in ["20062", "20267"] {
        let peak_memory = peak_of_replay(weir, &environment, Some(report))?;
        figures.push(peak(&format!("{report} of 135,000 records/s for 30 s"), peak_memory));
    }
    Ok(figures)
}

const SIZE: [&str; 4] = ["--accounts", "20", "--vpcs", "10"];

fn peak(name: &str, octets: u64) -> Figure {
    Figure::new(format!("{name}: peak memory"), Value::Memory(octets))
}

fn peak_of_replay(
    weir: &Path,
    environment: &Environment,
    report: Option<&str>,
) -> anyhow::Result<u64> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("weir.toml");
    let output = report.map_or(String::new(), |report| {
        format!(
            "[[exporter.outputs]]\ntarget = \"jsonl:/dev/null\"\nreport = \"{report}\"\n\
             interval = \"30m\"\nmemory = \"4GiB\"\n"
        )
    });
    fs::write(&config, output)?;
    let paths = [&environment.flow_logs(), &environment.inventory(), &config];
    let [flow_logs, inventory, config] = paths.map(|path| path.to_string_lossy());
    let arguments = ["replay", &flow_logs, "--inventory", &inventory, "--config", &config];
    let outcome = run(weir, &arguments)?;
    ensure!(outcome.sample.peak_memory > 0, "no peak memory");
    Ok(outcome.sample.peak_memory)
}
