//! Records of a group that a better source has.

use std::sync::Arc;

use weir_ingest_cloudwatch::Covered;
use weir_store::MemoryStore;
use weir_testkit::{LogEvent, Quirks, wait_for_async};

use crate::cloud::{ACCOUNT, Cloud, events, now};
use crate::exporter::Arrivals;
use crate::worker::Plan;

/// Events of records that end one second after another, the first at `first` (Unix seconds).
fn records(first: u64, count: u64) -> Vec<LogEvent> {
    let record = |number: u64| {
        let end = first + number;
        let timestamp = (end - 1) * 1000;
        LogEvent {
            group: "covered".to_owned(),
            stream: "eni-0a1b-all".to_owned(),
            id: format!("{number:056}"),
            timestamp,
            ingestion: timestamp,
            visible: timestamp,
            message: format!(
                "2 {ACCOUNT} eni-0a1b 10.0.0.1 10.0.0.2 {number} 443 6 1 40 {} {end} ACCEPT OK",
                end - 1
            ),
        }
    };
    (0..count).map(record).collect()
}

#[tokio::test]
async fn covered_records_are_left_out_the_group_is_left_alone_and_read_on_when_that_ends() {
    let cloud = Cloud::new(Quirks::default());
    let first = now() / 1000 - 300;
    cloud.groups.add(records(first, 30));
    cloud.groups.add(events("other", 1000..1010, 0, 0));
    let arrivals = Arrivals::default();
    let mut plan =
        Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &["covered", "other"]);
    let milliseconds = |number: u64| (first + number) * 1000;
    let set = |plan: &Plan, until: Option<u64>| {
        plan.inputs.send_modify(|inputs| {
            inputs.groups[0].covered = vec![Covered { after: milliseconds(9), until }];
        });
    };
    set(&plan, None);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(20).await;
    wait_for_async("the group to be left alone", || async {
        cloud.aws.forget_calls();
        wait_for_async("looks", || async {
            (cloud.aws.calls_of("logs", "FilterLogEvents").len() > 5).then_some(())
        })
        .await;
        let calls = cloud.aws.calls_of("logs", "FilterLogEvents");
        calls.iter().all(|call| call.parameter("logGroupName") == Some("other")).then_some(())
    })
    .await;
    assert_eq!(arrivals.lines(), 20);
    // The better source had what ended up to the twentieth.
    set(&plan, Some(milliseconds(19)));
    arrivals.wait_for(30).await;
    let ends = |number: u64| format!(" {} ACCEPT OK", first + number);
    arrivals.with(|got| {
        let has = |number| got.lines.keys().any(|line| line.ends_with(&ends(number)));
        for number in 0..30 {
            assert_eq!(has(number), !(10..20).contains(&number), "{number}");
        }
    });
    assert_eq!(arrivals.repeated(), 0);
    assert!(worker.end().await.is_clean());
}

#[tokio::test]
async fn a_longer_overlap_counts_while_a_group_is_read_and_repeats_nothing() {
    let cloud = Cloud::new(Quirks::default());
    let first = now() / 1000 - 300;
    cloud.groups.add(records(first, 200));
    let arrivals = Arrivals::default();
    let mut plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &["covered"]);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(200).await;
    // Far behind what is looked at with the overlap as it is.
    let mut late = records(first - 1, 1);
    late.iter_mut().for_each(|event| {
        event.id = format!("{:056}", 9999);
        (event.ingestion, event.visible) = (now(), now());
    });
    cloud.groups.add(late);
    plan.inputs.send_modify(|inputs| inputs.overlap = std::time::Duration::from_secs(600));
    arrivals.wait_for(201).await;
    assert_eq!(arrivals.repeated(), 0);
    assert!(worker.end().await.is_clean());
}
