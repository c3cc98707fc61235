//! Turns the command line into configurations, runs them and prints what came of it.

use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::net::ToSocketAddrs as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use weir_enricher::GeoDatabase;
use weir_exporter::{CollectorAddress, ExportError, Transport};
use weir_inventory::{FallbackExporter, Inventory, Snapshot};
use weir_runtime::{Shutdown, usage};

#[cfg(feature = "aws")]
use crate::cli::BucketFlags;
use crate::cli::{CollectArgs, GenerateArgs, ReplayArgs, SummaryForm};
use crate::collect::{self, CollectConfig};
use crate::generate::{self, DEFAULT_END, GenerateConfig, KeyLayout, ObjectForm, Progress};
use crate::replay::{self, Input, Peer, ReplayConfig, Summary};

/// `weir replay`.
pub(crate) fn replay(args: ReplayArgs) -> anyhow::Result<()> {
    #[cfg(feature = "aws")]
    check_bucket_flags(&args)?;
    let settings = args.flags.into_config()?;
    let inventory = settings.inventory.as_deref().ok_or_else(no_inventory)?;
    let snapshot = Arc::new(load_snapshot(inventory, &settings.fallback_exporter)?);
    let geo_database = settings.geo_database.as_deref().map(load_geo_database).transpose()?;
    let config = ReplayConfig {
        #[cfg(feature = "aws")]
        remote: remote(&args.paths, args.bucket, settings.aws.accounts.clone())?,
        #[cfg(not(feature = "aws"))]
        remote: replay::Remote::default(),
        input: Input::Paths(args.paths),
        geo_database: geo_database.map(Arc::new),
        exporter: settings.exporter.resolve(settings.rejects.as_deref()),
        log_format: settings.log_format.map(Arc::new),
        workers: settings.workers.unwrap_or_else(all_cpus),
        shows_progress: io::stderr().is_terminal(),
    };
    let shutdown = Shutdown::on_signals()?;
    let summary = replay::run(&config, &snapshot, &shutdown).map_err(as_usage)?;
    print_summary(&summary, args.summary)?;
    check(&summary, &shutdown)
}

/// How objects in S3 are read, where there are any.
#[cfg(feature = "aws")]
fn remote(
    paths: &[std::path::PathBuf],
    flags: BucketFlags,
    accounts: Option<weir_aws::AwsConfig>,
) -> anyhow::Result<replay::Remote> {
    if !paths.iter().any(|path| replay::is_remote(path)) {
        return Ok(replay::Remote::default());
    }
    let BucketFlags { from, to, any_key, bucket_role } = flags;
    let window = weir_ingest_s3::Window { from, to, any_key };
    replay::Remote::new(accounts.unwrap_or_default(), bucket_role, window)
}

/// Flags that would do nothing are a mistake.
#[cfg(feature = "aws")]
fn check_bucket_flags(args: &ReplayArgs) -> anyhow::Result<()> {
    let BucketFlags { from, to, any_key, bucket_role } = &args.bucket;
    let has_flags = from.is_some() || to.is_some() || *any_key || bucket_role.is_some();
    if has_flags && !args.paths.iter().any(|path| replay::is_remote(path)) {
        let advice = "--from, --to, --any-key and --bucket-role are for s3://BUCKET/PREFIX alone";
        return Err(usage(anyhow::anyhow!("{advice}: leave them out for files")));
    }
    Ok(())
}

fn no_inventory() -> anyhow::Error {
    let advice = "give --inventory FILE, or a --config FILE with `file` in [inventory]";
    usage(anyhow::anyhow!("no inventory: {advice}"))
}

/// Configuration that an output refuses is bad usage, not a failure.
pub(crate) fn as_usage(error: anyhow::Error) -> anyhow::Error {
    let refused = error.downcast_ref::<ExportError>().is_some_and(ExportError::is_configuration);
    if refused { usage(error) } else { error }
}

/// Reads and indexes an inventory file.
pub(crate) fn load_snapshot(path: &Path, fallback: &FallbackExporter) -> anyhow::Result<Snapshot> {
    let context = || format!("inventory {}", path.display());
    let json = fs::read(path).with_context(context)?;
    let inventory = Inventory::from_json(&json).with_context(context)?;
    Snapshot::build(&inventory, fallback).with_context(context)
}

/// Reads a MaxMind database.
pub(crate) fn load_geo_database(path: &Path) -> anyhow::Result<GeoDatabase> {
    let context = || format!("geo database {}", path.display());
    let content = fs::read(path).with_context(context)?;
    GeoDatabase::from_bytes(content).with_context(context)
}

fn all_cpus() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// JSON goes to standard output as its last line; text to standard error, where it cannot mix
/// with records.
pub(crate) fn print_summary(summary: &Summary, form: SummaryForm) -> anyhow::Result<()> {
    match form {
        SummaryForm::Text => writeln!(io::stderr(), "{summary}")?,
        SummaryForm::Json => {
            let mut out = io::stdout().lock();
            serde_json::to_writer(&mut out, summary)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// What makes a replay that came to its end a failure all the same.
fn check(summary: &Summary, shutdown: &Shutdown) -> anyhow::Result<()> {
    anyhow::ensure!(!shutdown.is_requested(), "interrupted: not all files were read");
    let peers = summary.collectors.iter().chain(&summary.syslog);
    if let Some(Peer { peer, refused, .. }) = peers.into_iter().find(|peer| peer.refused > 0) {
        anyhow::bail!(
            "{peer} refused {refused} times: nothing listens there, start the receiver first"
        );
    }
    if let Some((output, records)) = summary.dropped.first_key_value() {
        anyhow::bail!("{output} was down and {records} records were dropped, as it is configured");
    }
    let failed = summary.files_failed;
    anyhow::ensure!(
        failed == 0,
        "{failed} of the paths could not be read to their end (see above)"
    );
    Ok(())
}

/// `weir collect`.
pub(crate) fn collect(args: &CollectArgs) -> anyhow::Result<()> {
    let CollectorAddress { transport, peer } = &args.listen;
    if *transport != Transport::Udp {
        return Err(usage(anyhow::anyhow!("weir collect listens on UDP: write udp://HOST:PORT")));
    }
    let addresses = (peer.host.as_str(), peer.port).to_socket_addrs();
    let listen = addresses.with_context(|| args.listen.to_string())?.next();
    let listen = listen.with_context(|| format!("{} has no address", args.listen))?;
    let config = CollectConfig {
        count: args.count,
        enterprise_number: args.enterprise_number,
        ..CollectConfig::new(listen)
    };
    let shutdown = Shutdown::on_signals()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let summary = collect::run(&config, &mut out, &|| shutdown.is_requested())?;
    out.flush()?;
    writeln!(io::stderr(), "{summary}")?;
    Ok(())
}

/// `weir generate`.
pub(crate) fn generate(args: GenerateArgs) -> anyhow::Result<()> {
    let records = args.records;
    let config = GenerateConfig {
        out: args.out,
        seed: args.seed,
        accounts: args.accounts,
        vpcs: args.vpcs,
        instances: args.instances,
        records,
        format: args.fields,
        layout: KeyLayout { hourly: args.hourly, hive: args.hive },
        form: if args.parquet { ObjectForm::Parquet } else { ObjectForm::Text },
        transit_gateways: args.tgw,
        end: DEFAULT_END,
    };
    let bar = progress_bar(records);
    let advance = |progress: Progress| {
        bar.set_length(progress.all);
        bar.set_position(progress.done);
    };
    let report = generate::generate(&config, &advance)?;
    bar.finish_and_clear();
    let text = format!(
        "{} records and {} lines without a flow in {} files ({} bytes, {} unpacked) under {}",
        report.records,
        report.lines_without_flow,
        report.files,
        report.bytes_written,
        report.unpacked_bytes,
        config.out.display()
    );
    writeln!(io::stderr(), "{text}")?;
    Ok(())
}

fn progress_bar(records: u64) -> ProgressBar {
    // A terminal alone shows it; in a pipe it stays hidden.
    let bar = ProgressBar::with_draw_target(Some(records), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} records, {eta}");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
