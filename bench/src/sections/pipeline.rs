//! The services, each in a process of its own, beside the whole in one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

use super::replay::Replay;
use crate::environment::Environment;
use crate::figure::{Figure, Value};
use crate::measure::{Contestant, Medians, Sample, compete};
use crate::process::run;
use crate::service::Service;
use crate::sink::Sink;

/// What all three services are told.
const CONFIG: &str = "
[rpc]
plaintext = true
[exporter]
listen = '127.0.0.1:0'
admin_listen = '127.0.0.1:0'
[enricher]
listen = '127.0.0.1:0'
admin_listen = '127.0.0.1:0'
[tail]
admin_listen = '127.0.0.1:0'
interval = '50ms'
";

/// What each stage took.
#[derive(Clone, Copy, Default)]
struct Stages {
    tail: Sample,
    enricher: Sample,
    exporter: Sample,
}

struct Pipeline<'a> {
    weir: &'a Path,
    environment: &'a Environment,
    folder: TempDir,
    collector: String,
}

pub(crate) fn pipeline(
    weir: &Path,
    flows: &Environment,
    rounds: u32,
) -> anyhow::Result<Vec<Figure>> {
    let (sink, folder) = (Sink::bind()?, tempfile::tempdir()?);
    fs::write(folder.path().join("weir.toml"), CONFIG)?;
    let collector = sink.address()?;
    let pipeline = Pipeline { weir, environment: flows, folder, collector };
    let collector = Some(pipeline.collector.as_str());
    let one_process = Replay { weir, environment: flows, workers: "1", collector };
    let mut stages = Vec::new();
    let contestants = [
        Contestant::new(flows.lines, || one_process.run()),
        Contestant::new(flows.lines, || {
            let taken = pipeline.run()?;
            stages.push(taken);
            Ok(taken.sum())
        }),
    ];
    let [one_process, sum] = compete(rounds, contestants)?;
    let lines = flows.lines as f64;
    let of = |stage: fn(&Stages) -> Sample| {
        // The first round only warms up.
        let mut cpu: Vec<_> = stages.iter().skip(1).map(|taken| stage(taken).cpu).collect();
        cpu.sort_unstable();
        cpu.get(cpu.len() / 2).copied().unwrap_or_default().as_nanos() as f64 / lines
    };
    let peak = |stage: fn(&Stages) -> Sample| {
        Value::Memory(stages.iter().map(|taken| stage(taken).peak_memory).max().unwrap_or(0))
    };
    Ok(vec![
        Figure::cpu("all in one process (replay, UDP)", one_process.nanoseconds),
        Figure::cpu("tail", of(|taken| taken.tail)),
        Figure::cpu("enricher", of(|taken| taken.enricher)),
        Figure::cpu("exporter", of(|taken| taken.exporter)),
        Figure::cpu("the three together", sum.nanoseconds).bar("≤ 1500 ns"),
        hops(one_process, sum),
        Figure::new("passed time", Value::RecordsPerSecond(sum.records_per_second))
            .bar("≥ 0.9 M/s"),
        Figure::new("tail: peak memory", peak(|taken| taken.tail)),
        Figure::new("enricher: peak memory", peak(|taken| taken.enricher)),
        Figure::new("exporter: peak memory", peak(|taken| taken.exporter)),
    ])
}

/// What is left of the sum once the work itself is taken off.
fn hops(one_process: Medians, sum: Medians) -> Figure {
    let hops = (sum.nanoseconds - one_process.nanoseconds).max(0.0);
    Figure::cpu("the two hops: the sum less one process", hops).bar("≤ 400 ns")
}

impl Stages {
    /// The CPU time of all three, over the time that the source took.
    fn sum(self) -> Sample {
        let cpu = self.tail.cpu + self.enricher.cpu + self.exporter.cpu;
        Sample { cpu, ..self.tail }
    }
}

impl Pipeline<'_> {
    fn config(&self) -> PathBuf {
        self.folder.path().join("weir.toml")
    }

    /// Sends all flow logs of the environment through three processes.
    fn run(&self) -> anyhow::Result<Stages> {
        let config = self.config();
        let collectors = format!("[{{address = '{}'}}]", self.collector);
        let variables = [("WEIR__EXPORTER__COLLECTORS", collectors.as_str())];
        let exporter = Service::start(self.weir, "exporter", &config, &variables)?;
        let inventory = self.environment.inventory();
        let variables = [
            ("WEIR__ENRICHER__EXPORTER", exporter.data.as_str()),
            ("WEIR__ENRICHER__THREADS", "1"),
            ("WEIR__INVENTORY__FILE", inventory.to_str().context("a path that is no text")?),
        ];
        let enricher = Service::start(self.weir, "enricher", &config, &variables)?;
        let flow_logs = self.environment.flow_logs();
        let (flow_logs, config) = (flow_logs.to_string_lossy(), config.to_string_lossy());
        let arguments =
            ["tail", &*flow_logs, "--once", "--config", &*config, "--enricher", &*enricher.data];
        let tail = run(self.weir, &arguments)?.sample;
        Ok(Stages { tail, enricher: enricher.finish()?, exporter: exporter.finish()? })
    }
}
