//! `[store]`: where state is kept.

use std::path::PathBuf;
use std::time::Duration;

use weir_runtime::config::{DurationRange, Section};
use weir_store::{RedisConfig, RedisStore, StoreOptions};

use super::accepted;

/// How long a call of the server may take.
const TIMEOUTS: DurationRange =
    DurationRange { least: Duration::from_millis(100), most: Duration::from_secs(60) };

/// The keys that are of a server alone.
const OF_SERVER: [&str; 5] = ["namespace", "username", "password_file", "ca_file", "timeout"];

/// Where state is kept.
#[derive(Clone, Debug, Default)]
pub(crate) enum StoreSettings {
    /// Nowhere: it ends with the process.
    #[default]
    Memory,
    /// In a file, of one process at a time.
    File(PathBuf),
    /// In a Redis server that several processes share.
    Redis(RedisConfig),
}

impl StoreSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let file = section.text("file", accepted::path);
        let url = section.text("url", |text| Ok::<_, &str>(text.to_owned()));
        let has_url = url.is_some();
        let mut config = RedisConfig::new(url.unwrap_or_default());
        let [namespace, username, password_file, ca_file, timeout] = OF_SERVER;
        let text = |text: &str| Ok::<_, &str>(text.to_owned());
        let mut given = Vec::new();
        if let Some(namespace) = section.text(namespace, text) {
            config.namespace = namespace;
            given.push("namespace");
        }
        config.username = section.text(username, text);
        config.password_file = section.text(password_file, accepted::path);
        config.ca_file = section.text(ca_file, accepted::path);
        given.extend(config.username.is_some().then_some(username));
        given.extend(config.password_file.is_some().then_some(password_file));
        given.extend(config.ca_file.is_some().then_some(ca_file));
        if let Some(time) = section.duration(timeout, &TIMEOUTS) {
            config.timeout = time;
            given.push(timeout);
        }
        if !has_url {
            for key in given {
                section.problem(key, "is of a server alone: give its url too, or leave it out");
            }
            return file.map_or(Self::Memory, Self::File);
        }
        if file.is_some() {
            section.problem("url", "there is a file too: give one of them");
        }
        // Made, and not connected: so its problems are those of the store itself.
        if let Err(error) = RedisStore::new(config.clone(), StoreOptions::default()) {
            section.problem("url", error);
        }
        Self::Redis(config)
    }
}
