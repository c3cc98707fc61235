//! When sweeps begin by themselves.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use weir_discovery::reader::{AccountFault, Fault, Plan};
use weir_discovery::schedule::Schedule;
use weir_discovery::service::DiscoveryConfig;

use crate::support::{
    ACCOUNT, FakeReader, REGION, Sandbox, Script, Setup, StoredInventory as _, place, plan, until,
};

fn reader() -> Arc<FakeReader> {
    FakeReader::new(plan(&[(ACCOUNT, &[REGION])]))
}

/// Another process on the same store.
async fn restarted(first: &Sandbox, reader: Arc<FakeReader>) -> Sandbox {
    let setup = Setup { store: Arc::clone(&first.store), ..Setup::new(reader) };
    let sandbox = setup.start().await;
    until("it has read the store", async || sandbox.core.publisher.status().is_loaded).await;
    sandbox
}

#[tokio::test]
async fn a_sweep_begins_at_the_start_where_nothing_is_known() {
    let sandbox = Sandbox::swept(reader()).await;
    until("it is published", async || sandbox.store.index().await.is_some()).await;
    assert_eq!(sandbox.reader.plans.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn no_sweep_begins_at_the_start_where_all_is_fresh() {
    let first = Sandbox::swept(reader()).await;
    let mut second = restarted(&first, reader()).await;
    let status = second.status().await;
    assert_eq!((status.regions, status.revision), (1, 1));
    assert_eq!(second.reader.plans.load(Ordering::SeqCst), 0);
    // Asked for, it goes.
    assert_eq!(second.summary().await.regions_fresh, 1);
}

#[tokio::test]
async fn a_sweep_begins_at_the_start_where_a_region_is_stale_or_old() {
    let mut first = Sandbox::swept(reader()).await;
    first.reader.script(&place(ACCOUNT, REGION), Script::Panics);
    assert_eq!(first.summary().await.regions_stale, 1);
    let second = restarted(&first, reader()).await;
    second.after_sweeps(1).await;

    let old = reader();
    old.taken_at.store(1_700_000_000, Ordering::SeqCst);
    let first = Sandbox::swept(old).await;
    let second = restarted(&first, reader()).await;
    second.after_sweeps(1).await;
}

#[tokio::test]
async fn sweeps_go_by_the_schedule_and_the_next_one_is_told() {
    let schedule = Schedule::parse("* * * * * *", "Europe/Berlin").unwrap();
    let reader = reader();
    let setup = Setup::new(Arc::clone(&reader));
    let config = DiscoveryConfig { ..setup.config };
    let timing = weir_discovery::schedule::Timing { schedule, jitter: std::time::Duration::ZERO };
    let config = DiscoveryConfig { timing, ..config };
    let mut sandbox = Setup { config, ..setup }.start().await;
    sandbox.after_sweeps(3).await;
    let status = sandbox.status().await;
    assert_eq!((status.cron.as_str(), status.timezone.as_str()), ("* * * * * *", "Europe/Berlin"));
    let next = status.next_run.unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let away = next.seconds - i64::try_from(now.as_secs()).unwrap();
    assert!((-1..=2).contains(&away), "in {away} s");
}

#[tokio::test]
async fn nothing_is_published_and_health_says_so_until_an_account_can_be_read() {
    let fault = |cause| Fault::denied("sts:AssumeRole", cause);
    let of = |fault| AccountFault { account_id: None, configured_as: "role R".to_owned(), fault };
    let without = Plan { accounts: Vec::new(), faults: vec![of(fault("not allowed to assume R"))] };
    let reader = FakeReader::new(without);
    let mut sandbox = Sandbox::swept(Arc::clone(&reader)).await;
    until("health says so", async || sandbox.health.missing() == ["accounts"]).await;
    let summary = sandbox.summary().await;
    assert!(!summary.is_published);
    assert!(summary.publish_error.contains("no account could be read"), "{summary:?}");
    assert!(summary.problems[0].cause.contains("not allowed to assume R"), "{summary:?}");
    assert!(sandbox.store.index().await.is_none());

    // Accounts of which no region can be read are none.
    reader.set_plan(plan(&[(ACCOUNT, &[REGION])]));
    reader.script(&place(ACCOUNT, REGION), Script::Fails(fault("not authorized")));
    assert!(!sandbox.summary().await.is_published);
    assert!(sandbox.store.index().await.is_none());
    assert!(!sandbox.health.is_serving());

    reader.script(&place(ACCOUNT, REGION), Script::Instances(1));
    assert!(sandbox.summary().await.is_published);
    assert!(sandbox.store.index().await.is_some());
    until("health says so", async || sandbox.health.is_serving()).await;

    // What is known stays, and is stale.
    reader.script(&place(ACCOUNT, REGION), Script::Panics);
    let summary = sandbox.summary().await;
    assert!(summary.is_published && summary.vpc_count == 1, "{summary:?}");
    assert!(sandbox.health.is_serving());
}
