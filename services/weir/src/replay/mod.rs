//! `weir replay`: flow log files through the enricher and the exporter, with no state at all.

mod inputs;
mod ledger;
mod progress;
#[cfg_attr(not(feature = "aws"), path = "without_aws.rs")]
mod remote;
mod summary;
mod worker;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use weir_enricher::{Enricher, GeoDatabase};
use weir_exporter::{Exporter, ExporterConfig, Stopper};
use weir_flowlog::LogFormat;
use weir_inventory::Snapshot;
use weir_runtime::Shutdown;

pub(crate) use inputs::Object;
use inputs::UnreadablePath;
#[cfg(feature = "aws")]
pub(crate) use inputs::is_remote;
use ledger::Ledger;
use progress::Progress;
pub(crate) use remote::Remote;
pub(crate) use summary::{Peer, Summary};
use worker::Worker;

/// Objects that wait for a worker at most.
const QUEUE: usize = 64;

/// How often a shutdown is looked for.
const POLL: Duration = Duration::from_millis(100);

/// How long what was read may take to leave after a shutdown is asked for.
const GRACE: Duration = Duration::from_secs(3);

/// What to replay, and to where.
#[derive(Debug)]
pub(crate) struct ReplayConfig {
    /// What is read.
    pub(crate) input: Input,
    /// How objects in S3 are read.
    pub(crate) remote: Remote,
    /// The fields of objects without a header line.
    pub(crate) log_format: Option<Arc<LogFormat>>,
    /// Where regions of public addresses come from.
    pub(crate) geo_database: Option<Arc<GeoDatabase>>,
    /// Threads that read and enrich.
    pub(crate) workers: NonZeroUsize,
    /// The outputs.
    pub(crate) exporter: ExporterConfig,
    /// Whether progress is shown on a terminal.
    pub(crate) shows_progress: bool,
}

/// What a replay reads.
#[derive(Debug)]
pub(crate) enum Input {
    /// Files, folders and glob patterns.
    Paths(Vec<PathBuf>),
    /// One object that is part of the program.
    Bundled(Object),
}

type Next = Result<Object, UnreadablePath>;

/// What the threads of a replay share.
struct Shared<'a> {
    exporter: &'a Exporter,
    ledger: &'a Ledger,
    log_format: Option<&'a Arc<LogFormat>>,
    progress: &'a Progress,
    shutdown: &'a Shutdown,
}

/// Replays. What cannot be read is reported on standard error and counted; the rest goes on.
///
/// # Errors
///
/// When an output cannot be opened or fails, and when a run was not delivered.
pub(crate) fn run(
    config: &ReplayConfig,
    snapshot: &Arc<Snapshot>,
    shutdown: &Shutdown,
) -> anyhow::Result<Summary> {
    let (start, start_of_work) = (Instant::now(), cpu_time());
    let ledger = Arc::new(Ledger::default());
    let answers = Arc::clone(&ledger);
    let exporter =
        Exporter::start(&config.exporter, Arc::new(move |answer| answers.answered(answer)))?;
    let progress = Progress::new(config.shows_progress);
    let shared = Shared {
        exporter: &exporter,
        ledger: &ledger,
        log_format: config.log_format.as_ref(),
        progress: &progress,
        shutdown,
    };
    let (is_over, over) = bounded::<()>(0);
    let (watched, stopper) = (shutdown.clone(), exporter.stopper());
    thread::spawn(move || watch(&watched, &stopper, &over));
    work(config, &shared, snapshot)?;
    progress.finish();
    let export = exporter.finish()?;
    drop(is_over);
    let report = ledger.report();
    anyhow::ensure!(
        report.runs_undelivered == 0 || shutdown.is_requested(),
        "{} runs of lines were not delivered; this is a fault of weir, please report it",
        report.runs_undelivered
    );
    let cpu = cpu_time().saturating_sub(start_of_work);
    Ok(Summary::new(&export, report, start.elapsed().as_secs_f64(), cpu.as_secs_f64()))
}

/// Lets the workers read everything.
fn work(
    config: &ReplayConfig,
    shared: &Shared<'_>,
    snapshot: &Arc<Snapshot>,
) -> anyhow::Result<()> {
    let (sender, objects) = bounded::<Next>(QUEUE);
    thread::scope(|scope| {
        for number in 0..config.workers.get() {
            let layouts = shared.exporter.layouts();
            let mut enricher = Enricher::new(layouts, Arc::clone(snapshot));
            if let Some(database) = &config.geo_database {
                enricher = enricher.with_geo_database(Arc::clone(database));
            }
            let mut worker = Worker::new(shared, enricher);
            let objects: Receiver<Next> = objects.clone();
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn_scoped(scope, move || worker.work(&objects))
                .context("cannot start a worker thread")?;
        }
        // Without a reader left, a send fails instead of waiting for ever.
        drop(objects);
        feed(config, shared.shutdown, &sender);
        drop(sender);
        anyhow::Ok(())
    })
}

/// Stops the exporter a while after a shutdown is asked for, unless the work is over by then:
/// what waits for a low rate limit may take hours.
fn watch(shutdown: &Shutdown, stopper: &Stopper, over: &Receiver<()>) {
    let mut patience = GRACE;
    while over.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
        if shutdown.is_requested() {
            patience = patience.saturating_sub(POLL);
        }
        if patience.is_zero() {
            return stopper.stop();
        }
    }
}

fn feed(config: &ReplayConfig, shutdown: &Shutdown, sender: &Sender<Next>) {
    match &config.input {
        Input::Paths(paths) => inputs::walk(paths, &config.remote, &mut |object| {
            !shutdown.is_requested() && sender.send(object).is_ok()
        }),
        // A failed send means that the workers have stopped and said why.
        Input::Bundled(object) => drop(sender.send(Ok(object.clone()))),
    }
}

/// CPU time of this process so far, user and system.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    seconds + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
}
