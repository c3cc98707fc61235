//! Keeps the inputs as sweeps and time have it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::Status;
use weir_control::formats::formats;
use weir_control::inputs::{Found, Input, Inputs, inputs};
use weir_control::{Followed, UpdateError};
use weir_inventory::log_formats::{FoundFormats, MAX_COVERED};
use weir_inventory::region::RegionSnapshot;
use weir_store::Store;

use super::available::AllAvailable;
use crate::publish::Edition;
use crate::service::core::DiscoveryCore;

/// How often time is taken notice of.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// The wait after the store failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Takes notice of each edition in a task of its own: which fields lines have, which inputs rules
/// enable, and what covers what is decided anew. It ends when the handle is aborted.
pub fn keep_inputs(core: &Arc<DiscoveryCore>, store: &Arc<dyn Store>) -> JoinHandle<()> {
    let (core, store) = (Arc::clone(core), Arc::clone(store));
    tokio::spawn(async move {
        let mut editions = core.publisher.watch_edition();
        let mut status = core.publisher.watch_status();
        if status.wait_for(|status| status.is_loaded).await.is_err() {
            return;
        }
        let mut stored = inputs().follow(Arc::clone(&store));
        let mut known = None;
        loop {
            let edition = Arc::clone(&editions.borrow_and_update());
            let noticed = notice(&*store, &edition, core.clock.seconds()).await;
            if let Err(error) = &noticed {
                tracing::error!(%error, "the inputs in the store are not renewed: trying again");
            }
            let wait = if noticed.is_ok() { INTERVAL } else { PAUSE };
            tokio::select! {
                changed = editions.changed() => if changed.is_err() { return },
                () = others(&mut stored, &mut known) => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    })
}

/// Waits until somebody else has changed an input: a reader that reads it for the first time.
async fn others(
    stored: &mut watch::Receiver<Option<Followed<Inputs>>>,
    known: &mut Option<BTreeMap<String, Input>>,
) {
    loop {
        if stored.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        let now = stored.borrow_and_update().as_ref().map(|it| it.value.inputs.clone());
        if now != *known {
            *known = now;
            return;
        }
    }
}

async fn notice(store: &dyn Store, edition: &Edition, now: u64) -> Result<(), UpdateError<Status>> {
    // First, so that who hears of an input finds the formats of its lines.
    notice_formats(store, edition, now).await?;
    let (found, available) = (found(edition), AllAvailable::of(edition));
    let change = |inputs: &mut Inputs| {
        let enabled = available.apply_rules(inputs, now);
        inputs.take_notice(&found, now);
        Ok::<_, Status>(enabled)
    };
    let (enabled, _) = inputs().update(store, None, change).await?;
    for id in enabled {
        tracing::info!(id, "an input was enabled by a rule");
    }
    Ok(())
}

async fn notice_formats(
    store: &dyn Store,
    edition: &Edition,
    now: u64,
) -> Result<(), UpdateError<Status>> {
    // A store without an inventory tells nothing.
    if edition.parts.is_empty() {
        return Ok(());
    }
    let snapshots: Vec<&RegionSnapshot> = edition.snapshots().map(|(_, it)| it).collect();
    let change = |found: &mut FoundFormats| Ok::<_, Status>(found.take_notice(&snapshots, now));
    let (left_out, _) = formats().update(store, None, change).await?;
    if left_out > 0 {
        tracing::warn!(
            left_out,
            most = MAX_COVERED,
            "log groups with several formats have too many interfaces: lines of some are read by \
             the formats of all flow logs of their group"
        );
    }
    Ok(())
}

/// What inputs depend on.
pub(super) fn found(edition: &Edition) -> Found {
    let snapshots: Vec<&RegionSnapshot> = edition.snapshots().map(|(_, it)| it).collect();
    Found::of(&snapshots)
}
