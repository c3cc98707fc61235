//! Lets an enricher go by the settings that count.

use std::sync::{Arc, Weak};

use tokio::sync::watch;
use weir_control::settings::Effective;

use super::core::EnricherCore;

/// Lets `core` go by the settings until it is dropped.
pub fn follow_settings(core: &Arc<EnricherCore>, settings: watch::Receiver<Arc<Effective>>) {
    tokio::spawn(follow(Arc::downgrade(core), settings));
}

async fn follow(core: Weak<EnricherCore>, mut settings: watch::Receiver<Arc<Effective>>) {
    loop {
        let in_flight = settings.borrow_and_update().enricher_in_flight;
        let Some(core) = core.upgrade() else { return };
        core.set_budget(usize::try_from(in_flight).unwrap_or(usize::MAX));
        drop(core);
        if settings.changed().await.is_err() {
            return;
        }
    }
}
