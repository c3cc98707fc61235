//! Where state is kept.

use std::sync::Arc;

use tokio::sync::watch;
use weir_control::settings::{self, Effective};
#[cfg(feature = "aws")]
use weir_runtime::Shutdown;
#[cfg(feature = "aws")]
use weir_store::StoreError;
use weir_store::{
    FileStore, MemoryStore, RedisConfig, RedisConfigError, RedisStore, Store, StoreOptions,
};

use crate::config::{Config, StoreSettings};

/// The settings that count, as they change.
pub(super) type Settings = watch::Receiver<Arc<Effective>>;

/// The store that is configured: of this process alone, or a server that several share.
pub(super) async fn open(settings: &StoreSettings) -> anyhow::Result<Arc<dyn Store>> {
    let options = StoreOptions::default();
    Ok(match settings {
        StoreSettings::Memory => Arc::new(MemoryStore::new(options)),
        StoreSettings::File(path) => Arc::new(FileStore::open(path, options).await?),
        StoreSettings::Redis(config) => redis(config)?,
    })
}

/// A server that several processes share. It need not be there yet.
pub(super) fn redis(config: &RedisConfig) -> Result<Arc<dyn Store>, RedisConfigError> {
    Ok(Arc::new(RedisStore::new(config.clone(), StoreOptions::default())?))
}

/// The settings of a process that has no store of its own: without a server that it shares with
/// discovery the file is all.
pub(super) fn settings(config: &Config) -> anyhow::Result<Settings> {
    let file = config.file_settings();
    Ok(match &config.services.store {
        StoreSettings::Redis(server) => settings::follow(redis(server)?, file),
        StoreSettings::Memory | StoreSettings::File(_) => settings::of_file(&file),
    })
}

/// The same store for leases and positions, which must not go on after the server lost its data
/// or was put back to an earlier state. Waits for a server that is not there yet: none when a
/// shutdown is asked for before it is.
///
/// # Errors
///
/// When it is not what it should be.
#[cfg(feature = "aws")]
pub(super) async fn pinned(
    settings: &StoreSettings,
    store: &Arc<dyn Store>,
    shutdown: &Shutdown,
) -> anyhow::Result<Option<Arc<dyn Store>>> {
    let StoreSettings::Redis(config) = settings else { return Ok(Some(Arc::clone(store))) };
    let server = RedisStore::new(config.clone(), StoreOptions::default())?;
    loop {
        match server.pinned().await {
            Ok(pinned) => return Ok(Some(Arc::new(pinned))),
            Err(error @ (StoreError::Unreachable { .. } | StoreError::Refused { .. })) => {
                tracing::warn!(%error, "leases have to wait for their store");
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = shutdown.requested() => return Ok(None),
        }
    }
}

/// How long to wait before a server is asked again.
#[cfg(feature = "aws")]
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);
