//! Sweeps: how many at a time, and what one bad region does to the others.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use weir_discovery::clock::Clock;
use weir_discovery::orchestration::{RowState, SweepConfig, SweepReport, Sweeper};
use weir_discovery::publish::{PublishConfig, Publisher};
use weir_discovery::reader::{AccountFault, Fault, FaultKind, Plan};

use crate::support::{
    ACCOUNT, FakeReader, OTHER_ACCOUNT, REGION, Script, place, plan, store, until,
};

const REGIONS: [&str; 6] = ["a-1", "b-1", "c-1", "d-1", "e-1", "f-1"];

fn two_accounts() -> Plan {
    plan(&[(ACCOUNT, &REGIONS), (OTHER_ACCOUNT, &REGIONS)])
}

fn sweeper(reader: &Arc<FakeReader>, region_timeout: Duration) -> Arc<Sweeper> {
    let publisher = Publisher::new(store(), PublishConfig::default());
    let config = SweepConfig {
        concurrency: NonZeroUsize::new(3).unwrap(),
        region_timeout,
        plan_timeout: region_timeout,
        clock: Clock::system(),
    };
    Sweeper::new(reader.clone(), None, publisher, config)
}

const LONG: Duration = Duration::from_secs(20);

async fn swept(reader: &Arc<FakeReader>, region_timeout: Duration) -> Arc<SweepReport> {
    let sweeper = sweeper(reader, region_timeout);
    sweeper.sweep_to_the_end().await;
    sweeper.last().unwrap()
}

fn end_of(report: &SweepReport, account: &str, region: &str) -> (RowState, String) {
    let row = report.regions.iter().find(|(at, _)| *at == place(account, region)).unwrap();
    (row.1.state, row.1.cause.clone())
}

#[tokio::test]
async fn every_region_is_read_and_never_more_at_a_time_than_allowed() {
    let reader = FakeReader::new(two_accounts());
    let report = swept(&reader, LONG).await;
    assert_eq!(report.count(RowState::Fresh), 12);
    assert_eq!((report.accounts, report.calls()), (2, 12));
    assert_eq!(reader.most.load(Ordering::SeqCst), 3);
    assert_eq!(report.publish_error, None);
}

#[tokio::test]
async fn a_region_that_panics_fails_alone() {
    let reader = FakeReader::new(two_accounts());
    reader.script(&place(ACCOUNT, "b-1"), Script::Panics);
    let report = swept(&reader, LONG).await;
    let (state, cause) = end_of(&report, ACCOUNT, "b-1");
    assert_eq!(state, RowState::Stale);
    assert!(cause.contains("a fault of weir") && cause.contains("nobody can read"), "{cause}");
    assert_eq!(report.count(RowState::Fresh), 11);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_hangs_fails_alone_at_its_deadline() {
    let reader = FakeReader::new(two_accounts());
    reader.script(&place(ACCOUNT, "b-1"), Script::Hangs);
    let report = swept(&reader, Duration::from_secs(300)).await;
    let (state, cause) = end_of(&report, ACCOUNT, "b-1");
    assert_eq!(state, RowState::Stale);
    assert!(cause.starts_with("not done within 300 s"), "{cause}");
    assert_eq!(report.count(RowState::Fresh), 11);
    // What hung is dropped, and reads no more.
    until("it is dropped", async || reader.reading.load(Ordering::SeqCst) == 0).await;
}

#[tokio::test]
async fn a_closed_region_is_no_failure() {
    let reader = FakeReader::new(two_accounts());
    reader.script(&place(OTHER_ACCOUNT, "c-1"), Script::Excluded);
    let report = swept(&reader, LONG).await;
    assert_eq!(end_of(&report, OTHER_ACCOUNT, "c-1").0, RowState::Excluded);
    assert_eq!((report.count(RowState::Stale), report.count(RowState::Excluded)), (0, 1));
    assert!(report.denied.is_empty());
}

#[tokio::test]
async fn each_action_that_was_denied_is_named_once_for_each_place() {
    let mut plan = plan(&[(ACCOUNT, &[REGION])]);
    let fault = Fault::denied("sts:AssumeRole", "no trust");
    let configured_as = "role R".to_owned();
    plan.faults.push(AccountFault { account_id: None, configured_as, fault });
    let reader = FakeReader::new(plan);
    let fault = Fault::denied("ec2:DescribeVpcs", "not authorized");
    reader.script(&place(ACCOUNT, REGION), Script::Fails(fault));
    let report = swept(&reader, LONG).await;
    let denied: Vec<_> = report
        .denied
        .iter()
        .map(|each| (each.account_id.as_str(), each.region.as_str(), each.action.as_str()))
        .collect();
    assert_eq!(denied, [("", "", "sts:AssumeRole"), (ACCOUNT, REGION, "ec2:DescribeVpcs")]);
}

#[tokio::test]
async fn a_fault_that_is_no_denial_names_no_action() {
    let reader = FakeReader::new(plan(&[(ACCOUNT, &[REGION])]));
    let fault = Fault::new(FaultKind::Throttled, "RequestLimitExceeded");
    reader.script(&place(ACCOUNT, REGION), Script::Fails(fault));
    let report = swept(&reader, LONG).await;
    assert!(report.denied.is_empty());
    assert_eq!(end_of(&report, ACCOUNT, REGION).1, "RequestLimitExceeded");
}

#[tokio::test]
async fn never_two_sweeps_at_once_who_asks_joins() {
    let reader = FakeReader::new(plan(&[(ACCOUNT, &[REGION])]));
    reader.script(&place(ACCOUNT, REGION), Script::Waits);
    let sweeper = sweeper(&reader, LONG);
    let (first, was_joined) = sweeper.start_or_join();
    assert!(!was_joined);
    until("it reads", async || reader.reading.load(Ordering::SeqCst) == 1).await;
    let (second, was_joined) = sweeper.start_or_join();
    assert!(was_joined && Arc::ptr_eq(&first, &second));
    assert_eq!(reader.plans.load(Ordering::SeqCst), 1);
    reader.gate.add_permits(1);
    until("it ends", async || sweeper.running().is_none()).await;
    // Both saw the same end, also who looks after it.
    let mut late = second.follow();
    while late.next().await.is_some() {}
    assert_eq!(first.report().unwrap().count(RowState::Fresh), 1);
    reader.gate.add_permits(1);
    sweeper.sweep_to_the_end().await;
    assert_eq!(reader.plans.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_empty_plan_is_a_sweep_too() {
    let reader = FakeReader::new(Plan::default());
    let report = swept(&reader, LONG).await;
    assert_eq!((report.accounts, report.regions.len()), (0, 0));
    assert_eq!(report.publish_error, None);
}
