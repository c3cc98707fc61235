//! Sweeps as their callers see them.

use std::sync::atomic::Ordering;

use weir_discovery::reader::{
    AccountFault, ExcludedRegion, Fault, FaultKind, Reading, RegionPart, UnreadPart,
};
use weir_rpc::pb;
use weir_rpc::pb::run_discovery_response::Event;

use crate::support::{
    ACCOUNT, FakeReader, OTHER_ACCOUNT, REGION, Sandbox, Script, place, plan, region, until,
};

const REGIONS: &[&str] = &["eu-west-1", "us-east-1"];

async fn two_accounts() -> Sandbox {
    Sandbox::swept(FakeReader::new(plan(&[(ACCOUNT, REGIONS), (OTHER_ACCOUNT, REGIONS)]))).await
}

#[tokio::test]
async fn a_sweep_tells_its_start_its_plan_each_region_and_a_summary() {
    let mut sandbox = two_accounts().await;
    let events = sandbox.run().await;
    let Some(Event::Started(started)) = events.first() else { panic!("{events:?}") };
    assert!(!started.is_joined && started.started_at.is_some());
    let planned = events.iter().find_map(|event| match event {
        Event::Planned(planned) => Some((planned.accounts, planned.regions)),
        _ => None,
    });
    assert_eq!(planned, Some((2, 4)));
    let fresh = events.iter().filter(
        |event| matches!(event, Event::Region(region) if region.state() == pb::RegionState::Fresh),
    );
    assert_eq!(fresh.count(), 4);
    let Some(Event::Summary(summary)) = events.last() else { panic!("{events:?}") };
    assert!(summary.is_published && summary.publish_error.is_empty());
    assert_eq!((summary.accounts, summary.regions_fresh, summary.calls), (2, 4, 4));
    let counts = [
        (summary.vpc_count, summary.vpcs.len()),
        (summary.kinesis_stream_count, summary.kinesis_streams.len()),
        (summary.log_group_count, summary.log_groups.len()),
        (summary.bucket_count, summary.buckets.len()),
    ];
    assert_eq!(counts, [(4, 4); 4]);
    assert_eq!(summary.buckets[0].queues[0].through, "s3");
    assert_eq!(summary.log_groups[0].flow_log_ids, ["fl-0"]);
    assert_eq!(summary.kinesis_streams[0].vpc_ids, ["vpc-11eu-west-1"]);
}

#[tokio::test]
async fn who_comes_later_joins_the_sweep_and_learns_all_of_it() {
    let mut sandbox = two_accounts().await;
    let slow = place(ACCOUNT, "us-east-1");
    sandbox.reader.script(&slow, Script::Waits);
    let mut first = sandbox.client.clone();
    let first = first.run_discovery(pb::RunDiscoveryRequest {}).await.unwrap().into_inner();
    let sweeper = sandbox.core.sweeper.clone();
    until("three regions are done", async || {
        sweeper.running().is_some_and(|board| board.counts() == (3, 4))
    })
    .await;
    assert_eq!(sandbox.status().await.running_regions_done, 3);
    let mut second = sandbox.client.clone();
    let second = second.run_discovery(pb::RunDiscoveryRequest {}).await.unwrap().into_inner();
    sandbox.reader.gate.add_permits(1);
    let second = crate::support::events(second).await;
    assert!(matches!(&second[0], Event::Started(started) if started.is_joined));
    let done = second.iter().filter(
        |event| matches!(event, Event::Region(region) if region.state() == pb::RegionState::Fresh),
    );
    assert_eq!(done.count(), 4);
    let summaries = [crate::support::events(first).await, second].map(|mut events| events.pop());
    assert_eq!(summaries[0], summaries[1]);
    // One at the start and the one that both had.
    assert_eq!(sandbox.reader.plans.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_sweep_goes_on_when_its_caller_goes_away() {
    let mut sandbox = two_accounts().await;
    sandbox.reader.script(&place(ACCOUNT, "us-east-1"), Script::Waits);
    drop(sandbox.client.run_discovery(pb::RunDiscoveryRequest {}).await.unwrap());
    sandbox.reader.gate.add_permits(1);
    sandbox.after_sweeps(2).await;
    assert_eq!(sandbox.core.sweeper.last().unwrap().regions.len(), 4);
}

#[tokio::test]
async fn the_summary_names_what_failed_and_each_action_that_was_denied() {
    let mut sandbox = two_accounts().await;
    let denied = Fault::denied("ec2:DescribeVpcs", "not authorized to perform ec2:DescribeVpcs");
    sandbox.reader.script(&place(ACCOUNT, "us-east-1"), Script::Fails(denied));
    let unread = UnreadPart {
        part: RegionPart::LogGroups,
        fault: Fault::denied("logs:DescribeLogGroups", "not authorized"),
    };
    let partly = place(OTHER_ACCOUNT, "us-east-1");
    let reading = Reading { snapshot: region(&partly, 1, 1_800_000_000), unread: vec![unread] };
    sandbox.reader.script(&partly, Script::Reading(Box::new(reading)));
    let mut plan = plan(&[(ACCOUNT, REGIONS), (OTHER_ACCOUNT, REGIONS)]);
    plan.faults.push(AccountFault {
        account_id: Some("333333333333".to_owned()),
        configured_as: "arn:aws:iam::333333333333:role/R".to_owned(),
        fault: Fault::new(FaultKind::Credentials, "the external id does not fit"),
    });
    sandbox.reader.set_plan(plan);
    let summary = sandbox.summary().await;
    assert_eq!((summary.regions_fresh, summary.regions_stale), (3, 1));
    assert_eq!(summary.stale[0].cause, "not authorized to perform ec2:DescribeVpcs");
    let problem = &summary.problems[0];
    assert_eq!(
        (problem.kind.as_str(), problem.account_id.as_str()),
        ("credentials", "333333333333")
    );
    let denied: Vec<_> = summary.denied.iter().map(|each| each.action.as_str()).collect();
    assert_eq!(denied, ["ec2:DescribeVpcs", "logs:DescribeLogGroups"]);
    let unread: Vec<_> = summary.unread.iter().map(|each| each.part.as_str()).collect();
    assert_eq!(unread, ["log groups"]);
    // Its last snapshot stays.
    assert_eq!(summary.vpc_count, 4);
}

#[tokio::test]
async fn closed_regions_are_told_with_their_cause_and_are_no_alarm() {
    let mut plan = plan(&[(ACCOUNT, REGIONS)]);
    let cause = "the account has not opted in to the region".to_owned();
    let region = "ap-east-1".to_owned();
    plan.accounts[0].excluded.push(ExcludedRegion { region, cause: cause.clone() });
    let reader = FakeReader::new(plan);
    reader.script(&place(ACCOUNT, "us-east-1"), Script::Excluded);
    let mut sandbox = Sandbox::swept(reader).await;
    let events = sandbox.run().await;
    let told = events.iter().find_map(|event| match event {
        Event::Region(region) if region.region == "ap-east-1" => Some(region),
        _ => None,
    });
    let told = told.unwrap();
    assert_eq!((told.state(), &told.cause), (pb::RegionState::Excluded, &cause));
    let Some(Event::Summary(summary)) = events.last() else { panic!("{events:?}") };
    assert_eq!((summary.regions_fresh, summary.regions_excluded), (1, 2));
    assert_eq!((summary.regions_stale, summary.denied.len(), summary.problems.len()), (0, 0, 0));

    let listed = sandbox.client.list_accounts(pb::ListAccountsRequest::default()).await;
    let accounts = listed.unwrap().into_inner().accounts;
    let regions = accounts[0].regions.iter();
    let regions: Vec<_> =
        regions.map(|each| (each.region.as_str(), each.is_excluded, each.cause.as_str())).collect();
    let expected = [
        ("ap-east-1", true, &*cause),
        ("eu-west-1", false, ""),
        ("us-east-1", true, "not opted in"),
    ];
    assert_eq!(regions, expected);
    let has_snapshot = |at: usize| accounts[0].regions[at].taken_at.is_some();
    assert_eq!([0, 1, 2].map(has_snapshot), [false, true, false]);
}

#[tokio::test]
async fn a_region_that_is_closed_later_stays_known_for_a_while() {
    let mut sandbox = two_accounts().await;
    let mut closed = plan(&[(ACCOUNT, REGIONS), (OTHER_ACCOUNT, REGIONS)]);
    let region = closed.accounts[0].regions.remove(0);
    let cause = "the account has not opted in to the region".to_owned();
    closed.accounts[0].excluded.push(ExcludedRegion { region, cause });
    sandbox.reader.set_plan(closed);
    let summary = sandbox.summary().await;
    assert_eq!((summary.regions_excluded, summary.vpc_count), (1, 4));
}

#[tokio::test]
async fn the_status_tells_of_the_last_sweep_the_next_one_and_the_inventory() {
    let mut sandbox = two_accounts().await;
    let status = sandbox.status().await;
    assert!(status.is_ready && status.running_since.is_none() && status.next_run.is_some());
    assert_eq!((status.regions, status.regions_stale, status.revision), (4, 0, 1));
    assert_eq!((status.vpcs, status.instances, status.interfaces), (4, 4, 4));
    assert_eq!((status.cron.as_str(), status.timezone.as_str()), ("0 0 1 1 *", "UTC"));
    let last = status.last_sweep.unwrap();
    assert_eq!((last.regions_fresh, last.vpcs.len()), (4, 0));
    assert!(status.inventory_age.unwrap().seconds < 60);
    assert!(!status.is_publishing && status.store_error.is_empty());
}

#[tokio::test]
async fn stale_regions_are_listed_with_their_causes() {
    let mut sandbox = two_accounts().await;
    let fault = Fault::new(FaultKind::Throttled, "RequestLimitExceeded: slow down");
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Fails(fault));
    assert_eq!(sandbox.summary().await.regions_stale, 1);
    assert_eq!(sandbox.status().await.regions_stale, 1);
    let asked = pb::ListAccountsRequest::default();
    let accounts = sandbox.client.list_accounts(asked).await.unwrap().into_inner().accounts;
    let stale = &accounts[0].regions[0];
    assert_eq!(
        (stale.region.as_str(), stale.cause.as_str()),
        (REGION, "RequestLimitExceeded: slow down")
    );
    assert!(stale.stale_since.is_some() && stale.vpcs == 1);
    assert!(accounts[0].regions[1].stale_since.is_none());
}
