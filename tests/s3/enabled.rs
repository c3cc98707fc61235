//! A bucket that is enabled while weir ingest-s3 runs, whose file has no queue.

use serde_json::json;
use weir_testkit::RedisServer;
use weir_tests::{
    AdminClient, Corpus, Oracle, Plan, Service, TcpCollector, TcpMode, gzip, wait_for,
};

use crate::cloud::{BUCKET, Cloud, key};

const OBJECTS: u64 = 10;
const LINES: u64 = 100;
const RECORDS: u64 = OBJECTS * LINES;

#[test]
fn objects_of_a_bucket_that_is_enabled_are_exported_and_after_it_is_disabled_it_is_read_on() {
    let corpus = Corpus::new();
    let cloud = Cloud::open(10);
    let redis = RedisServer::start();
    let collector = TcpCollector::open(TcpMode::Reading);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    let sections = format!(
        "[store]\nurl = \"{}\"\n{}[aws.regions]\nallow = [\"eu-west-1\"]\n",
        redis.url(),
        cloud.sections()
    );
    let mut worker = plan.start_ingest_s3("s3", &[enricher.data_url()], "", &sections);
    worker.wait_until_serving();
    let text = format!(
        "[rpc]\nplaintext = true\n[telemetry]\nlog_form = \"json\"\n[discovery]\n\
         admin_listen = \"127.0.0.1:0\"\nip_ranges = \"bundled\"\n{sections}"
    );
    let config = plan.scratch().write("discovery.toml", text);
    let mut discovery = Service::start("discovery", "discovery", &[], &config);
    discovery.wait_until_serving();
    let put = |numbers: std::ops::Range<u64>| {
        for number in numbers {
            let text = corpus.text(number * LINES..(number + 1) * LINES);
            cloud.put(BUCKET, &key(number), gzip(text));
        }
    };
    put(0..OBJECTS / 2);
    let admin = AdminClient::of(&discovery);
    admin.call("DiscoveryService/RunDiscovery", &json!({}));
    let (waiting, held) = cloud.messages();
    assert!(waiting >= OBJECTS / 2 && held == 0, "{waiting} wait, {held} are held");

    let request = json!({"bucket": {"bucket": BUCKET}});
    let enabled = admin.call("InputService/EnableInput", &request);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 2);
    let id = enabled["input"]["id"].as_str().expect("an id");
    admin.call("InputService/DisableInput", &json!({ "id": id }));
    put(OBJECTS / 2..OBJECTS);
    oracle.wait_for_all();
    wait_for("the queue to be empty", || (cloud.messages() == (0, 0)).then_some(()));
    oracle.verdict().is_exact();
    assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    assert_eq!(discovery.terminate(), Some(0), "{}", discovery.log());
}
