//! A folder as the input of a pipeline.

use std::path::PathBuf;
use std::sync::Arc;

use weir_ingest::folder::{FolderConfig, FolderMode, FolderSource};
use weir_ingest::{Input, InputKind, InputMeter};
use weir_rpc::health::Health;
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;
use weir_store::Store;

use super::drive::{Deliveries, drive, worker};
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
    deliveries: Deliveries,
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
    let meter = InputMeter::new(name, InputKind::Folder, worker());
    let input = Input { meter: Arc::new(meter), store: Some(store) };
    drive(source, input, &settings.service, deliveries, health, shutdown).await
}
