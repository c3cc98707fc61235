//! A folder as the input of a pipeline.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use weir_delivery::RawRun;
use weir_ingest::folder::{FolderConfig, FolderMode, FolderSource};
use weir_ingest::{Dispatch, End, IngestConfig, Input, InputKind, InputMeter, InputStatus, Report};
use weir_rpc::dispatcher::{Delivery, Dispatcher};
use weir_rpc::health::Health;
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;
use weir_store::Store;

use super::exporter::octets;
use crate::config::Config;

/// A folder, and whether reading it ends.
pub(super) struct Folder {
    pub(super) root: PathBuf,
    pub(super) mode: FolderMode,
}

/// Reads the folder to its end, or until `shutdown`.
pub(super) async fn read(
    config: &Config,
    folder: Folder,
    store: Arc<dyn Store>,
    (dispatcher, events): (Dispatcher<RawRun>, mpsc::Receiver<Delivery<RawRun>>),
    health: &Health,
    shutdown: &Shutdown,
) -> anyhow::Result<Drained> {
    let settings = &config.services.tail;
    // Checkpoints are kept under this name: the folder is the same however it is called.
    let name = std::fs::canonicalize(&folder.root).unwrap_or_else(|_| folder.root.clone());
    let name = name.display().to_string();
    let source = FolderConfig {
        mode: folder.mode,
        log_format: config.log_format.clone().map(Arc::new),
        poll: settings.interval,
        ..FolderConfig::new(name.clone(), folder.root)
    };
    let source = FolderSource::open(source, Arc::clone(&store)).await?;
    let meter = Arc::new(InputMeter::new(name, InputKind::Folder, worker()));
    let input = Input { meter, store: Some(store) };
    let dispatch = Dispatch { sender: Arc::new(dispatcher), events };
    let ingest = IngestConfig {
        max_octets_in_flight: octets(settings.in_flight),
        grace: settings.grace,
        ..IngestConfig::default()
    };
    let draining = {
        let (health, shutdown) = (health.clone(), shutdown.clone());
        tokio::spawn(async move {
            shutdown.requested().await;
            health.draining();
        })
    };
    let report = weir_ingest::run(source, dispatch, input, ingest, shutdown).await;
    draining.abort();
    outcome(report, settings.grace)
}

/// What the process makes of the end.
fn outcome(report: Report, grace: Duration) -> anyhow::Result<Drained> {
    let InputStatus { runs_committed, units_done, units_failed, last_error, .. } = &report.status;
    tracing::info!(runs_committed, units_done, units_failed, end = ?report.end, "reading has ended");
    let is_clean = report.is_clean();
    match report.end {
        End::Fatal(error) => Err(error.into()),
        End::Complete if *units_failed > 0 => {
            anyhow::bail!("{units_failed} files could not be read to their end: {last_error}")
        }
        _ if is_clean => Ok(Drained::Complete),
        _ => Ok(Drained::Cut { grace }),
    }
}

/// This host's name: what a worker is called in the state of its inputs, over restarts.
fn worker() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
