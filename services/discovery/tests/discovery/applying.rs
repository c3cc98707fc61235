//! One edition and what a sweep found give the next.

use std::collections::BTreeMap;
use std::time::Duration;

use weir_discovery::publish::{Edition, Findings, Outcome, apply};
use weir_discovery::reader::{
    AccountFault, Fault, FaultKind, Place, Plan, Reading, RegionPart, UnreadPart,
};
use weir_inventory::IpRanges;

use crate::support::{ACCOUNT, OTHER_ACCOUNT, REGION, place, plan, reading, region};

const NOW: u64 = 1_800_000_000;
const KEEP: Duration = Duration::from_secs(24 * 3600);

fn findings(plan: Plan, outcomes: Vec<(Place, Outcome)>) -> Findings {
    Findings { plan, outcomes: BTreeMap::from_iter(outcomes), ranges: None }
}

fn fresh(place: &Place, instances: usize, taken_at: u64) -> (Place, Outcome) {
    let reading = reading(region(place, instances, taken_at));
    (place.clone(), Outcome::Fresh(Box::new(reading)))
}

fn applied(last: &Edition, findings: Findings, at: u64) -> Edition {
    apply(last, findings, at * 1000, KEEP)
}

/// Two accounts with a region each, read at [`NOW`].
fn two() -> (Place, Place, Edition) {
    let (one, other) = (place(ACCOUNT, REGION), place(OTHER_ACCOUNT, REGION));
    let plan = plan(&[(ACCOUNT, &[REGION]), (OTHER_ACCOUNT, &[REGION])]);
    let outcomes = vec![fresh(&one, 2, NOW), fresh(&other, 1, NOW)];
    let edition = applied(&Edition::default(), findings(plan, outcomes), NOW);
    (one, other, edition)
}

#[test]
fn what_was_read_is_in_the_edition_with_the_account_s_name() {
    let (one, _, edition) = two();
    let part = &edition.parts[&one];
    assert_eq!((part.taken_at, part.stale.as_ref()), (NOW, None));
    assert_eq!(part.snapshot.inventory.instances.len(), 2);
    let account = &part.snapshot.inventory.accounts[0];
    assert_eq!(
        (account.id.as_str(), account.name.as_deref()),
        (ACCOUNT, Some("name of 111111111111"))
    );
}

#[test]
fn content_that_is_the_same_keeps_its_version_and_gets_its_time() {
    let (one, other, edition) = two();
    let plan = plan(&[(ACCOUNT, &[REGION]), (OTHER_ACCOUNT, &[REGION])]);
    let outcomes = vec![fresh(&one, 2, NOW + 900), fresh(&other, 3, NOW + 900)];
    let next = applied(&edition, findings(plan, outcomes), NOW + 900);
    assert_eq!(next.parts[&one].version, edition.parts[&one].version);
    assert_eq!(next.parts[&one].taken_at, NOW + 900);
    assert!(next.parts[&other].version > edition.parts[&other].version);
}

#[test]
fn a_version_never_repeats_even_where_the_clock_goes_back() {
    let (one, _, mut edition) = two();
    let mut versions = vec![edition.parts[&one].version];
    for (instances, at) in [(3, NOW - 500), (4, NOW - 500), (2, NOW - 1000)] {
        let plan = plan(&[(ACCOUNT, &[REGION])]);
        edition = applied(&edition, findings(plan, vec![fresh(&one, instances, at)]), at);
        versions.push(edition.parts[&one].version);
    }
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
}

#[test]
fn a_region_that_fails_keeps_its_content_and_says_since_when_and_why() {
    let (one, other, edition) = two();
    let plan = || plan(&[(ACCOUNT, &[REGION]), (OTHER_ACCOUNT, &[REGION])]);
    let stale = |cause: &str| {
        let fault = Fault::new(FaultKind::Throttled, cause);
        vec![(one.clone(), Outcome::Stale(fault)), fresh(&other, 1, NOW + 900)]
    };
    let next = applied(&edition, findings(plan(), stale("slow down")), NOW + 900);
    let part = &next.parts[&one];
    assert_eq!((part.version, part.taken_at), (edition.parts[&one].version, NOW));
    let since = part.stale.as_ref().unwrap().since;
    assert_eq!((since, part.stale.as_ref().unwrap().cause.as_str()), (NOW + 900, "slow down"));
    assert_eq!(next.parts[&other].stale, None);

    let later = applied(&next, findings(plan(), stale("still")), NOW + 1800);
    let stale = later.parts[&one].stale.as_ref().unwrap();
    assert_eq!((stale.since, stale.cause.as_str()), (NOW + 900, "still"));

    let outcomes = vec![fresh(&one, 2, NOW + 2700), fresh(&other, 1, NOW + 2700)];
    let again = applied(&later, findings(plan(), outcomes), NOW + 2700);
    assert_eq!(again.parts[&one].stale, None);
}

#[test]
fn a_region_that_never_was_read_is_not_in_the_edition() {
    let one = place(ACCOUNT, REGION);
    let fault = Fault::denied("ec2:DescribeVpcs", "not authorized");
    let outcomes = vec![(one, Outcome::Stale(fault))];
    let edition =
        applied(&Edition::default(), findings(plan(&[(ACCOUNT, &[REGION])]), outcomes), NOW);
    assert!(edition.parts.is_empty());
}

#[test]
fn what_is_no_longer_configured_disappears() {
    let (one, other, edition) = two();
    let outcomes = vec![fresh(&one, 2, NOW + 900)];
    let next = applied(&edition, findings(plan(&[(ACCOUNT, &[REGION])]), outcomes), NOW + 900);
    assert!(next.parts.contains_key(&one) && !next.parts.contains_key(&other));
    let elsewhere = place(ACCOUNT, "us-east-1");
    let outcomes = vec![fresh(&elsewhere, 1, NOW + 1800)];
    let next = applied(&next, findings(plan(&[(ACCOUNT, &["us-east-1"])]), outcomes), NOW + 1800);
    assert_eq!(next.parts.keys().collect::<Vec<_>>(), [&elsewhere]);
}

#[test]
fn an_account_that_cannot_be_read_stays_and_is_stale() {
    let (one, other, edition) = two();
    let fault = |account_id: Option<&str>| AccountFault {
        account_id: account_id.map(str::to_owned),
        configured_as: "role R".to_owned(),
        fault: Fault::denied("sts:AssumeRole", "the role's trust policy does not name weir"),
    };
    for (account_id, cause) in [
        (Some(OTHER_ACCOUNT), "the role's trust"),
        (None, "the account may be one that cannot be read, role R: the role's trust"),
    ] {
        let mut plan = plan(&[(ACCOUNT, &[REGION])]);
        plan.faults.push(fault(account_id));
        let outcomes = vec![fresh(&one, 2, NOW + 900)];
        let next = applied(&edition, findings(plan, outcomes), NOW + 900);
        let stale = next.parts[&other].stale.as_ref().unwrap();
        assert!(stale.cause.starts_with(cause), "{}", stale.cause);
        assert_eq!(next.parts[&one].stale, None);
    }
}

#[test]
fn a_region_of_an_account_that_can_be_read_disappears_whatever_fails_elsewhere() {
    let (one, other, edition) = two();
    let mut plan = plan(&[(ACCOUNT, &[]), (OTHER_ACCOUNT, &[REGION])]);
    let fault = Fault::new(FaultKind::Transient, "no answer");
    plan.faults.push(AccountFault {
        account_id: None,
        configured_as: "organization".to_owned(),
        fault,
    });
    let next = applied(&edition, findings(plan, vec![fresh(&other, 1, NOW + 1)]), NOW + 1);
    assert!(!next.parts.contains_key(&one) && next.parts.contains_key(&other));
}

#[test]
fn a_closed_region_stays_for_as_long_as_what_has_vanished() {
    let (one, _, edition) = two();
    let closed = || {
        let outcomes = vec![(one.clone(), Outcome::Excluded("not opted in".to_owned()))];
        findings(plan(&[(ACCOUNT, &[REGION])]), outcomes)
    };
    let soon = applied(&edition, closed(), NOW + 3600);
    let stale = soon.parts[&one].stale.as_ref().unwrap();
    assert_eq!(stale.cause, "the region is closed: not opted in");
    let late = applied(&soon, closed(), NOW + 25 * 3600);
    assert!(late.parts.is_empty());
}

#[test]
fn the_last_snapshot_stands_in_for_a_part_that_could_not_be_read() {
    let (one, _, edition) = two();
    let mut snapshot = region(&one, 3, NOW + 900);
    snapshot.flow_logs.clear();
    snapshot.buckets.clear();
    let unread = |part| UnreadPart { part, fault: Fault::denied("logs:X", "no") };
    let unread = vec![unread(RegionPart::FlowLogs), unread(RegionPart::Detail)];
    let reading = Reading { snapshot, unread };
    let outcomes = vec![(one.clone(), Outcome::Fresh(Box::new(reading)))];
    let next = applied(&edition, findings(plan(&[(ACCOUNT, &[REGION])]), outcomes), NOW + 900);
    let part = &next.parts[&one].snapshot;
    assert_eq!(part.flow_logs, edition.parts[&one].snapshot.flow_logs);
    assert!(part.buckets.is_empty() && part.inventory.instances.len() == 3);
}

#[test]
fn ranges_get_a_version_when_they_change_and_stay_when_they_are_not_read() {
    let ranges = |token: &str| IpRanges { sync_token: token.to_owned(), ..IpRanges::default() };
    let with =
        |ranges: Option<IpRanges>| Findings { ranges, ..findings(Plan::default(), Vec::new()) };
    let one = applied(&Edition::default(), with(Some(ranges("1"))), NOW);
    let same = applied(&one, with(Some(ranges("1"))), NOW + 1);
    let kept = applied(&same, with(None), NOW + 2);
    let next = applied(&kept, with(Some(ranges("2"))), NOW + 3);
    let version = |edition: &Edition| edition.ranges.as_ref().unwrap().0.version;
    assert_eq!(
        (version(&one), version(&same), version(&kept)),
        (version(&one), version(&one), version(&one))
    );
    assert!(version(&next) > version(&one));
    assert_eq!(next.index(0).ip_ranges.unwrap().sync_token, "2");
}
