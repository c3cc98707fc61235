//! Workers that share groups.

use weir_testkit::{RedisServer, wait_for_async};

use crate::cloud::{Cloud, events};
use crate::exporter::Arrivals;
use crate::worker::{Plan, redis_store};

const GROUPS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[tokio::test]
async fn two_workers_share_groups_and_hand_them_over_without_a_repetition() {
    let cloud = Cloud::with_quirks();
    for (at, name) in (0..).zip(GROUPS) {
        cloud.groups.add(events(name, at * 100..(at + 1) * 100, 8, 2000));
    }
    let server = RedisServer::start();
    let arrivals = [Arrivals::default(), Arrivals::default()];
    let mut plan = Plan::new(cloud.aws.url(), redis_store(&server).await, &GROUPS);
    let one = plan.start(arrivals[0].committing());
    arrivals[0].wait_for(50).await;
    // The second asks for its share, and the first hands it over.
    let two = plan.start(arrivals[1].committing());
    wait_for_async("both to read", || async {
        arrivals.iter().all(|each| each.lines() > 0).then_some(())
    })
    .await;
    // Then the first gives up all that it has.
    let report = one.end().await;
    assert!(report.is_clean(), "{report:?}");
    wait_for_async("all lines", || async {
        (arrivals[0].lines() + arrivals[1].lines() >= 600).then_some(())
    })
    .await;
    let report = two.end().await;
    assert!(report.is_clean(), "{report:?}");
    let counts = arrivals.each_ref().map(Arrivals::lines);
    assert_eq!(counts.iter().sum::<usize>(), 600, "{counts:?}");
    assert_eq!(arrivals.iter().map(Arrivals::repeated).sum::<u64>(), 0);
}
