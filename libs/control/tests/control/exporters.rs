//! Assignments and observation domains.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use proptest::prelude::*;
use weir_control::exporters::{Domains, assignments, domains, follow};
use weir_inventory::{AssignedExporter, FALLBACK_OBSERVATION_DOMAIN};
use weir_store::{MemoryStore, Store, StoreOptions};
use weir_testkit::soon;

#[tokio::test]
async fn both_documents_are_followed_as_one() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(StoreOptions::default()));
    let mut followed = follow(&store);
    soon("both are read", followed.wait_for(Option::is_some)).await.unwrap();
    let exporter = AssignedExporter { name: Some("edge".to_owned()), ..Default::default() };
    let assign = |assigned: &mut weir_control::exporters::Assignments| {
        assigned.exporters.insert("vpc-a".to_owned(), exporter.clone());
        Ok::<_, Infallible>(())
    };
    assignments().update(&*store, None, assign).await.unwrap();
    let give = |domains: &mut Domains| {
        domains.give(&Domains::default(), ["vpc-a"].into_iter());
        Ok::<_, Infallible>(())
    };
    domains().update(&*store, None, give).await.unwrap();
    let is_there = |known: &Option<Arc<weir_inventory::AssignedExporters>>| {
        let known = known.as_ref();
        known.is_some_and(|known| known.exporters.len() == 1 && known.domains.len() == 1)
    };
    let known = soon("both changes", followed.wait_for(is_there)).await.unwrap().clone();
    assert_eq!(known.unwrap().exporters["vpc-a"], exporter);
}

fn given(steps: &[Vec<u8>]) -> Vec<Domains> {
    let mut domains = Domains::default();
    let step = |ids: &Vec<u8>| {
        let ids: Vec<String> = ids.iter().map(|id| format!("vpc-{id}")).collect();
        domains.give(&Domains::default(), ids.iter().map(String::as_str));
        domains.clone()
    };
    steps.iter().map(step).collect()
}

proptest! {
    #[test]
    fn a_domain_is_given_once_and_for_good(steps in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..20), 1..10,
    )) {
        let states = given(&steps);
        for pair in states.windows(2) {
            let kept = pair[0].domains.iter().all(|(id, it)| pair[1].domains.get(id) == Some(it));
            prop_assert!(kept);
        }
        let last = &states.last().unwrap().domains;
        let different: BTreeSet<u32> = last.values().copied().collect();
        prop_assert_eq!(different.len(), last.len());
        prop_assert!(!different.contains(&0) && !different.contains(&FALLBACK_OBSERVATION_DOMAIN));
    }
}

#[test]
fn a_store_that_lost_its_data_gets_back_what_was_given() {
    let known = Domains { domains: BTreeMap::from([("vpc-gone".to_owned(), 77)]) };
    let mut lost = Domains { domains: BTreeMap::from([("vpc-a".to_owned(), 78)]) };
    lost.give(&known, ["vpc-b"].into_iter());
    assert_eq!((lost.domains["vpc-gone"], lost.domains["vpc-a"], lost.domains.len()), (77, 78, 3));
}
