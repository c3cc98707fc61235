//! Lets an exporter go by the settings that count.

use std::sync::{Arc, Weak};

use tokio::sync::watch;
use weir_control::settings::Effective;

use super::core::ExporterCore;
use crate::config::ExporterConfig;

/// What settings ask of the collectors and outputs of this process.
pub type Resolve = Arc<dyn Fn(&Effective) -> ExporterConfig + Send + Sync>;

/// Settings, and what they ask for.
#[derive(Clone)]
pub struct FollowedSettings {
    /// Those that count.
    pub settings: watch::Receiver<Arc<Effective>>,
    /// What they ask of collectors and outputs.
    pub resolve: Resolve,
}

/// Lets `core` go by the settings until it is dropped.
pub fn follow_settings(core: &Arc<ExporterCore>, followed: FollowedSettings) {
    tokio::spawn(follow(Arc::downgrade(core), followed));
}

async fn follow(core: Weak<ExporterCore>, followed: FollowedSettings) {
    let FollowedSettings { mut settings, resolve } = followed;
    loop {
        let now = Arc::clone(&settings.borrow_and_update());
        let (core, resolve) = (Weak::clone(&core), Arc::clone(&resolve));
        // Names are looked up, which may take a while.
        let applied = tokio::task::spawn_blocking(move || apply(&core, &now, &*resolve)).await;
        if !matches!(applied, Ok(true)) || settings.changed().await.is_err() {
            return;
        }
    }
}

/// False when there is no exporter any more.
fn apply(
    core: &Weak<ExporterCore>,
    settings: &Effective,
    resolve: &(dyn Fn(&Effective) -> ExporterConfig + Send + Sync),
) -> bool {
    let Some(core) = core.upgrade() else { return false };
    let octets = |octets: u64| usize::try_from(octets).unwrap_or(usize::MAX);
    core.set_budgets(octets(settings.exporter_in_flight), octets(settings.exporter_held));
    core.reconfigure(&resolve(settings));
    true
}
