//! Events that come after the overlap.

use std::sync::Arc;

use weir_store::MemoryStore;
use weir_testkit::{LogEvent, Quirks};

use crate::cloud::{Cloud, line, now};
use crate::exporter::Arrivals;
use crate::worker::{OVERLAP, Plan};

fn event(number: u64, timestamp: u64, visible: u64) -> LogEvent {
    LogEvent {
        group: "flows".to_owned(),
        stream: "eni-0a1b-all".to_owned(),
        id: format!("{number:056}"),
        timestamp,
        ingestion: visible,
        visible,
        message: line(number),
    }
}

#[tokio::test]
async fn what_comes_after_the_overlap_is_found_while_it_is_within_two() {
    let cloud = Cloud::new(Quirks::default());
    let overlap = OVERLAP * 1000;
    let start = now() - 2 * overlap;
    // The high water is then half of an overlap before now.
    let on_time = (0..150).map(|number| {
        let time = start + number * overlap / 100;
        event(number, time, time)
    });
    cloud.groups.add(on_time);
    let arrivals = Arrivals::default();
    let mut plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &["flows"]);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(150).await;
    cloud.groups.add([event(1000, start + overlap / 4, now())]);
    arrivals.wait_for(151).await;
    assert_eq!(arrivals.repeated(), 0);
    assert!(worker.end().await.is_clean());
}
