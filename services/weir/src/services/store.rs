//! Where state is kept.

use std::sync::Arc;

#[cfg(feature = "aws")]
use weir_runtime::Shutdown;
use weir_store::{
    FileStore, MemoryStore, RedisConfig, RedisConfigError, RedisStore, Store, StoreOptions,
};

use crate::config::StoreSettings;

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

/// The same store for leases and positions, which must not go on after the server lost its data
/// or was put back to an earlier state. Waits for a server that is not there yet.
///
/// # Errors
///
/// When a shutdown is asked for before the server is there.
#[cfg(feature = "aws")]
pub(super) async fn pinned(
    settings: &StoreSettings,
    store: &Arc<dyn Store>,
    shutdown: &Shutdown,
) -> anyhow::Result<Arc<dyn Store>> {
    let StoreSettings::Redis(config) = settings else { return Ok(Arc::clone(store)) };
    let server = RedisStore::new(config.clone(), StoreOptions::default())?;
    loop {
        match server.pinned().await {
            Ok(pinned) => return Ok(Arc::new(pinned)),
            Err(error) => tracing::warn!(%error, "the store is waited for"),
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = shutdown.requested() => anyhow::bail!("the store was not there in time"),
        }
    }
}

/// How long to wait before a server is asked again.
#[cfg(feature = "aws")]
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);
