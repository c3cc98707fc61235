//! The one binary: a subcommand for each thing that weir does.

mod cli;
mod collect;
mod commands;
mod config;
mod demo;
mod generate;
mod replay;
mod services;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use cli::{Cli, Command};

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    weir_runtime::finish(run(cli))
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let level = cli.log_level.as_deref();
    // A service logs as its configuration says.
    if !cli.command.is_service() {
        weir_runtime::init_logging(level.unwrap_or("warn"))?;
    }
    match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Replay(args) => commands::replay(*args),
        Command::Check(args) => config::check(&args),
        Command::Collect(args) => commands::collect(&args),
        Command::Generate(args) => commands::generate(args),
        Command::Exporter(args) => services::exporter(&args, level),
        Command::Enricher(args) => services::enricher(&args, level),
        Command::Console(args) => services::console(&args, level),
        #[cfg(feature = "aws")]
        Command::Discovery(args) => services::discovery(&args, level),
        #[cfg(feature = "aws")]
        Command::IngestCloudWatch(args) => services::ingest_cloudwatch(&args, level),
        #[cfg(feature = "aws")]
        Command::IngestKinesis(args) => services::ingest_kinesis(&args, level),
        #[cfg(feature = "aws")]
        Command::IngestS3(args) => services::ingest_s3(&args, level),
        Command::Tail(args) => services::tail(&args, level),
        Command::Run(args) => services::whole(&args, level),
        Command::Probe(args) => services::probe(&args),
    }
}

/// Prints clap's message: help is no error, everything else is bad usage (EX_USAGE).
fn usage(error: &clap::Error) -> ExitCode {
    // Where the terminal is gone there is nobody to tell.
    drop(error.print());
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => weir_runtime::ExitStatus::Usage.into(),
    }
}
