//! A long-running service of weir, from its start to its end.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use wait4::Wait4 as _;

use crate::measure::Sample;

/// A service that is listening.
pub(crate) struct Service {
    child: Child,
    start: Instant,
    /// Where its peers connect; people, where it has no peers.
    pub(crate) data: String,
    /// Reads what it logs, so that it never waits for that.
    logs: JoinHandle<()>,
}

impl Service {
    /// Starts `weir NAME --config FILE` under variables that override the file, and waits until
    /// it listens.
    pub(crate) fn start(
        weir: &Path,
        name: &str,
        config: &Path,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(weir);
        command.arg(name).arg("--config").arg(config).envs(variables.iter().copied());
        command.env("WEIR__TELEMETRY__LOG_FORM", "json");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let start = Instant::now();
        let mut child = command.spawn().with_context(|| name.to_owned())?;
        let mut lines = BufReader::new(child.stderr.take().context("standard error")?).lines();
        let data = lines.by_ref().map_while(Result::ok).find_map(|line| address(&line));
        let data = data.with_context(|| format!("weir {name} ended before it listened"))?;
        let logs = std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, start, data, logs })
    }

    /// Asks it to end, and tells what it took.
    pub(crate) fn finish(self) -> anyhow::Result<Sample> {
        let pid = Pid::from_raw(self.child.id().try_into()?).context("a process id")?;
        kill_process(pid, Signal::TERM)?;
        let end = self.child.wait4()?;
        let wall = self.start.elapsed();
        ensure!(end.status.success(), "a service ended with {}", end.status);
        drop(self.logs.join());
        let cpu = end.rusage.utime + end.rusage.stime;
        Ok(Sample { cpu, wall, peak_memory: end.rusage.maxrss })
    }
}

/// The address in the line that tells where it listens.
fn address(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields")?;
    let address = fields.get("data").or_else(|| fields.get("admin"))?.as_str()?;
    Some(format!("http://{address}"))
}
