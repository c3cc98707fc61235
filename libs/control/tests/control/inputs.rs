//! Inputs: when they count, and what their readers see of it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use weir_control::inputs::{
    BucketSource, Found, Input, InputSource, Inputs, LogGroupSource, SWITCH_OVER_MARGIN,
    StreamPosition, StreamSource, follow, inputs,
};
use weir_inventory::coverage::{CoveredFlowLog, Link, Source, SourceKind, Ways};
use weir_inventory::region::TrafficType;
use weir_store::{MemoryStore, Store, StoreOptions};
use weir_testkit::soon;

const STREAM: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/k";
const GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:g";
const BUCKET: &str = "b arn:aws:sqs:eu-west-1:111122223333:q";
const DAY: u64 = 24 * 60 * 60;

fn input(source: InputSource) -> Input {
    let (account_id, region) = ("111122223333".to_owned(), "eu-west-1".to_owned());
    Input {
        source,
        account_id,
        region,
        since: 0,
        until: None,
        read_since: None,
        is_done: false,
        rule: None,
    }
}

fn stream() -> Input {
    input(InputSource::KinesisStream(StreamSource {
        arn: STREAM.to_owned(),
        enhanced_fan_out: false,
        initial_position: StreamPosition::Latest,
    }))
}

fn group() -> Input {
    input(InputSource::LogGroup(LogGroupSource { arn: GROUP.to_owned() }))
}

fn bucket() -> Input {
    let queue_arn = "arn:aws:sqs:eu-west-1:111122223333:q".to_owned();
    input(InputSource::Bucket(BucketSource { bucket: "b".to_owned(), queue_arn }))
}

/// fl-1 reaches the log group, and through a subscription the stream; fl-2 the bucket. Both are
/// of one VPC.
fn found(is_whole: bool) -> Found {
    let flow_log = |id: &str| CoveredFlowLog {
        id: id.to_owned(),
        resource_id: "vpc-1".to_owned(),
        traffic: TrafficType::All,
        log_format: String::new(),
    };
    let source = |flow_log_id: &str, input_id: &str, is_whole| Source {
        flow_log_id: flow_log_id.to_owned(),
        input_id: input_id.to_owned(),
        is_whole,
        switch_over: 0,
    };
    let link = Link { log_group: GROUP.to_owned(), stream: STREAM.to_owned(), switch_over: 0 };
    Found {
        flow_logs: vec![flow_log("fl-1"), flow_log("fl-2")],
        ways: Ways {
            sources: vec![
                source("fl-1", STREAM, is_whole),
                source("fl-1", GROUP, true),
                source("fl-2", BUCKET, true),
            ],
            links: Vec::from_iter(is_whole.then_some(link)),
        },
        resources: Default::default(),
    }
}

/// What was passed over: for each flow log the input, the better one, and between which times.
fn passed_over(inputs: &Inputs) -> Vec<(String, String, u64, Option<u64>)> {
    let all = inputs.passed_over.iter().flat_map(|(flow_log, by_input)| {
        by_input
            .values()
            .flatten()
            .map(move |by| (flow_log.clone(), by.input_id.clone(), by.after, by.until))
    });
    all.collect()
}

#[test]
fn a_better_input_counts_from_its_enabling_on_and_until_its_disabling() {
    let mut inputs = Inputs::default();
    inputs.enable(bucket(), 100);
    inputs.take_notice(&found(true), 100);
    assert!(passed_over(&inputs).is_empty());
    inputs.enable(stream(), 900);
    inputs.take_notice(&found(true), 900);
    assert!(passed_over(&inputs).is_empty(), "nobody has read it");
    assert!(inputs.has_read(STREAM, 1000) && !inputs.has_read(STREAM, 1100));
    inputs.take_notice(&found(true), 1000);
    let after = 1000 + SWITCH_OVER_MARGIN;
    let wanted = |until| vec![("fl-2".to_owned(), STREAM.to_owned(), after, until)];
    assert_eq!(passed_over(&inputs), wanted(None));
    // Time alone changes nothing.
    inputs.take_notice(&found(true), 5000);
    assert_eq!(passed_over(&inputs), wanted(None));
    assert!(inputs.disable(STREAM, 6000));
    inputs.take_notice(&found(true), 6000);
    assert_eq!(passed_over(&inputs), wanted(Some(6000)));
    assert!(!inputs.disable(STREAM, 7000));
    // Enabled again, it counts from then on.
    inputs.enable(stream(), 7900);
    inputs.take_notice(&found(true), 7900);
    assert!(passed_over(&inputs).is_empty(), "nobody has read it since");
    inputs.has_read(STREAM, 8000);
    inputs.take_notice(&found(true), 8000);
    assert_eq!(passed_over(&inputs)[0].2, 8000 + SWITCH_OVER_MARGIN);
}

#[test]
fn a_way_counts_from_when_it_was_first_seen_whole() {
    let mut inputs = Inputs::default();
    inputs.enable(bucket(), 100);
    inputs.enable(stream(), 100);
    inputs.has_read(STREAM, 100);
    inputs.take_notice(&found(false), 100);
    assert!(passed_over(&inputs).is_empty());
    inputs.take_notice(&found(true), 500);
    assert_eq!(passed_over(&inputs)[0].2, 500 + SWITCH_OVER_MARGIN);
    // Gone and back again: what came in between is not known.
    inputs.take_notice(&Found::default(), 600);
    assert!(passed_over(&inputs).is_empty() && inputs.ways.is_empty());
    inputs.take_notice(&found(true), 700);
    assert_eq!(passed_over(&inputs)[0].2, 700 + SWITCH_OVER_MARGIN);
}

#[test]
fn what_was_disabled_is_read_for_a_day_and_forgotten_after_two_weeks() {
    let mut inputs = Inputs::default();
    inputs.enable(stream(), 100);
    inputs.disable(STREAM, 200);
    inputs.take_notice(&found(true), 200 + DAY);
    assert!(!inputs.inputs[STREAM].is_done);
    inputs.take_notice(&found(true), 201 + DAY);
    assert!(inputs.inputs[STREAM].is_done);
    inputs.take_notice(&found(true), 201 + 14 * DAY);
    assert!(inputs.inputs.is_empty());
}

#[tokio::test]
async fn readers_follow_what_is_enabled_and_which_records_others_have() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(StoreOptions::default()));
    let mut followed = follow(&store);
    soon("nothing to be enabled", followed.wait_for(Option::is_some)).await.unwrap();
    let enable = |inputs: &mut Inputs| {
        inputs.enable(bucket(), 100);
        inputs.enable(group(), 100);
        inputs.has_read(GROUP, 100);
        inputs.take_notice(&found(true), 100);
        inputs.enable(stream(), 1000);
        inputs.has_read(STREAM, 1000);
        inputs.take_notice(&found(true), 1000);
        Ok::<_, Infallible>(())
    };
    inputs().update(&*store, None, enable).await.unwrap();
    let are_there = |known: &Option<Arc<weir_control::inputs::FollowedInputs>>| {
        known.as_ref().is_some_and(|known| known.streams.len() == 1)
    };
    let known = soon("the inputs", followed.wait_for(are_there)).await.unwrap().clone().unwrap();
    assert_eq!((known.log_groups[0].id.as_str(), known.buckets[0].id.as_str()), (GROUP, BUCKET));
    assert_eq!((known.streams[0].since, known.streams[0].until), (1000, None));

    let kind = |better: Option<&weir_inventory::coverage::PassedOver>| better.map(|it| it.kind);
    let of_bucket = |end| kind(known.better_than_kind(SourceKind::S3, "fl-2", end));
    let of_group = |end| kind(known.better_than_log_group(GROUP).iter().find(|better| better.has(end)));
    let switched = 1000 + SWITCH_OVER_MARGIN;
    assert_eq!(of_group(switched), None);
    assert_eq!(of_group(switched + 1), Some(SourceKind::Kinesis));
    assert_eq!(of_bucket(100 + SWITCH_OVER_MARGIN), None);
    // Before the stream was enabled, the log group has them.
    assert_eq!(of_bucket(switched), Some(SourceKind::CloudWatchLogs));
    assert!(known.better_than(BUCKET, "fl-2", switched + 1).is_some());
    assert_eq!(known.better_than(BUCKET, "fl-unknown", u64::MAX), None);
    assert_eq!(known.better_than_kind(SourceKind::S3, "fl-unknown", u64::MAX), None);
    assert_eq!(known.better_than_log_group("unknown"), []);
}

#[test]
fn a_document_of_an_earlier_form_is_read() {
    let read: Inputs = serde_json::from_str("{}").unwrap();
    assert_eq!((read.inputs, read.rules), (BTreeMap::new(), BTreeMap::new()));
}
