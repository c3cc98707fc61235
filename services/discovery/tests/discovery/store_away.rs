//! A store that is away, full, or has lost what it had: nothing is wiped.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::support::{
    ACCOUNT, FakeReader, REGION, Sandbox, Script, Setup, StoredInventory as _, place, plan, until,
};

fn reader() -> Arc<FakeReader> {
    FakeReader::new(plan(&[(ACCOUNT, &[REGION])]))
}

/// Whether the store has one region with so many instances.
async fn has(sandbox: &Sandbox, instances: usize) -> bool {
    if sandbox.store.index().await.is_none() {
        return false;
    }
    let parts = sandbox.store.parts().await;
    parts.len() == 1 && parts[0].inventory.instances.len() == instances
}

#[tokio::test]
async fn a_result_that_the_store_did_not_take_is_kept_and_tried_again() {
    let mut sandbox = Sandbox::swept(reader()).await;
    sandbox.store.set_away(true);
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Instances(5));
    let summary = sandbox.summary().await;
    assert!(!summary.is_published);
    assert!(summary.publish_error.contains("connection refused"), "{}", summary.publish_error);
    let status = sandbox.status().await;
    assert!(status.is_publishing && status.store_error.contains("connection refused"));
    // Who asks sees it already, and the process still serves.
    assert_eq!((status.instances, status.is_ready), (5, true));
    sandbox.store.set_away(false);
    until("it is published", async || has(&sandbox, 5).await).await;
    until("nothing is said any more", async || {
        let status = sandbox.core.publisher.status();
        !status.is_pending && status.error.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_full_store_keeps_what_it_has() {
    let mut sandbox = Sandbox::swept(reader()).await;
    sandbox.store.set_full(true);
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Instances(7));
    assert!(!sandbox.summary().await.is_published);
    assert!(has(&sandbox, 1).await);
    sandbox.store.set_full(false);
    until("it is published", async || has(&sandbox, 7).await).await;
}

#[tokio::test]
async fn what_a_store_has_lost_is_written_again_without_a_sweep() {
    let sandbox = Sandbox::swept(reader()).await;
    until("it is published", async || has(&sandbox, 1).await).await;
    let sweeps = sandbox.reader.plans.load(Ordering::SeqCst);
    sandbox.store.flush().await;
    until("it is there again", async || has(&sandbox, 1).await).await;
    assert_eq!(sandbox.reader.plans.load(Ordering::SeqCst), sweeps);
}

#[tokio::test]
async fn a_region_that_fails_after_the_store_lost_everything_is_still_there() {
    let mut sandbox = Sandbox::swept(reader()).await;
    until("it is published", async || has(&sandbox, 1).await).await;
    sandbox.store.set_away(true);
    sandbox.store.flush().await;
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Panics);
    assert!(!sandbox.summary().await.is_published);
    sandbox.store.set_away(false);
    until("it is there again", async || has(&sandbox, 1).await).await;
    assert!(sandbox.store.index().await.unwrap().parts[0].stale.is_some());
}

#[tokio::test]
async fn without_a_store_at_the_start_nothing_is_ready_and_a_sweep_goes_all_the_same() {
    let setup = Setup::new(reader());
    setup.store.set_away(true);
    let mut sandbox = setup.start().await;
    let status = sandbox.status().await;
    assert_eq!((status.is_ready, status.waiting_for), (false, vec!["store".to_owned()]));
    let summary = sandbox.summary().await;
    assert_eq!((summary.is_published, summary.regions_fresh), (false, 1));
    assert!(!sandbox.health.is_serving());
    sandbox.store.set_away(false);
    until("it serves", async || sandbox.health.is_serving()).await;
    until("it is published", async || has(&sandbox, 1).await).await;
}

#[tokio::test]
async fn a_store_that_went_back_to_an_older_state_gets_the_newer_one() {
    let mut sandbox = Sandbox::swept(reader()).await;
    until("it is published", async || has(&sandbox, 1).await).await;
    let old = serde_json::to_vec(&sandbox.store.index().await.unwrap()).unwrap();
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Instances(3));
    assert!(sandbox.summary().await.is_published);
    sandbox.store.put_raw("inventory/index", old.into()).await;
    until("the newer state is there", async || {
        sandbox.store.index().await.is_some_and(|index| index.revision >= 3)
            && has(&sandbox, 3).await
    })
    .await;
}
