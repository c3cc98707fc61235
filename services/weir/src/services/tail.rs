//! `weir tail`: a watched folder through enrichers in other processes.

use std::path::PathBuf;

use anyhow::anyhow;
use weir_ingest::folder::FolderMode;
use weir_rpc::endpoints::TargetSource;
use weir_runtime::usage;

use super::folder::{self, Folder};
use super::source::serve;
use super::{ServiceArgs, run, security};
use crate::config::Config;

/// Which folder to watch.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  weir tail flows/AWSLogs --config weir.toml
  weir tail flows/AWSLogs --once --enricher http://127.0.0.1:4470 --config weir.toml

Files are read as weir replay reads them; text files are followed while they grow. Names that begin
with . or end in .tmp or .part are left out. With `file` in [store], a restart goes on where it
was; without, everything is read again.")]
pub(crate) struct TailArgs {
    #[command(flatten)]
    pub(crate) folder: FolderArgs,
    /// Send to this enricher; may be given several times, and goes over `enrichers` in `[tail]`. A name
    /// stands for all its addresses; file:PATH is a file with one URL on a line.
    #[arg(long, value_name = "URL")]
    enricher: Vec<TargetSource>,
}

/// What `weir tail` and `weir run` have in common.
#[derive(Debug, clap::Args)]
pub(crate) struct FolderArgs {
    /// The folder; it goes over `folder` in `[tail]`.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// End when everything that is there now is delivered, instead of watching on.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

impl FolderArgs {
    /// The folder to read.
    pub(super) fn folder(&self, config: &Config) -> anyhow::Result<Folder> {
        self.folder_if_any(config).ok_or_else(|| {
            usage(anyhow!("no folder: give DIR, or `folder` in [tail] of the configuration"))
        })
    }

    /// The folder to read, where there is one.
    pub(super) fn folder_if_any(&self, config: &Config) -> Option<Folder> {
        let root = self.folder.clone().or_else(|| config.services.tail.folder.clone())?;
        let mode = if self.once { FolderMode::Once } else { FolderMode::Follow };
        Some(Folder { root, mode })
    }

    /// Whether only what is there now is to be read.
    pub(super) fn is_once(&self) -> bool {
        self.once
    }
}

/// Reads a folder until a signal asks it to end, or it is read.
pub(crate) fn tail(args: &TailArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let mut config = args.folder.service.load()?;
    if !args.enricher.is_empty() {
        config.services.tail.service.enrichers.clone_from(&args.enricher);
    }
    let security = security(&config, &args.folder.service)?;
    if config.services.tail.service.enrichers.is_empty() {
        return Err(usage(anyhow!(
            "no enricher: give --enricher URL, or `enrichers` in [tail] of the configuration"
        )));
    }
    let folder = args.folder.folder(&config)?;
    let telemetry = config.telemetry.clone();
    run("weir-tail", &telemetry, log_level, |shutdown| async move {
        let service = &config.services.tail.service;
        serve("tail", service, &config, security, async |store, deliveries, health| {
            folder::read(&config, folder, store, deliveries, health, &shutdown).await
        })
        .await
    })
}
