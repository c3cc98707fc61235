//! Processes that end, exporters that forget, stores that are away.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use weir_ingest::End;
use weir_store::MemoryStore;
use weir_testkit::{RedisServer, wait_for_async};

use crate::cloud::{Cloud, events};
use crate::exporter::{Arrivals, Treatment};
use crate::worker::{Plan, redis_store};

const GROUPS: [&str; 2] = ["one", "two"];
/// Who makes no call for so long does not read.
const QUIET: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_worker_that_is_killed_at_any_point_loses_nothing() {
    let cloud = Cloud::with_quirks();
    cloud.groups.add(events("one", 0..600, 4, 2000));
    cloud.groups.add(events("two", 600..1200, 4, 2000));
    let arrivals = Arrivals::default();
    let plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &GROUPS);
    let mut plan = plan.with_short_leases();
    let mut kills = 0;
    for runs in [1, 3, 2, 5] {
        // The last runs are exported, and the worker dies before it hears of it.
        let dispatch = arrivals.exporter(Box::new(move |number| {
            if number < runs { Treatment::Commit } else { Treatment::Silence }
        }));
        let before = arrivals.with(|got| got.runs.len());
        let worker = plan.start(dispatch);
        wait_for_async("runs to be on their way", || async {
            let has_come = arrivals.with(|got| got.runs.len()) > before;
            has_come.then_some(())
        })
        .await;
        worker.kill().await;
        kills += 1;
    }
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(1200).await;
    assert_eq!(arrivals.lines(), 1200);
    // Each kill repeats at most what was on its way.
    assert!(arrivals.with(|got| got.lines.values().all(|times| *times <= kills + 1)));
    assert!(worker.end().await.is_clean());
}

#[tokio::test]
async fn what_no_exporter_has_any_more_is_read_again_in_the_same_runs() {
    let cloud = Cloud::with_quirks();
    cloud.groups.add(events("one", 0..500, 3, 1500));
    let arrivals = Arrivals::default();
    let mut plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &["one"]);
    let worker = plan.start(arrivals.exporter(Box::new(|number| {
        if number % 3 == 1 { Treatment::Forget } else { Treatment::Commit }
    })));
    arrivals.wait_for(500).await;
    let report = worker.end().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(arrivals.lines(), 500);
    assert_eq!(arrivals.repeated(), 0, "a run that was lost was not exported");
    assert!(report.status.rewinds > 0, "nothing was lost");
    assert_eq!(report.status.runs_rejected, 0);
}

#[tokio::test]
async fn an_outage_of_the_store_loses_nothing() {
    let cloud = Cloud::with_quirks();
    cloud.groups.add(events("one", 0..400, 6, 2000));
    let mut server = RedisServer::start();
    let arrivals = Arrivals::default();
    let plan = Plan::new(cloud.aws.url(), redis_store(&server).await, &["one"]);
    let mut plan = plan.with_short_leases();
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(50).await;
    server.kill();
    // The lease ends by itself, and with it the reading, which calls each 50 ms otherwise.
    let last_call = Cell::new((cloud.aws.calls().len(), Instant::now()));
    wait_for_async("the outage to be noticed", || async {
        let (known, at) = last_call.get();
        let calls = cloud.aws.calls().len();
        if calls > known {
            last_call.set((calls, Instant::now()));
        }
        (calls == known && at.elapsed() > QUIET).then_some(())
    })
    .await;
    server.restart();
    arrivals.wait_for(400).await;
    assert_eq!(arrivals.lines(), 400);
    assert!(arrivals.with(|got| got.lines.values().all(|times| *times <= 2)));
    let report = worker.end().await;
    assert!(matches!(report.end, End::Drained), "{report:?}");
}

#[tokio::test]
async fn a_store_that_lost_its_state_ends_the_worker_instead_of_beginning_anew() {
    let cloud = Cloud::with_quirks();
    cloud.groups.add(events("one", 0..50, 0, 0));
    let mut server = RedisServer::start();
    let arrivals = Arrivals::default();
    let mut plan = Plan::new(cloud.aws.url(), redis_store(&server).await, &["one"]);
    plan.config.lease.failover = std::time::Duration::from_secs(5);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(50).await;
    server.restart_empty();
    let report = worker.ended().await;
    let End::Fatal(error) = &report.end else { panic!("{report:?}") };
    assert!(error.describe().contains("lost"), "{}", error.describe());
    assert_eq!(arrivals.repeated(), 0);
}
