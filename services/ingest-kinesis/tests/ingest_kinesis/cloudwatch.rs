//! Metrics that are put to CloudWatch, which the double of AWS plays.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use weir_control::settings::MetricsLevel;
use weir_ingest_kinesis::{CloudWatchConfig, KinesisConfig};
use weir_testkit::{Answer, AwsDouble, Fault, Gate, wait_for_async};

use crate::metrics::Page;
use crate::sandbox::{ACCOUNT, Sandbox, Worker, stream};

const NAMESPACE: &str = "weir-test";
const HOUR: Duration = Duration::from_secs(3600);

/// A metric that was put: its operation and name.
type Name = (String, String);

/// What was put of all metrics: how many values, and their sum.
fn put(aws: &AwsDouble) -> BTreeMap<Name, (f64, f64)> {
    let mut all: BTreeMap<Name, (f64, f64)> = BTreeMap::new();
    for datum in data(aws) {
        let number = |name: &str| datum["StatisticValues"][name].as_f64().unwrap();
        let (least, most) = (number("Minimum"), number("Maximum"));
        assert!(least <= most && number("Sum") >= least, "{datum}");
        let (count, sum) = all.entry(name(&datum)).or_default();
        *count += number("SampleCount");
        *sum += number("Sum");
    }
    all
}

fn data(aws: &AwsDouble) -> Vec<Value> {
    let calls = aws.calls_of("monitoring", "PutMetricData").into_iter();
    let taken = calls.filter(|call| call.status == Some(200));
    taken.flat_map(|call| call.parameters["MetricData"].as_array().unwrap().clone()).collect()
}

fn name(datum: &Value) -> Name {
    (dimension(datum, "Operation").unwrap(), datum["MetricName"].as_str().unwrap().to_owned())
}

fn dimension(datum: &Value, name: &str) -> Option<String> {
    let dimensions = datum["Dimensions"].as_array().unwrap();
    let found = dimensions.iter().find(|dimension| dimension["Name"] == name)?;
    found["Value"].as_str().map(str::to_owned)
}

fn sum(aws: &AwsDouble, operation: &str, name: &str) -> f64 {
    put(aws).get(&(operation.to_owned(), name.to_owned())).map_or(0.0, |(_, sum)| *sum)
}

/// A stream of two shards, and a CloudWatch that takes everything.
async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_shards(2).await;
    takes_metrics(&sandbox);
    sandbox
}

/// CloudWatch takes everything.
pub(crate) fn takes_metrics(sandbox: &Sandbox) {
    sandbox.aws.on("monitoring", "PutMetricData").answer(Answer::empty());
}

/// A worker that puts a summary in this namespace.
pub(crate) fn putting(sandbox: &Sandbox, namespace: &str) -> Worker {
    sandbox.worker_with("a", stream(), |config: &mut KinesisConfig| {
        config.metrics_level = level(MetricsLevel::Summary).1;
        let cloudwatch = CloudWatchConfig::new(namespace, "host-1");
        config.cloudwatch = Some(CloudWatchConfig { interval: SHORT, ..cloudwatch });
    })
}

/// A worker that puts metrics so often.
fn worker(sandbox: &Sandbox, level: watch::Receiver<MetricsLevel>, interval: Duration) -> Worker {
    sandbox.worker_with("a", stream(), |config: &mut KinesisConfig| {
        config.metrics_level = level;
        let cloudwatch = CloudWatchConfig::new(NAMESPACE, "host-1");
        config.cloudwatch = Some(CloudWatchConfig { interval, ..cloudwatch });
    })
}

fn level(level: MetricsLevel) -> (watch::Sender<MetricsLevel>, watch::Receiver<MetricsLevel>) {
    watch::channel(level)
}

/// Reads 20 records.
async fn read(sandbox: &Sandbox) {
    let expected = sandbox.put_batches(0..20).await;
    sandbox.delivered.wait_for(&expected).await;
}

const SHORT: Duration = Duration::from_millis(200);

/// The names of the metrics of the level SUMMARY, where records came before it.
const SUMMARY: [&str; 10] = [
    "CurrentLeases",
    "DataBytesProcessed",
    "ExpiredLeases",
    "LostLeases",
    "MillisBehindLatest",
    "NumWorkers",
    "RecordsProcessed",
    "Success",
    "TakenLeases",
    "Time",
];

fn names(aws: &AwsDouble) -> BTreeSet<String> {
    put(aws).into_keys().map(|(_, name)| name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_go_under_the_names_dimensions_and_units_of_the_library() {
    let sandbox = sandbox().await;
    let (_level, levels) = level(MetricsLevel::Detailed);
    let worker = worker(&sandbox, levels, SHORT);
    read(&sandbox).await;
    wait_for_async("renewals", async || {
        (sum(&sandbox.aws, "RenewAllLeases", "RenewLease.Success") >= 2.0).then_some(())
    })
    .await;
    assert!(worker.stop().await.is_clean());

    let shards: BTreeSet<String> =
        sandbox.leases().await.into_iter().map(|(unit, _)| unit.name).collect();
    let sets: BTreeSet<String> =
        sandbox.leases().await.into_iter().map(|(unit, _)| unit.set).collect();
    let (mut of_shards, mut of_streams) = (BTreeSet::new(), BTreeSet::new());
    let mut units: BTreeMap<Name, String> = BTreeMap::new();
    for datum in data(&sandbox.aws) {
        let (operation, metric) = name(&datum);
        let names = datum["Dimensions"].as_array().unwrap().iter();
        let names: Vec<_> = names.map(|dimension| dimension["Name"].as_str().unwrap()).collect();
        match operation.as_str() {
            "ProcessTask" => assert_eq!(names, ["Operation", "StreamId", "ShardId"]),
            "ShardSyncTask" => assert_eq!(names, ["Operation"]),
            _ => assert_eq!(names, ["Operation", "WorkerIdentifier"]),
        }
        of_shards.extend(dimension(&datum, "ShardId"));
        of_streams.extend(dimension(&datum, "StreamId"));
        assert!(dimension(&datum, "WorkerIdentifier").is_none_or(|worker| worker == "host-1"));
        units.insert((operation, metric), datum["Unit"].as_str().unwrap().to_owned());
    }
    assert_eq!((of_shards, of_streams), (shards, sets));
    let expected: [(&str, &str, &str); 28] = [
        ("ProcessTask", "DataBytesProcessed", "Bytes"),
        ("ProcessTask", "KinesisDataFetcher.getRecords.Success", "Count"),
        ("ProcessTask", "KinesisDataFetcher.getRecords.Time", "Milliseconds"),
        ("ProcessTask", "KinesisDataFetcher.getShardIterator.Success", "Count"),
        ("ProcessTask", "KinesisDataFetcher.getShardIterator.Time", "Milliseconds"),
        ("ProcessTask", "MillisBehindLatest", "Milliseconds"),
        ("ProcessTask", "RecordProcessor.processRecords.Time", "Milliseconds"),
        ("ProcessTask", "RecordsProcessed", "Count"),
        ("ProcessTask", "UpdateLease.Success", "Count"),
        ("ProcessTask", "UpdateLease.Time", "Milliseconds"),
        ("RenewAllLeases", "CurrentLeases", "Count"),
        ("RenewAllLeases", "LostLeases", "Count"),
        ("RenewAllLeases", "RenewLease.Success", "Count"),
        ("RenewAllLeases", "RenewLease.Time", "Milliseconds"),
        ("ShardSyncTask", "CreateLease.Success", "Count"),
        ("ShardSyncTask", "CreateLease.Time", "Milliseconds"),
        ("ShardSyncTask", "Success", "Count"),
        ("ShardSyncTask", "Time", "Milliseconds"),
        ("TakeLeases", "ExpiredLeases", "Count"),
        ("TakeLeases", "LeasesToTake", "Count"),
        ("TakeLeases", "ListLeases.Success", "Count"),
        ("TakeLeases", "ListLeases.Time", "Milliseconds"),
        ("TakeLeases", "NeededLeases", "Count"),
        ("TakeLeases", "NumWorkers", "Count"),
        ("TakeLeases", "TakeLease.Success", "Count"),
        ("TakeLeases", "TakeLease.Time", "Milliseconds"),
        ("TakeLeases", "TakenLeases", "Count"),
        ("TakeLeases", "TotalLeases", "Count"),
    ];
    let owned = |(operation, metric, unit): &(&str, &str, &str)| {
        (((*operation).to_owned(), (*metric).to_owned()), (*unit).to_owned())
    };
    assert_eq!(units, expected.iter().map(owned).collect());

    // No value is lost on the way, and none counts twice.
    let aws = &sandbox.aws;
    assert_eq!(sum(aws, "ProcessTask", "RecordsProcessed"), 20.0);
    assert_eq!(sum(aws, "ShardSyncTask", "CreateLease.Success"), 2.0);
    assert_eq!(sum(aws, "TakeLeases", "TakenLeases"), 2.0);
    assert_eq!(sum(aws, "TakeLeases", "TakeLease.Success"), 2.0);
    assert_eq!(sum(aws, "RenewAllLeases", "LostLeases"), 0.0);
    let calls = aws.calls_of("monitoring", "PutMetricData");
    assert!(calls.iter().all(|call| call.parameter("Namespace") == Some(NAMESPACE)));
    assert!(calls.iter().all(|call| call.account.as_deref() == Some(ACCOUNT)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_level_says_what_goes_at_each_time_and_none_sends_nothing() {
    let sandbox = sandbox().await;
    let (level, levels) = level(MetricsLevel::None);
    let worker = worker(&sandbox, levels, SHORT);
    read(&sandbox).await;
    assert_eq!(sandbox.aws.calls_of("monitoring", "*").len(), 0);

    level.send_replace(MetricsLevel::Summary);
    wait_for_async("the summary", async || {
        (names(&sandbox.aws).len() >= SUMMARY.len()).then_some(())
    })
    .await;
    assert_eq!(names(&sandbox.aws), SUMMARY.map(str::to_owned).into());

    level.send_replace(MetricsLevel::Detailed);
    let detail = "KinesisDataFetcher.getRecords.Success";
    wait_for_async("details", async || names(&sandbox.aws).contains(detail).then_some(())).await;

    level.send_replace(MetricsLevel::None);
    let after = sandbox.put_batches(20..30).await;
    sandbox.delivered.wait_for(&after).await;
    let calls = sandbox.aws.calls_of("monitoring", "PutMetricData").len();
    assert!(worker.stop().await.is_clean());
    assert!(sandbox.aws.calls_of("monitoring", "PutMetricData").len() == calls);
    assert_eq!(sum(&sandbox.aws, "ProcessTask", "RecordsProcessed"), 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lowered_level_counts_for_what_waits_to_be_put_too() {
    let page = Page::new();
    let sandbox = Sandbox::with_shards(2).await;
    let denied = Fault::denied("cloudwatch:PutMetricData");
    sandbox.aws.on("monitoring", "PutMetricData").answer(denied);
    let (level, levels) = level(MetricsLevel::Detailed);
    let worker = worker(&sandbox, levels, SHORT);
    read(&sandbox).await;
    wait_for_async("a failure", async || (!worker.status().last_error.is_empty()).then_some(()))
        .await;
    level.send_replace(MetricsLevel::Summary);
    takes_metrics(&sandbox);
    wait_for_async("the records to be put", async || {
        (sum(&sandbox.aws, "ProcessTask", "RecordsProcessed") == 20.0).then_some(())
    })
    .await;
    assert!(worker.stop().await.is_clean());
    let of_records = "RecordProcessor.processRecords.Time";
    let summary = SUMMARY.into_iter().chain([of_records]).map(str::to_owned).collect();
    assert_eq!(names(&sandbox.aws), summary);
    let dropped = page.values("weir_kinesis_cloudwatch_dropped_total", "reason=\"level\"");
    assert!(dropped.iter().sum::<f64>() > 0.0, "{dropped:?}");
    let all = page.values("weir_kinesis_cloudwatch_dropped_total", "");
    assert_eq!(all, dropped, "nothing is dropped for another reason");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_is_put_at_the_end() {
    let sandbox = sandbox().await;
    let (_level, levels) = level(MetricsLevel::Summary);
    let worker = worker(&sandbox, levels, HOUR);
    read(&sandbox).await;
    assert_eq!(sandbox.aws.calls_of("monitoring", "*").len(), 0);
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.aws.calls_of("monitoring", "PutMetricData").len(), 1);
    assert_eq!(sum(&sandbox.aws, "ProcessTask", "RecordsProcessed"), 20.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloudwatch_that_never_answers_holds_up_neither_reading_nor_the_end() {
    let page = Page::new();
    let sandbox = Sandbox::with_shards(2).await;
    let never = Gate::closed();
    sandbox.aws.on("monitoring", "PutMetricData").answer(Answer::empty().behind(&never));
    let (_level, levels) = level(MetricsLevel::Detailed);
    let worker = worker(&sandbox, levels, SHORT);
    wait_for_async("a call", async || {
        (!sandbox.aws.calls_of("monitoring", "*").is_empty()).then_some(())
    })
    .await;
    read(&sandbox).await;
    assert!(worker.stop().await.is_clean());
    assert!(sandbox.leases().await.iter().all(|(_, lease)| lease.owner.is_none()));
    let ended = page.values("weir_kinesis_cloudwatch_dropped_total", "reason=\"ended\"");
    assert!(ended.iter().sum::<f64>() > 0.0, "what is dropped is counted: {ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_put_is_told_once_and_put_later() {
    let page = Page::new();
    let sandbox = Sandbox::with_shards(2).await;
    takes_metrics(&sandbox);
    let denied = Fault::denied("cloudwatch:PutMetricData");
    sandbox.aws.on("monitoring", "PutMetricData").times(2).answer(denied);
    let (_level, levels) = level(MetricsLevel::Summary);
    let worker = worker(&sandbox, levels, SHORT);
    read(&sandbox).await;
    wait_for_async("the error to be shown", async || {
        let error = worker.status().last_error;
        let is_it = error.starts_with("metrics for CloudWatch: metrics cannot be put")
            && error.contains("cloudwatch:PutMetricData");
        is_it.then_some(())
    })
    .await;
    wait_for_async("all records to be counted there", async || {
        (sum(&sandbox.aws, "ProcessTask", "RecordsProcessed") == 20.0).then_some(())
    })
    .await;
    assert_eq!(worker.status().source_errors, 1, "two failures, told once");
    assert!(worker.stop().await.is_clean());
    let errors = page.values("weir_kinesis_cloudwatch_errors_total", "error=\"denied\"");
    assert_eq!(errors, [2.0]);
    assert!(page.values("weir_kinesis_cloudwatch_put_total", "")[0] > 0.0);
    let dropped = page.values("weir_kinesis_cloudwatch_dropped_total", "");
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cloudwatch_does_not_accept_is_dropped_and_counted_and_the_rest_goes_on() {
    let page = Page::new();
    let sandbox = Sandbox::with_shards(2).await;
    takes_metrics(&sandbox);
    let refused = Answer::error("InvalidParameterValueException", "The value is out of range.");
    sandbox.aws.on("monitoring", "PutMetricData").times(1).answer(refused);
    let (_level, levels) = level(MetricsLevel::Summary);
    let worker = worker(&sandbox, levels, SHORT);
    wait_for_async("a call that is taken", async || (!put(&sandbox.aws).is_empty()).then_some(()))
        .await;
    assert!(worker.stop().await.is_clean());
    let refused = page.values("weir_kinesis_cloudwatch_dropped_total", "reason=\"refused\"");
    let first = sandbox.aws.calls_of("monitoring", "PutMetricData").remove(0);
    let count = first.parameters["MetricData"].as_array().unwrap().len();
    assert_eq!(refused, [count as f64]);
}
