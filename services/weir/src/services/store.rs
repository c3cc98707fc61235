//! Where state is kept.

use std::sync::Arc;

use tokio::sync::watch;
use weir_control::settings::{self, Effective};
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
