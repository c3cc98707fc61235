//! A log group of flow logs with several formats, which discovery finds and nobody configures.

use std::collections::BTreeSet;

use serde_json::json;
use weir_testkit::RedisServer;
use weir_tests::{
    AdminClient, Corpus, MixedFormats, Oracle, Plan, Service, TcpCollector, TcpMode, wait_for,
};

use crate::cloud::{ACCOUNT, Cloud, REGION};

const RECORDS: u64 = 6_000;

/// Log formats in an answer.
fn formats(of: &serde_json::Value) -> BTreeSet<String> {
    let formats = of["logFormats"].as_array().expect("a list");
    formats.iter().map(|format| format.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn lines_are_read_by_the_formats_of_the_flow_logs_of_their_interfaces() {
    let (corpus, cloud, redis) = (Corpus::new(), Cloud::open(), RedisServer::start());
    let mixed = MixedFormats::of(&corpus, 0..RECORDS, ACCOUNT, REGION);
    mixed.answer(&cloud.aws, None);
    let collector = TcpCollector::open(TcpMode::Reading);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    let start = |name: &str, subcommand: &str, section: &str| {
        let text = format!(
            "[rpc]\nplaintext = true\n[telemetry]\nlog_form = \"json\"\n[store]\nurl = \"{}\"\n\
             {section}\n{}[aws.regions]\nallow = [\"{REGION}\"]\n",
            redis.url(),
            cloud.account()
        );
        let config = plan.scratch().write(&format!("{name}.toml"), text);
        Service::start(name, subcommand, &[], &config)
    };
    let stage = Cloud::stage(&format!("enrichers = [\"{}\"]", enricher.data_url()));
    let mut worker = start("worker", "ingest-cloudwatch", &stage);
    let discovery = "[discovery]\nadmin_listen = \"127.0.0.1:0\"\nip_ranges = \"bundled\"";
    let mut discovery = start("discovery", "discovery", discovery);
    discovery.wait_until_serving();
    let admin = AdminClient::of(&discovery);
    admin.call("DiscoveryService/RunDiscovery", &json!({}));
    let request = json!({"log_group": {"arn": mixed.group_arn()}});
    let enabled = admin.call("InputService/EnableInput", &request);
    let expected: BTreeSet<_> = MixedFormats::formats().into();
    assert_eq!(formats(&enabled["input"]), expected);

    // A group begins with what comes after it was enabled.
    cloud.put_mixed(&mixed, &corpus, 0..RECORDS / 2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 2);
    cloud.put_mixed(&mixed, &corpus, RECORDS / 2..RECORDS);
    oracle.wait_for_all().is_exact();
    wait_for("the formats in use to be shown", || {
        let status = admin.call("IngestService/ListInputStatus", &json!({}));
        (formats(&status["inputs"][0]) == expected).then_some(())
    });
    let listed = admin.call("InputService/ListInputs", &json!({}));
    assert_eq!(formats(&listed["inputs"][0]), expected);
    let of_logs = listed["flowLogs"].as_array().expect("a list").iter();
    let of_logs: BTreeSet<_> =
        of_logs.map(|log| log["logFormat"].as_str().expect("a text")).collect();
    assert_eq!(of_logs, expected.iter().map(String::as_str).collect());
    assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    assert_eq!(discovery.terminate(), Some(0), "{}", discovery.log());
}
