//! What the tests have in common.

mod reader;
mod samples;
mod sandbox;
mod store;

use std::time::Duration;

pub(crate) use reader::{FakeReader, Script};
pub(crate) use samples::{ACCOUNT, OTHER_ACCOUNT, REGION, place, plan, reading, region, schedule};
pub(crate) use sandbox::{Sandbox, Setup, events};
pub(crate) use store::{FlakyStore, StoredInventory, store};

/// How long anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until `holds`.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}
