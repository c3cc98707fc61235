//! Logs on standard error.

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::exit::usage;

/// Logs to standard error from now on, from `level` up: error, warn, info, debug, trace, or a
/// filter such as `info,weir_exporter=debug`. A second call changes nothing.
///
/// # Errors
///
/// Bad usage when `level` is none of these.
pub fn init_logging(level: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(level).context("log level").map_err(usage)?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // The first subscriber stays.
    drop(logs.try_init());
    Ok(())
}
