//! The one binary: a subcommand for each thing that weir does.

mod cli;
mod collect;
mod commands;
mod config;
mod demo;
mod generate;
mod replay;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    weir_runtime::finish(weir_runtime::init_logging(&cli.log_level).and_then(|()| run(cli)))
}

fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Replay(args) => commands::replay(*args),
        Command::Check(args) => config::check(&args),
        Command::Collect(args) => commands::collect(&args),
        Command::Generate(args) => commands::generate(args),
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
