//! What services read of what is enabled, and what they pass over.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use weir_aws::Access;
use weir_control::inputs::{
    BucketSource, Found, Input, InputSource, Inputs, LogGroupSource, StreamPosition, StreamSource,
    inputs,
};
use weir_control::settings::{self, FileSettings};
use weir_flowlog::LogFormat;
use weir_ingest_cloudwatch::Covered;
use weir_ingest_kinesis::{Retrieval, StreamConfig};
use weir_ingest_s3::{BetterSource, Coverage as _, Decision, QueueInput};
use weir_inventory::coverage::{CoveredFlowLog, Link, Source, Ways};
use weir_inventory::region::TrafficType;
use weir_lease::InitialPosition;
use weir_store::{MemoryStore, Store, StoreOptions};

use super::*;

const ACCOUNT: &str = "111122223333";
const STREAM: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/k";
const GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:g";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:444455556666:q";

fn input(source: InputSource) -> Input {
    let (account_id, region) = (ACCOUNT.to_owned(), "eu-west-1".to_owned());
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

fn stream(arn: &str, initial_position: StreamPosition) -> Input {
    let (arn, enhanced_fan_out) = (arn.to_owned(), false);
    let source = StreamSource { arn, enhanced_fan_out, initial_position };
    input(InputSource::KinesisStream(source))
}

fn streams(file: Vec<StreamConfig>) -> impl FnMut(&Known<'_>) -> Arc<[StreamConfig]> {
    super::streams(file, "installation".to_owned())
}

fn latest() -> Input {
    stream(STREAM, StreamPosition::Latest)
}

fn group(arn: &str) -> Input {
    input(InputSource::LogGroup(LogGroupSource { arn: arn.to_owned() }))
}

fn bucket(queue_arn: &str) -> Input {
    let (bucket, queue_arn) = ("b".to_owned(), queue_arn.to_owned());
    input(InputSource::Bucket(BucketSource { bucket, queue_arn }))
}

/// What is followed of a store in which somebody has done this.
async fn followed(enable: impl Fn(&mut Inputs)) -> EnabledInputs {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(StoreOptions::default()));
    let change = |stored: &mut Inputs| {
        enable(stored);
        Ok::<_, Infallible>(())
    };
    inputs().update(&*store, None, change).await.unwrap();
    let mut followed = weir_control::inputs::follow(&store);
    let known = followed.wait_for(Option::is_some);
    tokio::time::timeout(Duration::from_secs(30), known).await.unwrap().unwrap();
    followed
}

/// What is made of it at a time.
fn at<T>(followed: &EnabledInputs, now: u64, mut make: impl FnMut(&Known<'_>) -> T) -> T {
    let (inputs, settings) = (followed.borrow().clone(), FileSettings::default());
    let settings = settings::of_file(&settings).borrow().clone();
    make(&Known { inputs: inputs.as_deref(), settings: &settings, now })
}

#[tokio::test]
async fn an_enabled_bucket_is_read_through_its_queue_and_the_file_s_queue_as_the_file_says() {
    let followed = followed(|all| {
        all.enable(bucket(QUEUE), 100);
        all.enable(bucket("arn:aws:sqs:eu-west-1:444455556666:no queue"), 100);
    })
    .await;
    let read = at(&followed, 200, queues(weir_ingest_s3::Inputs::default()));
    let expected = QueueInput {
        bucket_access: Access::Account(ACCOUNT.to_owned()),
        ..QueueInput::new(QUEUE.parse().unwrap())
    };
    assert_eq!(read.queues, [expected]);
    assert_eq!(read.queues[0].access, Access::Account("444455556666".to_owned()));

    let url = "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/444455556666/q";
    let of_file = QueueInput { access: Access::Own, ..QueueInput::new(url.parse().unwrap()) };
    let file = weir_ingest_s3::Inputs { queues: vec![of_file.clone()], ..Default::default() };
    assert_eq!(at(&followed, 200, queues(file)).queues, [of_file]);
}

#[tokio::test]
async fn an_enabled_stream_begins_where_it_was_enabled_however_late_its_reader_starts() {
    let named = |name| format!("arn:aws:kinesis:eu-west-1:111122223333:stream/{name}");
    let followed = followed(|all| {
        all.enable(latest(), 100);
        all.enable(stream(&named("oldest"), StreamPosition::TrimHorizon), 100);
        all.enable(stream(&named("timed"), StreamPosition::AtTimestamp(7)), 100);
        all.enable(
            stream("arn:aws:kinesis:eu-west-1:111122223333:consumer", Default::default()),
            1,
        );
    })
    .await;
    let read = at(&followed, 1_000_000, streams(Vec::new()));
    let read: Vec<_> = read.iter().map(|each| (each.name.as_str(), each.initial)).collect();
    let expected = [
        ("k", InitialPosition::AtTimestamp(100_000)),
        ("oldest", InitialPosition::TrimHorizon),
        ("timed", InitialPosition::AtTimestamp(7000)),
    ];
    assert_eq!(read, expected);
    let read = at(&followed, 1_000_000, streams(Vec::new()));
    let place = |each: &StreamConfig| (each.account_id.clone(), each.region.clone(), each.begin);
    assert_eq!(place(&read[0]), (Some(ACCOUNT.to_owned()), "eu-west-1".to_owned(), true));
}

#[tokio::test]
async fn a_stream_is_read_with_enhanced_fan_out_as_the_consumer_of_the_installation() {
    let arn = STREAM.to_owned();
    let source = StreamSource { arn, enhanced_fan_out: true, initial_position: Default::default() };
    let fanned_out = input(InputSource::KinesisStream(source));
    let followed = followed(|all| {
        all.enable(fanned_out.clone(), 100);
    })
    .await;
    let read = at(&followed, 200, streams(Vec::new()));
    assert_eq!(read[0].retrieval, Retrieval::FanOut { consumer: "installation".to_owned() });
    // The file polls it, whatever is enabled.
    let of_file = StreamConfig::new("eu-west-1", "k");
    let read = at(&followed, 200, streams(vec![of_file]));
    assert_eq!(read.len(), 2);
    assert!(read.iter().all(|stream| stream.retrieval == Retrieval::Polling));
}

#[tokio::test]
async fn a_stream_of_the_file_is_read_as_the_file_says() {
    let followed = followed(|all| all.enable(latest(), 100)).await;
    let log_format = Some(Arc::new(LogFormat::parse("srcaddr dstaddr").unwrap()));
    let any = StreamConfig { log_format, ..StreamConfig::new("eu-west-1", "k") };
    let named = StreamConfig { account_id: Some(ACCOUNT.to_owned()), ..any.clone() };
    let other = StreamConfig { account_id: Some("1".repeat(12)), ..any.clone() };
    assert_eq!(*at(&followed, 200, streams(vec![named.clone()])), [named]);
    assert_eq!(at(&followed, 200, streams(vec![other])).len(), 2);
    // It may be another one: it is read with the same fields.
    let read = at(&followed, 200, streams(vec![any.clone()]));
    assert_eq!((read.len(), &read[1].log_format), (2, &any.log_format));
}

#[tokio::test]
async fn an_enabled_log_group_begins_where_it_was_enabled_and_the_times_are_the_settings() {
    let followed = followed(|all| {
        all.enable(group(GROUP), 100);
        all.enable(group("no group"), 100);
    })
    .await;
    let file = weir_ingest_cloudwatch::Inputs {
        interval: Duration::from_secs(7),
        ..weir_ingest_cloudwatch::Inputs::default()
    };
    let read = at(&followed, 200, groups(file));
    assert_eq!(read.groups.len(), 1);
    assert_eq!(read.groups[0].group.arn(), GROUP);
    assert_eq!(read.groups[0].start, InitialPosition::AtTimestamp(100_000));
    assert_eq!(read.groups[0].access, Access::Account(ACCOUNT.to_owned()));
    assert_eq!(read.interval, Duration::from_secs(30), "the setting counts: it has the file's");
}

#[tokio::test]
async fn a_disabled_input_is_read_for_another_hour() {
    let followed = followed(|all| {
        all.enable(latest(), 100);
        all.disable(STREAM, 1000);
    })
    .await;
    assert_eq!(at(&followed, 1000 + READ_ON, streams(Vec::new())).len(), 1);
    assert_eq!(at(&followed, 1001 + READ_ON, streams(Vec::new())).len(), 0);
}

/// fl-1 reaches the log group, and through a subscription the stream; fl-2 of the same VPC the
/// bucket.
fn found() -> Found {
    let flow_log = |id: &str| CoveredFlowLog {
        id: id.to_owned(),
        resource_id: "vpc-1".to_owned(),
        traffic: TrafficType::All,
        log_format: String::new(),
    };
    let source = |flow_log_id: &str, input: &Input| Source {
        flow_log_id: flow_log_id.to_owned(),
        input_id: input.source.id(),
        is_whole: true,
        switch_over: 0,
    };
    let sources = vec![
        source("fl-1", &latest()),
        source("fl-1", &group(GROUP)),
        source("fl-2", &bucket(QUEUE)),
    ];
    let link = Link { log_group: GROUP.to_owned(), stream: STREAM.to_owned(), switch_over: 0 };
    Found {
        flow_logs: vec![flow_log("fl-1"), flow_log("fl-2")],
        ways: Ways { sources, links: vec![link] },
        resources: Default::default(),
    }
}

/// A log group and its stream are enabled after a bucket, and disabled again.
async fn covered_for_a_time() -> EnabledInputs {
    followed(|all| {
        all.enable(bucket(QUEUE), 100);
        all.enable(group(GROUP), 1000);
        all.enable(latest(), 1000);
        all.has_read(GROUP, 1000);
        all.has_read(STREAM, 1000);
        all.take_notice(&found(), 1000);
        all.disable(GROUP, 9000);
        all.disable(STREAM, 9000);
        all.take_notice(&found(), 9000);
    })
    .await
}

#[tokio::test]
async fn an_object_is_passed_over_where_better_inputs_have_all_of_its_records() {
    let coverage = BetterInputs::new(covered_for_a_time().await);
    let decide = |flow_log, end| coverage.decide(flow_log, UNIX_EPOCH + Duration::from_secs(end));
    let skipped = Decision::Skip(BetterSource::Kinesis);
    assert_eq!(decide("fl-2", 1060), Decision::Export, "the first ends at the switch-over");
    assert_eq!(decide("fl-2", 1061), skipped);
    assert_eq!(decide("fl-2", 9000 - 300), skipped);
    assert_eq!(decide("fl-2", 9000 - 299), Decision::Export, "the last ends after the stream");
    assert_eq!(decide("fl-unknown", 5000), Decision::Export);
    let nothing = BetterInputs::new(watch::Sender::new(None).subscribe());
    assert_eq!(nothing.decide("fl-2", SystemTime::now()), Decision::Export);
}

#[tokio::test]
async fn a_log_group_is_passed_over_while_a_stream_has_it() {
    let followed = covered_for_a_time().await;
    let read = at(&followed, 9001, groups(weir_ingest_cloudwatch::Inputs::default()));
    let covered = &read.groups[0].covered;
    assert_eq!(*covered, [Covered { after: 1_060_000, until: Some(9_000_000) }]);
}

#[tokio::test]
async fn a_locked_file_is_all_that_counts() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(StoreOptions::default()));
    let enable = |stored: &mut Inputs| {
        stored.enable(latest(), 100);
        Ok::<_, Infallible>(())
    };
    inputs().update(&*store, None, enable).await.unwrap();
    let mut config = Config::default();
    config.control.locked = true;
    config.services.store = StoreSettings::File("weir.redb".into());
    assert!(!may_come(&config));
    let settings = settings::of_file(&config.file_settings());
    let mut read = super::watch(follow(&config, &store), settings.clone(), streams(Vec::new()));
    assert!(read.borrow_and_update().is_empty());
    config.control.locked = false;
    assert!(may_come(&config));
    let mut open = super::watch(follow(&config, &store), settings, streams(Vec::new()));
    let one = open.wait_for(|streams| streams.len() == 1);
    tokio::time::timeout(Duration::from_secs(30), one).await.unwrap().unwrap();
    assert!(!read.has_changed().unwrap() && read.borrow().is_empty());
}
