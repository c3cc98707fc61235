//! The inventory that an enricher reads from a store, and what happens when it cannot.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step")]

mod fixture;

use std::sync::Arc;

use weir_enricher::service::Loaded;
use weir_inventory::region::Stale;

use fixture::{Fixture, part};

/// The name of the instance of `account`, or its absence.
fn name(loaded: &Loaded, account: u64) -> Option<String> {
    let interface = loaded.snapshot.interface(format!("eni-{account}").as_bytes())?;
    let found = loaded.snapshot.primary_endpoint(interface, weir_inventory::NOW);
    Some(String::from_utf8_lossy(found.texts()[1]).into_owned())
}

#[tokio::test]
async fn the_parts_become_one_inventory_and_a_changed_one_replaces_its_like() {
    let mut fixture = Fixture::new();
    fixture.put(1, part(1, "one")).await;
    fixture.put(2, part(2, "two")).await;
    fixture.publish().await;
    let loaded = fixture.revision(1).await;
    assert_eq!((name(&loaded, 1), name(&loaded, 2)), (Some("one".into()), Some("two".into())));
    assert!(loaded.published.as_ref().unwrap().stale.is_empty() && loaded.trouble.is_none());

    fixture.put(2, part(2, "deux")).await;
    let reads = fixture.reads();
    fixture.publish().await;
    let loaded = fixture.revision(2).await;
    assert_eq!((name(&loaded, 1), name(&loaded, 2)), (Some("one".into()), Some("deux".into())));
    assert_eq!(fixture.part_reads_since(reads), ["inventory/parts/2/eu-west-1/2"]);
}

#[tokio::test]
async fn an_account_that_is_no_longer_named_disappears() {
    let mut fixture = Fixture::new();
    fixture.put(1, part(1, "one")).await;
    fixture.put(2, part(2, "two")).await;
    fixture.publish().await;
    fixture.revision(1).await;
    fixture.index.parts.remove(0);
    fixture.publish().await;
    let loaded = fixture.revision(2).await;
    assert_eq!((name(&loaded, 1), name(&loaded, 2)), (None, Some("two".into())));
}

#[tokio::test]
async fn an_index_that_says_nothing_new_keeps_the_snapshot() {
    let mut fixture = Fixture::new();
    fixture.put(1, part(1, "one")).await;
    fixture.publish().await;
    let first = fixture.revision(1).await;
    let cause = "access denied".to_owned();
    fixture.index.parts[0].stale = Some(Stale { since: 5, cause: cause.clone() });
    fixture.publish().await;
    let second = fixture.revision(2).await;
    assert!(Arc::ptr_eq(&first.snapshot, &second.snapshot));
    let stale = &second.published.as_ref().unwrap().stale;
    assert_eq!((stale[0].since, &stale[0].cause), (5, &cause));
}

#[tokio::test]
async fn a_missing_or_damaged_part_leaves_its_last_good_one_and_is_told() {
    let mut fixture = Fixture::new();
    fixture.put(1, part(1, "one")).await;
    fixture.put(2, part(2, "two")).await;
    fixture.publish().await;
    fixture.revision(1).await;
    for damage in [None, Some(&b"no zstd"[..]), Some(&fixture::packed(b"{\"format\": 1"))] {
        fixture.put(1, part(1, "uno")).await;
        fixture.put(2, part(2, "zwei")).await;
        fixture.damage(2, damage).await;
        let revision = fixture.publish().await;
        let loaded = fixture.revision(revision).await;
        assert_eq!((name(&loaded, 1), name(&loaded, 2)), (Some("uno".into()), Some("two".into())));
        let stale = &loaded.published.as_ref().unwrap().stale;
        assert_eq!((stale.len(), &*stale[0].account_id), (1, "2"));
        assert!(loaded.trouble.as_ref().unwrap().contains("is not read anew"));
    }
    fixture.put(2, part(2, "zwei")).await;
    let revision = fixture.publish().await;
    let loaded = fixture.revision(revision).await;
    assert_eq!(name(&loaded, 2), Some("zwei".into()));
    assert!(loaded.published.as_ref().unwrap().stale.is_empty() && loaded.trouble.is_none());
}

#[tokio::test]
async fn a_part_of_another_account_is_not_taken_for_one() {
    let mut fixture = Fixture::new();
    fixture.put(1, part(1, "one")).await;
    fixture.put(2, part(3, "three")).await;
    fixture.publish().await;
    let loaded = fixture.revision(1).await;
    assert_eq!((name(&loaded, 1), name(&loaded, 3)), (Some("one".into()), None));
    assert_eq!(loaded.published.as_ref().unwrap().stale.len(), 1);
}

#[tokio::test]
async fn a_store_that_is_away_or_empty_wipes_nothing() {
    let mut fixture = Fixture::new();
    fixture.put(1, part(1, "one")).await;
    fixture.publish().await;
    fixture.revision(1).await;
    fixture.break_store(true);
    fixture.publish().await;
    let loaded = fixture.until(|loaded| loaded.trouble.is_some()).await;
    assert_eq!(name(&loaded, 1), Some("one".into()));
    fixture.break_store(false);
    let loaded = fixture.revision(2).await;
    assert!(loaded.trouble.is_none());

    fixture.flush().await;
    let is_told =
        |loaded: &Loaded| loaded.trouble.as_ref().is_some_and(|each| each.contains("no inventory"));
    let loaded = fixture.until(is_told).await;
    assert_eq!(name(&loaded, 1), Some("one".into()));

    fixture.put(1, part(1, "eins")).await;
    let revision = fixture.publish().await;
    assert_eq!(name(&*fixture.revision(revision).await, 1), Some("eins".into()));
}

#[tokio::test]
async fn an_index_of_another_version_of_weir_leaves_the_inventory() {
    let mut fixture = Fixture::new();
    fixture.put(1, part(1, "one")).await;
    fixture.publish().await;
    fixture.revision(1).await;
    fixture.put_index(br#"{"format": 2, "what": []}"#).await;
    let is_told =
        |loaded: &Loaded| loaded.trouble.as_ref().is_some_and(|each| each.contains("format 2"));
    let loaded = fixture.until(is_told).await;
    assert_eq!(name(&loaded, 1), Some("one".into()));
}

#[tokio::test]
async fn an_assignment_swaps_the_exporters_of_the_same_index() {
    let mut fixture = Fixture::new();
    fixture.put(1, part(1, "one")).await;
    fixture.publish().await;
    let first = fixture.revision(1).await;
    let exporter = |loaded: &Loaded| {
        let entry = loaded.snapshot.vpc(loaded.snapshot.vpc_by_id(b"vpc-1").unwrap());
        let address = entry.exporter_address.to_string();
        (address, entry.exporter_name.clone(), entry.observation_domain_id)
    };
    let derived = exporter(&first).2;
    assert_eq!(exporter(&first), ("10.0.0.1".to_owned(), "vpc-1".to_owned(), derived));

    let reads = fixture.reads();
    fixture.assign("vpc-1", "192.0.2.9", "edge", 4711).await;
    let wanted = ("192.0.2.9".to_owned(), "edge".to_owned(), 4711);
    let second = fixture.until(|loaded| exporter(loaded) == wanted).await;
    assert!(fixture.part_reads_since(reads).is_empty());
    let interface =
        |loaded: &Loaded| std::ptr::from_ref(loaded.snapshot.interface(b"eni-1").unwrap());
    assert_eq!(interface(&first), interface(&second));

    // It stays when the inventory is indexed anew.
    fixture.put(1, part(1, "uno")).await;
    fixture.publish().await;
    let third = fixture.revision(2).await;
    assert_eq!(exporter(&third), wanted);
}
