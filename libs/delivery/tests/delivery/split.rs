//! A run in parts, and what tells parts apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use weir_delivery::{EnrichedRun, Origin, PartContent, RejectedLine, RunId, RunTally, Shards};
use weir_flowlog::RejectReason;
use weir_ipfix::{LayoutRevision, Places, RecordGroup};

/// A run whose record at each place is of the domain there, with so many lines that are none.
pub(crate) fn run_of(id: u128, domains: &[u32], others: u64) -> EnrichedRun {
    let mut run = EnrichedRun::new(RunId(id), Arc::new(Origin::default()));
    for (place, domain) in (0..).zip(domains) {
        let is_its = |group: &&mut RecordGroup| group.observation_domain_id == *domain;
        let group = match run.groups.iter_mut().find(is_its) {
            Some(group) => group,
            None => run.groups.push_mut(RecordGroup::new(LayoutRevision(1), *domain)),
        };
        group.lengths.push(1);
        group.places.add(place..place + 1);
    }
    let rejected = |line| RejectedLine { line, reason: RejectReason::ALL[0], text: Vec::new() };
    run.rejected = (0..others).map(rejected).collect();
    let records = domains.len() as u64;
    let (lines, bytes) = (records + others, 100 * records);
    run.tally = RunTally { lines, records, bytes, ..RunTally::default() };
    run
}

fn places(set: &BTreeSet<u64>) -> Places {
    let mut places = Places::NONE;
    set.iter().for_each(|place| places.add(*place..*place + 1));
    places
}

#[test]
fn with_one_exporter_a_run_stays_what_it_is() {
    let parts = run_of(5, &[1, 2, 1], 2).split(Shards::ONE);
    let run = &parts[0].run;
    assert_eq!((parts.len(), parts[0].shard, run.id), (1, 0, RunId(5)));
    assert_eq!((run.groups.len(), run.rejected.len(), run.tally.lines), (2, 2, 5));
}

#[test]
fn a_run_without_records_is_one_part_at_one_exporter() {
    let parts = run_of(5, &[], 3).split(Shards::new(4).unwrap());
    assert_eq!((parts.len(), parts[0].run.tally.lines), (1, 3));
    assert_eq!(run_of(6, &[], 0).split(Shards::new(4).unwrap()).len(), 1);
}

proptest! {
    #[test]
    fn every_record_is_in_one_part_and_all_counts_add_up(
        domains in prop::collection::vec(0..20_u32, 0..60),
        others in 0..4_u64,
        count in 1..=6_usize,
    ) {
        let shards = Shards::new(count).unwrap();
        let whole = run_of(9, &domains, others);
        let parts = whole.clone().split(shards);
        let mut tally = RunTally::default();
        parts.iter().for_each(|part| tally.add(&part.run.tally));
        prop_assert_eq!(tally, whole.tally);
        let rejected: usize = parts.iter().map(|part| part.run.rejected.len()).sum();
        prop_assert_eq!(rejected as u64, others);
        let records: usize = parts.iter().map(|part| part.run.records()).sum();
        prop_assert_eq!(records, domains.len());
        let asked: BTreeSet<_> = domains.iter().map(|domain| shards.of_domain(*domain)).collect();
        let sent: BTreeSet<_> = parts.iter().map(|part| part.shard).collect();
        prop_assert_eq!(sent.len(), parts.len());
        // Who has no record of the run gets nothing, unless nobody has.
        prop_assert!(sent == asked || asked.is_empty() && sent.len() == 1);
        for part in &parts {
            let mut groups = part.run.groups.iter();
            let owner = |group: &RecordGroup| shards.of_domain(group.observation_domain_id);
            prop_assert!(groups.all(|group| owner(group) == part.shard));
        }
    }

    #[test]
    fn places_are_told_by_their_set_alone(
        set in prop::collection::btree_set(0..200_u64, 0..60),
        other in prop::collection::btree_set(0..200_u64, 0..60),
        cut in 0..200_u64,
    ) {
        let (low, high) = set.iter().partition(|place| **place < cut);
        prop_assert_eq!(places(&low).and(places(&high)), places(&set));
        prop_assert_eq!(places(&set) == places(&other), set == other);
        let mut stretch = Places::NONE;
        stretch.add(0..cut);
        prop_assert_eq!(stretch, places(&(0..cut).collect()));
    }

    #[test]
    fn parts_with_other_contents_have_other_ids(
        one in any::<(u8, u8, BTreeSet<u8>, bool)>(),
        other in any::<(u8, u8, BTreeSet<u8>, bool)>(),
    ) {
        let id = |(shard, more, set, has_other_lines): &(u8, u8, BTreeSet<u8>, bool)| {
            let shards = Shards::new(2 + usize::from(more % 3)).unwrap();
            let shard = usize::from(*shard) % shards.count();
            let places = places(&set.iter().map(|place| u64::from(*place % 4)).collect());
            let has_other_lines = *has_other_lines;
            let content = PartContent { shard, shards, places, has_other_lines };
            (content, content.id(RunId(7)))
        };
        let (one, other) = (id(&one), id(&other));
        prop_assert_eq!(one.0 == other.0, one.1 == other.1);
        prop_assert_ne!(one.0.id(RunId(7)), one.0.id(RunId(8)));
    }
}
