//! Without failures, every event is exported once.

use std::sync::Arc;
use std::time::Duration;

use weir_ingest::End;
use weir_ingest_cloudwatch::InitialPosition;
use weir_store::MemoryStore;
use weir_testkit::{LogEvent, Quirks, wait_for_async};

use crate::cloud::{Cloud, events, line, now};
use crate::exporter::Arrivals;
use crate::worker::{OVERLAP, Plan, group};

const GROUPS: [&str; 3] = ["flows", "/aws/vpc/flows", "more"];

#[tokio::test]
async fn events_that_come_late_in_no_order_and_repeatedly_are_exported_once() {
    let cloud = Cloud::with_quirks();
    for (at, name) in (0..).zip(GROUPS) {
        cloud.groups.add(events(name, at * 400..(at + 1) * 400, 5, OVERLAP * 1000));
    }
    let arrivals = Arrivals::default();
    let mut plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &GROUPS);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(1200).await;
    // As many looks again.
    cloud.aws.forget_calls();
    wait_for_async("more looks", || async {
        (cloud.aws.calls_of("logs", "FilterLogEvents").len() > 600).then_some(())
    })
    .await;
    assert_eq!((arrivals.lines(), arrivals.repeated()), (1200, 0));
    assert_eq!(worker.meter.status().source_errors, 0, "throttling is no error");
    let report = worker.end().await;
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn a_restart_and_a_group_that_is_read_on_repeat_nothing() {
    let cloud = Cloud::with_quirks();
    cloud.groups.add(events("flows", 0..500, 2, 1500));
    let arrivals = Arrivals::default();
    let mut plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &["flows"]);
    for lines in [100, 250, 400, 500] {
        let worker = plan.start(arrivals.committing());
        arrivals.wait_for(lines).await;
        let report = worker.end().await;
        assert!(report.is_clean(), "{report:?}");
    }
    assert_eq!((arrivals.lines(), arrivals.repeated()), (500, 0));
}

#[tokio::test]
async fn a_group_begins_with_what_comes_after_it_was_enabled_unless_asked_otherwise() {
    let cloud = Cloud::new(Quirks::default());
    let event = |name: &str, number, ingestion| LogEvent {
        group: name.to_owned(),
        stream: "eni-0a1b-all".to_owned(),
        id: number_text(number),
        timestamp: ingestion,
        ingestion,
        visible: ingestion,
        message: line(number),
    };
    cloud.groups.add([event("latest", 1, now() - 60_000), event("oldest", 2, now() - 86_400_000)]);
    cloud.groups.add([event("since", 3, now() - 60_000), event("since", 4, now() - 20_000)]);
    let arrivals = Arrivals::default();
    let mut plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &[]);
    let starts = [
        ("latest", InitialPosition::Latest),
        ("oldest", InitialPosition::TrimHorizon),
        ("since", InitialPosition::AtTimestamp(now() - 40_000)),
    ];
    plan.inputs.send_modify(|inputs| {
        let input = |(name, start)| {
            let mut input = group(crate::cloud::ACCOUNT, name);
            input.start = start;
            input
        };
        inputs.groups = starts.into_iter().map(input).collect();
    });
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(2).await;
    wait_for_async("all groups are read", || async {
        let calls = cloud.aws.calls_of("logs", "FilterLogEvents");
        let is_read =
            |name: &str| calls.iter().any(|call| call.parameter("logGroupName") == Some(name));
        ["latest", "oldest", "since"].into_iter().all(is_read).then_some(())
    })
    .await;
    cloud.groups.add([event("latest", 5, now())]);
    arrivals.wait_for(3).await;
    let mut lines: Vec<_> = arrivals.with(|got| got.lines.keys().cloned().collect());
    lines.sort();
    let mut expected = [2, 4, 5].map(line);
    expected.sort();
    assert_eq!(lines, expected);
    assert!(worker.end().await.is_clean());
}

fn number_text(number: u64) -> String {
    format!("{number:056}")
}

#[tokio::test]
async fn groups_and_the_interval_may_change_while_they_are_read() {
    let cloud = Cloud::new(Quirks::default());
    cloud.groups.add(events("one", 0..10, 0, 0));
    cloud.groups.add(events("two", 10..20, 0, 0));
    let arrivals = Arrivals::default();
    let mut plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &["one"]);
    plan.inputs.send_modify(|inputs| inputs.interval = Duration::from_secs(3600));
    // The first looks are spread over 10 s at most: a shorter interval shortens that too.
    let worker = plan.start(arrivals.committing());
    plan.inputs.send_modify(|inputs| inputs.interval = Duration::from_millis(50));
    arrivals.wait_for(10).await;
    let groups = vec![group(crate::cloud::ACCOUNT, "two")];
    plan.inputs.send_modify(|inputs| inputs.groups = groups);
    arrivals.wait_for(20).await;
    // The first group was handed over: nobody asks for it any more.
    wait_for_async("the first group to be left alone", || async {
        cloud.aws.forget_calls();
        wait_for_async("looks", || async {
            (cloud.aws.calls_of("logs", "FilterLogEvents").len() > 5).then_some(())
        })
        .await;
        let calls = cloud.aws.calls_of("logs", "FilterLogEvents");
        let is_of_two = |name: Option<&str>| name == Some("two");
        calls.iter().all(|call| is_of_two(call.parameter("logGroupName"))).then_some(())
    })
    .await;
    assert_eq!(arrivals.repeated(), 0);
    assert!(worker.end().await.is_clean());
}

#[tokio::test]
async fn a_group_that_cannot_be_read_is_shown_and_holds_up_no_other() {
    let cloud = Cloud::new(Quirks::default());
    cloud.groups.add(events("flows", 0..10, 0, 0));
    let denied = weir_testkit::Fault::denied("logs:FilterLogEvents");
    let forbidden = cloud.aws.on("logs", "FilterLogEvents");
    forbidden.with_parameter("logGroupName", "forbidden").answer(denied);
    let arrivals = Arrivals::default();
    let groups = ["forbidden", "missing", "flows"];
    let mut plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &groups);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(10).await;
    for words in ["logs:FilterLogEvents", "does not exist"] {
        wait_for_async(words, || async {
            worker.meter.status().last_error.contains(words).then_some(())
        })
        .await;
    }
    assert!(worker.end().await.is_clean());
}

#[tokio::test]
async fn a_group_that_the_store_knows_nothing_of_is_refused_unless_it_may_begin() {
    let cloud = Cloud::new(Quirks::default());
    cloud.groups.add(events("flows", 0..10, 0, 0));
    let (arrivals, store) = (Arrivals::default(), Arc::new(MemoryStore::default()));
    let mut plan = Plan::new(cloud.aws.url(), store, &["flows"]);
    let may_begin = |plan: &Plan, begin| {
        plan.inputs.send_modify(|inputs| inputs.groups[0].begin = begin);
    };
    may_begin(&plan, false);
    let report = plan.start(arrivals.committing()).ended().await;
    let End::Fatal(error) = report.end else { panic!("{report:?}") };
    let error = error.describe();
    assert!(error.contains("the store has no leases of `111111111111/eu-west-1/flows`"), "{error}");
    assert_eq!(arrivals.lines(), 0);

    may_begin(&plan, true);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(10).await;
    assert!(worker.end().await.is_clean());
    // What has begun goes on without being told again.
    may_begin(&plan, false);
    let worker = plan.start(arrivals.committing());
    cloud.groups.add(events("flows", 10..20, 0, 0));
    arrivals.wait_for(20).await;
    assert!(worker.end().await.is_clean());
    assert_eq!(arrivals.repeated(), 0);
}
