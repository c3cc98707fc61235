//! Other programs, and what they take.

use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use wait4::Wait4 as _;

use crate::measure::Sample;

/// What a program has said and taken.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Its standard output.
    pub(crate) output: String,
    /// What it took, its start included.
    pub(crate) sample: Sample,
}

/// Runs `program` to its end and keeps what it prints.
pub(crate) fn run(program: &Path, arguments: &[&str]) -> anyhow::Result<Outcome> {
    start(Command::new(program).args(arguments).stdout(Stdio::piped()))
        .with_context(|| format!("{} {}", program.display(), arguments.join(" ")))
}

/// Runs `program` to its end; what it prints is thrown away by the system.
pub(crate) fn run_silent(program: &str, arguments: &[&str]) -> anyhow::Result<Sample> {
    let outcome = start(Command::new(program).args(arguments).stdout(Stdio::null()));
    Ok(outcome.with_context(|| program.to_owned())?.sample)
}

fn start(command: &mut Command) -> anyhow::Result<Outcome> {
    // A file takes what is said on standard error, however much, and while no one reads it.
    let mut complaints = tempfile::tempfile()?;
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stderr(complaints.try_clone()?).spawn()?;
    let mut output = String::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut output)?;
    }
    let end = child.wait4()?;
    let wall = start.elapsed();
    if !end.status.success() {
        let mut text = String::new();
        complaints.rewind()?;
        complaints.read_to_string(&mut text)?;
        bail!("ended with {}: {text}", end.status);
    }
    let cpu = end.rusage.utime + end.rusage.stime;
    let sample = Sample { cpu, wall, peak_memory: end.rusage.maxrss };
    Ok(Outcome { output, sample })
}
