//! Which exporter has a domain.

use std::collections::BTreeSet;

use proptest::prelude::*;
use weir_delivery::Shards;

fn shards(count: usize) -> Shards {
    Shards::new(count).unwrap()
}

#[test]
fn there_are_1_to_64_shards() {
    assert_eq!((Shards::new(0), Shards::new(65)), (None, None));
    assert_eq!(Shards::new(1), Some(Shards::ONE));
    assert_eq!(shards(64).count(), 64);
}

/// Another rule would have enrichers of two versions send a domain to two exporters.
#[test]
fn the_rule_is_the_same_in_every_version() {
    let domains = [0, 1, 2, 3, 77, 4_294_967_295];
    let of = |count| domains.map(|domain| shards(count).of_domain(domain));
    assert_eq!(of(2), [0, 1, 0, 1, 0, 1]);
    assert_eq!(of(3), [0, 1, 0, 2, 0, 2]);
    assert_eq!(of(64), [44, 3, 49, 44, 30, 50]);
}

#[test]
fn a_share_of_a_limit_is_rounded_down_and_never_becomes_unlimited() {
    assert_eq!(shards(3).share_of(0), 0);
    assert_eq!(shards(3).share_of(1000), 333);
    assert_eq!(shards(3).share_of(2), 1);
    assert_eq!(Shards::ONE.share_of(1000), 1000);
}

proptest! {
    #[test]
    fn one_exporter_has_every_domain(domain: u32) {
        prop_assert_eq!(Shards::ONE.of_domain(domain), 0);
    }

    #[test]
    fn every_domain_is_at_one_of_them(domain: u32, count in 1..=64_usize) {
        prop_assert!(shards(count).of_domain(domain) < count);
    }

    #[test]
    fn one_more_exporter_takes_domains_and_moves_none_between_the_others(
        domain: u32,
        count in 1..64_usize,
    ) {
        let (before, after) = (shards(count).of_domain(domain), shards(count + 1).of_domain(domain));
        prop_assert!(after == before || after == count);
    }

    #[test]
    fn domains_are_spread_evenly(
        domains in prop::collection::btree_set(any::<u32>(), 4000),
        count in 2..=8_usize,
    ) {
        is_even(&domains, count);
    }

    /// As hashes of neighbouring VPC ids, or a store that counts up, would have them.
    #[test]
    fn neighbouring_domains_are_spread_evenly(start in 0..u32::MAX - 4000, count in 2..=8_usize) {
        is_even(&(start..start + 4000).collect(), count);
    }

    #[test]
    fn the_shares_of_a_limit_add_up_to_it_at_most(limit: u64, count in 1..=64_usize) {
        let share = shards(count).share_of(limit);
        let sum = u128::from(share) * count as u128;
        prop_assert!(sum <= u128::from(limit.max(count as u64)));
        prop_assert_eq!(share == 0, limit == 0);
    }
}

/// Six standard deviations of a fair choice: 4000 · 1/n · (1 - 1/n) is the variance.
fn is_even(domains: &BTreeSet<u32>, count: usize) {
    let mut counts = vec![0_u32; count];
    domains.iter().for_each(|domain| counts[shards(count).of_domain(*domain)] += 1);
    let fair = domains.len() as f64 / count as f64;
    let most = 6.0 * (fair * (1.0 - 1.0 / count as f64)).sqrt();
    assert!(counts.iter().all(|each| (f64::from(*each) - fair).abs() <= most), "{counts:?}");
}
