//! What is in the store: whole at any time, and no more than is named.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use weir_discovery::publish::{Findings, Outcome, PublishConfig, Publisher};
use weir_discovery::reader::{Fault, FaultKind, Place, Plan};
use weir_inventory::IpRanges;
use weir_store::StoreOptions;

use crate::support::{
    ACCOUNT, FlakyStore, OTHER_ACCOUNT, REGION, StoredInventory as _, place, plan, reading, region,
    store, until,
};

fn config() -> PublishConfig {
    PublishConfig {
        linger: Duration::from_millis(50),
        backoff: Duration::from_millis(10),
        ..PublishConfig::default()
    }
}

fn publisher(store: &Arc<FlakyStore>) -> Arc<Publisher> {
    Publisher::new(store.clone(), config())
}

/// A publisher that keeps up by itself, and has read the store.
async fn kept_up(store: &Arc<FlakyStore>) -> Arc<Publisher> {
    let publisher = publisher(store);
    let keeping = Arc::clone(&publisher);
    tokio::spawn(async move { keeping.keep_up().await });
    until("it has read the store", async || publisher.status().is_loaded).await;
    publisher
}

/// Regions with so many instances each.
fn found(regions: &[(&Place, usize)]) -> Findings {
    let mut accounts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut outcomes = BTreeMap::new();
    for (place, instances) in regions {
        accounts.entry(&place.account_id).or_default().push(&place.region);
        let reading = reading(region(place, *instances, 1_800_000_000));
        outcomes.insert((*place).clone(), Outcome::Fresh(Box::new(reading)));
    }
    let accounts: Vec<_> = accounts.iter().map(|(id, regions)| (*id, regions.as_slice())).collect();
    Findings { plan: plan(&accounts), outcomes, ranges: None }
}

#[tokio::test]
async fn the_index_is_written_after_what_it_names() {
    let store = store();
    let (one, other) = (place(ACCOUNT, REGION), place(OTHER_ACCOUNT, "us-east-1"));
    let ranges = IpRanges { sync_token: "17".to_owned(), ..IpRanges::default() };
    let findings = Findings { ranges: Some(ranges), ..found(&[(&one, 2), (&other, 1)]) };
    publisher(&store).publish(findings).await.unwrap();
    let index = store.index().await.unwrap();
    assert_eq!((index.revision, index.parts.len()), (1, 2));
    assert_eq!(index.ip_ranges.unwrap().sync_token, "17");
    let parts = store.parts().await;
    assert_eq!(parts[0].inventory.instances.len(), 2);
    assert_eq!(store.writes().last().unwrap(), "inventory/index");
    assert_eq!(store.keys().await.len(), 4);
}

#[tokio::test]
async fn only_what_has_changed_is_written_again() {
    let store = store();
    let (one, other) = (place(ACCOUNT, REGION), place(OTHER_ACCOUNT, REGION));
    let publisher = publisher(&store);
    publisher.publish(found(&[(&one, 2), (&other, 1)])).await.unwrap();
    store.writes().clear();
    publisher.publish(found(&[(&one, 2), (&other, 5)])).await.unwrap();
    let written = store.writes().clone();
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(written[0].starts_with("inventory/parts/222222222222/"), "{written:?}");
}

#[tokio::test]
async fn a_new_process_goes_on_with_what_the_store_has() {
    let store = store();
    let one = place(ACCOUNT, REGION);
    publisher(&store).publish(found(&[(&one, 2)])).await.unwrap();
    let version = store.index().await.unwrap().parts[0].version;
    let next = kept_up(&store).await;
    assert_eq!(next.edition().parts[&one].snapshot.inventory.instances.len(), 2);
    let fault = Fault::new(FaultKind::Transient, "no answer");
    let mut findings = found(&[(&one, 2)]);
    findings.outcomes.insert(one, Outcome::Stale(fault));
    next.publish(findings).await.unwrap();
    let index = store.index().await.unwrap();
    assert_eq!((index.revision, index.parts[0].version), (2, version));
    assert_eq!(index.parts[0].stale.as_ref().unwrap().cause, "no answer");
}

#[tokio::test]
async fn old_versions_are_deleted_after_a_while_and_not_before() {
    let store = store();
    let one = place(ACCOUNT, REGION);
    let patient = PublishConfig { linger: Duration::from_secs(600), ..config() };
    let patient = Publisher::new(store.clone(), patient);
    let keeping = Arc::clone(&patient);
    let keeping = tokio::spawn(async move { keeping.keep_up().await });
    until("it has read the store", async || patient.status().is_loaded).await;
    patient.publish(found(&[(&one, 1)])).await.unwrap();
    patient.publish(found(&[(&one, 2)])).await.unwrap();
    assert_eq!(store.keys().await.len(), 3);
    keeping.abort();
    // One that starts finds what another has left behind.
    let hasty = kept_up(&store).await;
    until("the old version is gone", async || store.keys().await.len() == 2).await;
    hasty.publish(found(&[(&one, 3)])).await.unwrap();
    until("the next one too", async || {
        store.keys().await.len() == 2 && store.index().await.unwrap().revision == 3
    })
    .await;
    assert_eq!(store.parts().await[0].inventory.instances.len(), 3);
}

#[tokio::test]
async fn an_account_that_is_no_longer_configured_disappears_from_the_store() {
    let store = store();
    let (one, other) = (place(ACCOUNT, REGION), place(OTHER_ACCOUNT, REGION));
    let publisher = kept_up(&store).await;
    publisher.publish(found(&[(&one, 2), (&other, 1)])).await.unwrap();
    publisher.publish(found(&[(&one, 2)])).await.unwrap();
    assert_eq!(store.index().await.unwrap().parts.len(), 1);
    until("its content is gone", async || store.keys().await.len() == 2).await;
}

#[tokio::test]
async fn what_another_process_wrote_meanwhile_is_built_upon() {
    let store = store();
    let (one, other) = (place(ACCOUNT, REGION), place(OTHER_ACCOUNT, REGION));
    let (first, second) = (publisher(&store), publisher(&store));
    first.publish(found(&[(&one, 1), (&other, 4)])).await.unwrap();
    // It has never read the store, and cannot read the other region.
    let mut findings = found(&[(&one, 2), (&other, 1)]);
    let fault = Fault::new(FaultKind::Transient, "no answer");
    findings.outcomes.insert(other.clone(), Outcome::Stale(fault));
    second.publish(findings).await.unwrap();
    let index = store.index().await.unwrap();
    assert_eq!((index.revision, index.parts.len()), (2, 2));
    let parts = store.parts().await;
    assert_eq!(parts[0].inventory.instances.len(), 2);
    assert_eq!(parts[1].inventory.instances.len(), 4);
    assert!(index.parts[1].stale.is_some());
}

#[tokio::test]
async fn a_region_that_the_store_does_not_take_keeps_no_other_out() {
    let store = Arc::new(FlakyStore::new(StoreOptions {
        max_value_length: 4096,
        ..StoreOptions::default()
    }));
    let (one, other) = (place(ACCOUNT, REGION), place(OTHER_ACCOUNT, REGION));
    let publisher = publisher(&store);
    publisher.publish(found(&[(&one, 1), (&other, 1)])).await.unwrap();
    publisher.publish(found(&[(&one, 2), (&other, 2000)])).await.unwrap();
    let index = store.index().await.unwrap();
    let stale = index.parts[1].stale.as_ref().unwrap();
    assert!(stale.cause.contains("more than the store takes"), "{}", stale.cause);
    let parts = store.parts().await;
    assert_eq!(parts[0].inventory.instances.len(), 2);
    assert_eq!(parts[1].inventory.instances.len(), 1);
}

#[tokio::test]
async fn a_damaged_part_is_left_out_and_an_index_of_another_version_is_not_touched() {
    let store = store();
    let (one, other) = (place(ACCOUNT, REGION), place(OTHER_ACCOUNT, REGION));
    publisher(&store).publish(found(&[(&one, 1), (&other, 1)])).await.unwrap();
    let damaged = store.keys().await.into_iter().find(|key| key.contains(ACCOUNT)).unwrap();
    store.put_raw(&damaged, b"no zstd".as_slice().into()).await;
    let publisher = kept_up(&store).await;
    assert_eq!(publisher.edition().parts.keys().collect::<Vec<_>>(), [&other]);

    let foreign = br#"{"format":2,"revision":9,"published_at":0,"shards":[]}"#;
    store.put_raw("inventory/index", foreign.as_slice().into()).await;
    let error = publisher.publish(found(&[(&one, 2)])).await.unwrap_err();
    assert!(error.to_string().contains("go back to the version"), "{error}");
    let before = store.keys().await;
    assert!(before.contains(&"inventory/index".to_owned()));
    assert!(publisher.status().is_pending);
}

#[tokio::test]
async fn nothing_found_is_published_as_nothing() {
    let store = store();
    let nothing = Findings { plan: Plan::default(), outcomes: BTreeMap::new(), ranges: None };
    publisher(&store).publish(nothing).await.unwrap();
    assert_eq!(store.index().await.unwrap().parts, []);
}
