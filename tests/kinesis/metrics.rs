//! The metrics level as people change it: on the page for Prometheus, and at CloudWatch.

use serde_json::{Value, json};
use weir_testkit::{Answer, AwsDouble, MotoServer};
use weir_tests::{AdminClient, Corpus, Oracle, Scratch, Service, UdpCollector, python, wait_for};

use crate::STEP;
use crate::installation::Installation;
use crate::stream::{REGION, Stream};

/// Puts what the double got into moto, and asks it for what it has.
const READ_BACK: &str = include_str!("metrics.py");

/// Metrics of each level, by their names on the page and at CloudWatch.
const SUMMARY: [(&str, &str); 2] = [
    ("weir_kinesis_shard_records_total", "RecordsProcessed"),
    ("weir_lease_held", "CurrentLeases"),
];
const DETAILED: [(&str, &str); 2] = [
    ("weir_kinesis_calls_total", "KinesisDataFetcher.getRecords.Success"),
    ("weir_lease_calls_total", "RenewLease.Success"),
];

fn set_level(admin: &AdminClient, level: &str) {
    let settings = json!({"kclMetricsLevel": format!("KCL_METRICS_LEVEL_{level}")});
    admin.call("SettingsService/UpdateSettings", &json!({ "settings": settings }));
}

/// Whether the page has a metric.
fn shows(worker: &Service, name: &str) -> bool {
    worker.metrics().has(name)
}

/// The names of all metrics that CloudWatch got.
fn put(aws: &AwsDouble) -> Vec<String> {
    let calls = aws.calls_of("monitoring", "PutMetricData");
    let data = calls.iter().flat_map(|call| call.parameters["MetricData"].as_array().unwrap());
    data.map(|datum| datum["MetricName"].as_str().unwrap().to_owned()).collect()
}

/// A worker whose metrics CloudWatch takes, and where its level is set.
fn measured(installation: &Installation) -> (Service, Service) {
    installation.aws().on("monitoring", "PutMetricData").answer(Answer::empty());
    let (worker, discovery) = (installation.measured_worker("a"), installation.discovery());
    discovery.wait_until_serving();
    (worker, discovery)
}

#[test]
fn a_level_that_is_set_by_a_call_counts_in_a_running_worker_on_its_page_and_at_cloudwatch() {
    let (corpus, collector, stream) = (Corpus::new(), UdpCollector::open(), Stream::create(2));
    let installation = Installation::start(&corpus, &collector, &stream.url());
    let aws = installation.aws();
    let (worker, discovery) = measured(&installation);
    let admin = AdminClient::of(&discovery);
    let mut oracle = Oracle::new(&corpus, 0..2 * STEP, collector.arrivals());
    stream.put(&corpus, 0..STEP);
    oracle.wait_for(STEP);
    let all = || SUMMARY.iter().chain(&DETAILED);
    assert!(all().all(|(shown, _)| !shows(&worker, shown)));

    let are_shown = |what: &str, names: &[(&str, &str)]| {
        wait_for(what, || {
            let got = put(aws);
            let is_there = |(shown, name): &(&str, &str)| {
                shows(&worker, shown) && got.iter().any(|put| put == name)
            };
            names.iter().all(is_there).then_some(())
        });
    };
    set_level(&admin, "SUMMARY");
    are_shown("the summary", &SUMMARY);
    assert!(DETAILED.iter().all(|(shown, _)| !shows(&worker, shown)));
    assert!(!put(aws).iter().any(|name| DETAILED.iter().any(|(_, detail)| name == detail)));
    set_level(&admin, "DETAILED");
    are_shown("the details", &DETAILED);
    stream.put(&corpus, STEP..2 * STEP);
    oracle.wait_for_all();

    set_level(&admin, "NONE");
    wait_for("nothing to be shown", || all().all(|(name, _)| !shows(&worker, name)).then_some(()));
    let calls = aws.calls_of("monitoring", "PutMetricData").len();
    end(worker);
    assert_eq!(aws.calls_of("monitoring", "PutMetricData").len(), calls, "NONE sends nothing");
    end(discovery);
    oracle.verdict().is_exact();
}

fn end(mut service: Service) {
    assert_eq!(service.terminate(), Some(0), "{}", service.log());
}

/// The SDK speaks a protocol that moto does not: what it sent is read by another client's parser
/// and put to moto, which then tells what CloudWatch has.
#[test]
fn what_is_put_is_what_others_read_at_cloudwatch() {
    let (corpus, collector, stream) = (Corpus::new(), UdpCollector::open(), Stream::create(2));
    let installation = Installation::start(&corpus, &collector, &stream.url());
    let aws = installation.aws();
    let (worker, discovery) = measured(&installation);
    set_level(&AdminClient::of(&discovery), "DETAILED");
    wait_for("the level to count", || (!put(aws).is_empty()).then_some(()));
    let mut oracle = Oracle::new(&corpus, 0..STEP, collector.arrivals());
    stream.put(&corpus, 0..STEP);
    oracle.wait_for_all();
    let are_told = || put(aws).iter().any(|name| name == "CurrentLeases");
    wait_for("the leases to be told", || are_told().then_some(()));
    end(worker);

    let (moto, scratch) = (MotoServer::start(), Scratch::new());
    let mut command = python();
    command.args(["-c", READ_BACK, &moto.url(), REGION, "weir"]);
    for call in aws.calls_of("monitoring", "PutMetricData") {
        command.arg(scratch.write(&format!("{}.cbor", call.order), &call.body));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let metrics = read.as_array().unwrap();
    let of = |name: &'static str| metrics.iter().filter(move |metric| metric["name"] == name);
    let sum =
        |name: &'static str| of(name).map(|metric| metric["sum"].as_f64().unwrap()).sum::<f64>();
    let records = stream.records();
    assert_eq!(sum("RecordsProcessed"), records.len() as f64);
    assert_eq!(sum("DataBytesProcessed"), records.iter().map(|put| put.octets).sum::<u64>() as f64);
    let shards: Vec<_> = of("RecordsProcessed").map(|it| &it["dimensions"]["ShardId"]).collect();
    assert_eq!(shards, ["shardId-000000000000", "shardId-000000000001"]);
    let leases: Vec<_> = of("CurrentLeases").collect();
    let [leases] = leases.as_slice() else { panic!("{leases:?}") };
    assert_eq!(leases["dimensions"]["Operation"], "RenewAllLeases");
    assert_eq!((&leases["most"], &leases["unit"]), (&json!(2.0), &json!("Count")));
    assert!(sum("UpdateLease.Time") > 0.0);
    assert_eq!(of("UpdateLease.Time").next().unwrap()["unit"], "Milliseconds");
    end(discovery);
}
