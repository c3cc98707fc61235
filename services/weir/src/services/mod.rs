//! The long-running services: each a subcommand, and all in one process.

#[cfg(feature = "aws")]
mod accounts;
mod console;
#[cfg(feature = "aws")]
mod discovery;
mod drive;
mod enricher;
mod exporter;
mod folder;
#[cfg(feature = "aws")]
mod ingest_cloudwatch;
#[cfg(feature = "aws")]
mod ingest_s3;
#[cfg(feature = "aws")]
mod inputs;
#[cfg_attr(not(feature = "aws"), path = "no_kinesis.rs")]
mod kinesis;
mod probe;
mod source;
mod sources;
mod store;
#[cfg_attr(not(feature = "aws"), path = "not_sweeping.rs")]
mod sweeping;
mod tail;
mod whole;

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::anyhow;
use weir_rpc::tls::Security;
use weir_runtime::drain::Drained;
use weir_runtime::telemetry::{self, TelemetryConfig};
use weir_runtime::{Reload, Shutdown, run_service, usage};

use crate::config::Config;

pub(crate) use console::console;
#[cfg(feature = "aws")]
pub(crate) use discovery::discovery;
pub(crate) use enricher::enricher;
pub(crate) use exporter::exporter;
#[cfg(feature = "aws")]
pub(crate) use ingest_cloudwatch::ingest_cloudwatch;
#[cfg(feature = "aws")]
pub(crate) use ingest_s3::ingest_s3;
#[cfg(feature = "aws")]
pub(crate) use kinesis::ingest_kinesis;
pub(crate) use probe::{ProbeArgs, probe};
pub(crate) use tail::{TailArgs, tail};
pub(crate) use whole::{RunArgs, whole};

/// Where a service's settings come from.
#[derive(Debug, clap::Args)]
pub(crate) struct ServiceArgs {
    /// The configuration file; `weir check` checks it. Variables such as
    /// WEIR__EXPORTER__LISTEN go over it.
    #[arg(long, value_name = "FILE")]
    config: std::path::PathBuf,
}

impl ServiceArgs {
    pub(crate) fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(&self.config)?)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.config
    }
}

/// Starts telemetry, runs `service` until a signal asks it to end, and flushes.
fn run<S, F>(
    name: &'static str,
    telemetry: &TelemetryConfig,
    log_level: Option<&str>,
    service: S,
) -> anyhow::Result<()>
where
    S: FnOnce(Shutdown) -> F,
    F: Future<Output = anyhow::Result<Drained>>,
{
    let mut config = TelemetryConfig { service_name: name, ..telemetry.clone() };
    if let Some(level) = log_level {
        level.clone_into(&mut config.log_level);
    }
    let telemetry = telemetry::start(&config)?;
    // Kept: without it SIGHUP, with which terminals and log rotation mean well, ends the process.
    let _reload = Reload::on_signal()?;
    let shutdown = Shutdown::on_signals()?;
    let result = run_service(NonZeroUsize::MIN, service(shutdown));
    telemetry.shutdown();
    result?.into_result()
}

/// How connections are protected, which has no default.
fn security(config: &Config, args: &ServiceArgs) -> anyhow::Result<Security> {
    config.security.clone().ok_or_else(|| {
        let file = args.path().display();
        usage(anyhow!(
            "{file}: there is no [rpc]: give ca_file, certificate_file and key_file for mutual \
             TLS, or plaintext = true to go without any protection"
        ))
    })
}

/// A key that the command cannot do without.
fn required<T>(value: Option<T>, args: &ServiceArgs, key: &str, advice: &str) -> anyhow::Result<T> {
    let file = args.path().display();
    value.ok_or_else(|| usage(anyhow!("{file}: {key}: missing: {advice}")))
}
