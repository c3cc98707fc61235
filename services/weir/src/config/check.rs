//! `weir check`: says what is wrong with a configuration before anything depends on it.

use std::io::{self, Write as _};

use weir_control::accounts::SealingKey;
use weir_exporter::TlsError;
use weir_inventory::SnapshotCounts;
use weir_runtime::config::{self as runtime, Section};

use super::{Config, ExporterSettings, dump};
use crate::cli::CheckArgs;
use crate::commands::{load_geo_database, load_snapshot};

/// Checks a configuration and the files that it reads. Sockets and outputs stay closed.
pub(crate) fn check(args: &CheckArgs) -> anyhow::Result<()> {
    let (config, counts) = runtime::load(&args.config, |root| {
        let config = Config::read(root);
        let counts = check_files(&config, root);
        (config, counts)
    })?;
    let mut out = io::stdout().lock();
    if args.dump {
        out.write_all(dump::dump(&config)?.as_bytes())?;
        return Ok(());
    }
    if let (Some(counts), Some(path)) = (counts, &config.inventory) {
        let SnapshotCounts { vpcs, interfaces, instances, .. } = counts;
        let path = path.display();
        writeln!(out, "{path}: {vpcs} VPCs, {interfaces} interfaces, {instances} instances")?;
    }
    writeln!(out, "{} is valid", args.config.display())?;
    Ok(())
}

/// Reports files that cannot be read. Returns what the inventory holds.
fn check_files(config: &Config, root: &mut Section<'_>) -> Option<SnapshotCounts> {
    if let Some(path) = &config.geo_database
        && let Err(error) = load_geo_database(path)
    {
        root.problem("enricher.geo_database", format_args!("{error:#}"));
    }
    if let Some(path) = &config.control.key_file
        && let Err(error) = SealingKey::read(path)
    {
        root.problem("control.key_file", error);
    }
    if let Some(console) = &config.console {
        console.check_files(root);
    }
    check_tls(config, root);
    match load_snapshot(config.inventory.as_deref()?, &config.fallback_exporter) {
        Ok(snapshot) => Some(snapshot.counts()),
        Err(error) => {
            root.problem("inventory.file", format_args!("{error:#}"));
            None
        }
    }
}

/// Reports files for TLS that cannot be read, or are of no use.
fn check_tls(config: &Config, root: &mut Section<'_>) {
    let ExporterSettings { collectors, outputs, .. } = &config.exporter;
    let collectors = collectors.iter().map(|each| (each.address.to_string(), &each.tls));
    let outputs = outputs.iter().map(|each| (each.target.to_string(), &each.tls));
    for (peer, tls) in collectors.chain(outputs).filter(|(_, tls)| !tls.is_default()) {
        match tls.check() {
            // Half a pair was reported with its key.
            Ok(()) | Err(TlsError::Half) => {}
            Err(error) => {
                root.problem("exporter", format_args!("{peer}: {:#}", anyhow::Error::new(error)));
            }
        }
    }
}
