//! Who held an address when: from sweep to sweep, and in lookups.

use std::time::Duration;

use weir_inventory::region::{DEFAULT_KEEP, HeldSince, RegionSnapshot, carry_over, merge};
use weir_inventory::{Interface, IpRanges, NOW, Snapshot};

use crate::build::{attached, instance, interface, ip, known, public, snapshot, texts, vpc};

const QUARTER: u64 = 15 * 60;
const NOON: u64 = 1_764_072_000;

/// A sweep that found these interfaces in `vpc-a`.
fn sweep(taken_at: u64, interfaces: Vec<Interface>) -> RegionSnapshot {
    let mut part = RegionSnapshot::new("111122223333", "eu-west-1", taken_at);
    part.inventory.vpcs = vec![vpc("vpc-a", &["10.0.0.0/16"])];
    for (id, name) in [("i-old", "old"), ("i-new", "new")] {
        let is_there = |each: &Interface| each.instance_id.as_deref() == Some(id);
        if interfaces.iter().any(is_there) {
            part.inventory.instances.push(instance(id, name));
        }
    }
    part.inventory.interfaces = interfaces;
    part
}

/// Sweeps one after another, each with the history of those before.
fn history(sweeps: Vec<RegionSnapshot>) -> RegionSnapshot {
    let carry = |previous: RegionSnapshot, next: RegionSnapshot| {
        let now = next.taken_at;
        carry_over(&previous, next, now, DEFAULT_KEEP)
    };
    sweeps.into_iter().reduce(carry).unwrap()
}

fn indexed(part: &RegionSnapshot) -> Snapshot {
    snapshot(&merge([part], &IpRanges::default()))
}

fn old() -> Interface {
    attached(interface("eni-old", "vpc-a", &["10.0.0.5"]), "i-old")
}

fn new() -> Interface {
    attached(interface("eni-new", "vpc-a", &["10.0.0.5"]), "i-new")
}

fn held(snapshot: &Snapshot, address: &str, at: u64) -> Option<String> {
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let found = texts(snapshot.endpoint_in_vpc(vpc, ip(address), at))?;
    let by = snapshot.interface_in_vpc(vpc, ip(address), at).unwrap();
    let [id, name, ..] = found;
    Some(format!("{} {id} {name}", String::from_utf8_lossy(snapshot.interface_id(by))))
}

#[test]
fn a_reused_address_is_its_holder_s_at_the_time() {
    let sweeps = vec![
        sweep(NOON, vec![old()]),
        sweep(NOON + QUARTER, vec![]),
        sweep(NOON + 2 * QUARTER, vec![new()]),
    ];
    let snapshot = indexed(&history(sweeps));
    let held = |at| held(&snapshot, "10.0.0.5", at);
    let (before, after) = (Some("eni-old i-old old".into()), Some("eni-new i-new new".into()));
    for at in [0, NOON - 9_000, NOON, NOON + QUARTER - 1] {
        assert_eq!(held(at), before, "{at}");
    }
    // Between two sweeps nobody is known to have it: the next one was there already.
    for at in [NOON + QUARTER, NOON + 2 * QUARTER - 1, NOON + 2 * QUARTER, NOON + 9_000, NOW] {
        assert_eq!(held(at), after, "{at}");
    }
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let until = |at| snapshot.held_in_vpc_until(vpc, ip("10.0.0.5"), at);
    assert_eq!((until(NOON), until(NOW)), (Some(NOON + QUARTER), None));
    let counts = snapshot.counts();
    assert_eq!((counts.interfaces, counts.addresses, counts.former_holdings), (1, 1, 1));
    assert_eq!((counts.duplicate_addresses, counts.dangling_references), (0, 0));
}

#[test]
fn what_vanished_is_found_up_to_the_sweep_that_missed_it_and_by_its_id_for_ever() {
    let sweeps = vec![sweep(NOON, vec![old()]), sweep(NOON + QUARTER, vec![])];
    let snapshot = indexed(&history(sweeps));
    assert_eq!(held(&snapshot, "10.0.0.5", NOON + 1), Some("eni-old i-old old".into()));
    assert_eq!(held(&snapshot, "10.0.0.5", NOON + QUARTER), None);
    assert_eq!(held(&snapshot, "10.0.0.5", NOW), None);
    let entry = snapshot.interface(b"eni-old").unwrap();
    let own = snapshot.endpoint_of_interface(entry, ip("10.0.0.5"), NOON + 9_000);
    assert_eq!(texts(own), known(["i-old", "old", "eu-west-1", ""]));
    let counts = snapshot.counts();
    assert_eq!((counts.interfaces, counts.addresses), (0, 0));
}

#[test]
fn history_is_kept_for_a_day_or_as_long_as_is_said() {
    let gone = history(vec![sweep(NOON, vec![old()]), sweep(NOON + QUARTER, vec![new()])]);
    let later = |after: u64, keep| {
        let at = NOON + QUARTER + after;
        carry_over(&gone, sweep(at, vec![new()]), at, Duration::from_secs(keep)).inventory
    };
    let day = 24 * 60 * 60;
    let kept = later(day - 1, day);
    assert_eq!((kept.former.len(), kept.held_since.len()), (1, 1));
    let kept = later(day, day);
    assert_eq!((kept.former.len(), kept.held_since.len()), (0, 0));
    assert_eq!(later(3_600, 3_600).former.len(), 0);
    assert_eq!(later(3_599, 3_600).former.len(), 1);
}

#[test]
fn an_interface_that_was_moved_served_its_instance_at_the_time() {
    let moved = || attached(interface("eni-old", "vpc-a", &["10.0.0.5"]), "i-new");
    let sweeps = vec![sweep(NOON, vec![old()]), sweep(NOON + QUARTER, vec![moved()])];
    let snapshot = indexed(&history(sweeps));
    let entry = snapshot.interface(b"eni-old").unwrap();
    let served = |at| texts(Some(snapshot.primary_endpoint(entry, at)));
    assert_eq!(served(NOON + 60), known(["i-old", "old", "eu-west-1", ""]));
    assert_eq!(served(NOON + QUARTER), known(["i-new", "new", "eu-west-1", ""]));
    assert_eq!(served(NOW), known(["i-new", "new", "eu-west-1", ""]));
    let own = texts(snapshot.endpoint_of_interface(entry, ip("10.0.0.5"), NOON + 60));
    assert_eq!(own, known(["i-old", "old", "eu-west-1", ""]));
    assert_eq!(snapshot.interface_until(entry, NOON + 60), Some(NOON + QUARTER));
    assert_eq!(held(&snapshot, "10.0.0.5", NOON + 60), Some("eni-old i-old old".into()));
    let name = |id: &[u8]| snapshot.instance_name(id).map(<[u8]>::to_vec);
    assert_eq!(name(b"i-old"), Some(b"\x03old".to_vec()));
    assert_eq!(name(b"i-none"), None);
}

#[test]
fn a_public_address_that_moves_is_with_its_holder_at_the_time() {
    let other = || attached(interface("eni-b", "vpc-a", &["10.0.0.6"]), "i-new");
    let sweeps = vec![
        sweep(NOON, vec![public(old(), "3.5.0.9"), other()]),
        sweep(NOON + QUARTER, vec![old(), public(other(), "3.5.0.9")]),
    ];
    let snapshot = indexed(&history(sweeps));
    let holder = |at| {
        let found = texts(snapshot.endpoint_by_public_address(ip("3.5.0.9"), at))?;
        let interface = snapshot.interface_by_public_address(ip("3.5.0.9"), at)?;
        Some((found[0].clone(), snapshot.interface_id(interface).to_vec()))
    };
    assert_eq!(holder(NOON), Some(("i-old".into(), b"eni-old".to_vec())));
    assert_eq!(holder(NOON + QUARTER), Some(("i-new".into(), b"eni-b".to_vec())));
    assert_eq!(holder(NOW), Some(("i-new".into(), b"eni-b".to_vec())));
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let public = |address, at| snapshot.endpoint_in_vpc(vpc, ip(address), at)?.public_address;
    assert_eq!(public("10.0.0.5", NOON), "3.5.0.9".parse().ok());
    assert_eq!(public("10.0.0.5", NOW), None);
    assert_eq!(public("10.0.0.6", NOON), None);
    assert_eq!(public("10.0.0.6", NOW), "3.5.0.9".parse().ok());
    let entry = snapshot.interface(b"eni-old").unwrap();
    assert_eq!(snapshot.primary_endpoint(entry, NOON).public_address, "3.5.0.9".parse().ok());
    assert_eq!(snapshot.primary_endpoint(entry, NOW).public_address, None);
    assert_eq!(snapshot.held_in_public_until(ip("3.5.0.9"), NOON), Some(NOON + QUARTER));
}

#[test]
fn secondary_and_ipv6_addresses_change_hands_alone() {
    let with = |mut interface: Interface, v4: &str, v6: &str| {
        interface.addresses.extend(super::build::interface("", "", &[v4]).addresses);
        interface.ipv6_addresses = vec![v6.parse().unwrap()];
        interface
    };
    let other = || attached(interface("eni-b", "vpc-a", &["10.0.0.6"]), "i-new");
    let sweeps = vec![
        sweep(NOON, vec![with(old(), "10.0.1.1", "2a05:d018::1"), other()]),
        sweep(NOON + QUARTER, vec![old(), with(other(), "10.0.1.1", "2a05:d018::1")]),
    ];
    let snapshot = indexed(&history(sweeps));
    for address in ["10.0.1.1", "2a05:d018::1"] {
        let held = |at| held(&snapshot, address, at);
        assert_eq!(held(NOON), Some("eni-old i-old old".into()));
        assert_eq!(held(NOON + QUARTER), Some("eni-b i-new new".into()));
    }
    let public = |at| texts(snapshot.endpoint_by_public_address(ip("2a05:d018::1"), at)).unwrap();
    assert_eq!((&*public(NOON)[0], &*public(NOW)[0]), ("i-old", "i-new"));
    assert_eq!(held(&snapshot, "10.0.0.5", NOON), Some("eni-old i-old old".into()));
    assert_eq!(snapshot.counts().former_holdings, 3);
}

#[test]
fn a_delegated_prefix_changes_hands_with_all_its_addresses() {
    let with = |mut interface: Interface| {
        interface.ipv6_prefixes = vec!["2a05:d018:0:0:7::/80".parse().unwrap()];
        interface
    };
    let sweeps = vec![
        sweep(NOON, vec![with(old())]),
        sweep(NOON + QUARTER, vec![old()]),
        sweep(
            NOON + 2 * QUARTER,
            vec![old(), with(attached(interface("eni-b", "vpc-a", &[]), "i-new"))],
        ),
    ];
    let snapshot = indexed(&history(sweeps));
    for address in ["2a05:d018:0:0:7::", "2a05:d018:0:0:7::9", "2a05:d018:0:0:7:ffff:ffff:ffff"] {
        let held = |at| held(&snapshot, address, at);
        assert_eq!(held(NOON), Some("eni-old i-old old".into()));
        assert_eq!(held(NOON + 2 * QUARTER), Some("eni-b i-new new".into()));
    }
    assert_eq!(held(&snapshot, "2a05:d018:0:0:8::9", NOON), None);
}

#[test]
fn the_time_of_attachment_counts_where_it_is_told() {
    let attached_at = NOON + 300;
    let mut next = sweep(NOON + QUARTER, vec![new()]);
    let address = ip("10.0.0.5");
    let told = HeldSince { interface_id: "eni-new".to_owned(), address, since: attached_at };
    next.inventory.held_since = vec![told];
    let snapshot = indexed(&history(vec![sweep(NOON, vec![old()]), next]));
    let held = |at| held(&snapshot, "10.0.0.5", at);
    assert_eq!(held(attached_at - 1), Some("eni-old i-old old".into()));
    assert_eq!(held(attached_at), Some("eni-new i-new new".into()));
}

#[test]
fn an_interface_without_an_instance_served_nobody_before_it_was_attached() {
    let free = || interface("eni-old", "vpc-a", &["10.0.0.5"]);
    let part = history(vec![sweep(NOON, vec![free()]), sweep(NOON + QUARTER, vec![old()])]);
    assert_eq!((part.inventory.former.len(), part.inventory.held_since.len()), (0, 0));
}

#[test]
fn three_holders_are_told_apart_and_survive_many_sweeps() {
    let holder = |n: u64| {
        let instance = if n.is_multiple_of(2) { "i-old" } else { "i-new" };
        attached(interface(&format!("eni-{n}"), "vpc-a", &["10.0.0.5"]), instance)
    };
    let at = |n: u64| NOON + n * QUARTER;
    let sweeps = (0..40).map(|n| sweep(at(n), vec![holder(n / 10)])).collect();
    let part = history(sweeps);
    assert_eq!(part.inventory.former.len(), 3);
    let snapshot = indexed(&part);
    for n in 0..40 {
        let found = held(&snapshot, "10.0.0.5", at(n) + 1).unwrap();
        assert!(found.starts_with(&format!("eni-{} ", n / 10)), "{n}: {found}");
    }
    let json = part.to_json();
    assert_eq!(RegionSnapshot::from_json(&json).unwrap(), part);
}
