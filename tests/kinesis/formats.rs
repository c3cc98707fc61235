//! A stream that a log group of flow logs with several formats is sent to.

use serde_json::json;
use weir_testkit::{AwsDouble, RedisServer};
use weir_tests::{
    AdminClient, Corpus, MixedFormats, Oracle, Plan, Service, TcpCollector, TcpMode, wait_for,
};

use crate::stream::{REGION, STREAM, Stream};

const RECORDS: u64 = 6_000;

const ACCOUNT: &str = "111122223333";

#[test]
fn lines_of_a_subscription_are_read_by_the_formats_of_their_flow_logs() {
    let (corpus, stream, redis) = (Corpus::new(), Stream::create(2), RedisServer::start());
    let aws = AwsDouble::start();
    aws.add_user("AKIAEXAMPLE", ACCOUNT, "weir");
    // The simulator lists streams by their names alone, which AWS does no more.
    let arn = format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{STREAM}");
    let listed = json!({"StreamName": STREAM, "StreamARN": arn, "StreamStatus": "ACTIVE"});
    let listed =
        json!({"StreamNames": [STREAM], "HasMoreStreams": false, "StreamSummaries": [listed]});
    aws.on("kinesis", "ListStreams").answer(listed);
    let mixed = MixedFormats::of(&corpus, 0..RECORDS, ACCOUNT, REGION);
    mixed.answer(&aws, Some(&arn));
    let collector = TcpCollector::open(TcpMode::Reading);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    let start = |name: &str, subcommand: &str, section: &str| {
        let text = format!(
            "[rpc]\nplaintext = true\n[telemetry]\nlog_form = \"json\"\n[store]\nurl = \"{}\"\n\
             {section}\n[aws]\nendpoint = \"{}\"\nregion = \"{REGION}\"\n\
             include_own_account = false\n[aws.regions]\nallow = [\"{REGION}\"]\n\
             [[aws.profiles]]\naccess_key_id = \"AKIAEXAMPLE\"\nsecret_access_key = \"secret\"\n",
            redis.url(),
            aws.url(),
        );
        let config = plan.scratch().write(&format!("{name}.toml"), text);
        Service::start(name, subcommand, &[], &config)
    };
    let stage = format!(
        "[ingest_kinesis]\nadmin_listen = \"127.0.0.1:0\"\nidle = \"200ms\"\nenrichers = [\"{}\"]\n\
         [aws.endpoints]\nkinesis = \"{}\"\n",
        enricher.data_url(),
        stream.url()
    );
    let mut worker = start("worker", "ingest-kinesis", &stage);
    let discovery = "[discovery]\nadmin_listen = \"127.0.0.1:0\"\nip_ranges = \"bundled\"";
    let mut discovery = start("discovery", "discovery", discovery);
    discovery.wait_until_serving();
    let admin = AdminClient::of(&discovery);
    admin.call("DiscoveryService/RunDiscovery", &json!({}));
    let request = json!({"stream": {"arn": arn}});
    admin.call("InputService/EnableInput", &request);
    stream.put_batches(&mixed, &corpus, 0..RECORDS / 2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 2);
    stream.put_batches(&mixed, &corpus, RECORDS / 2..RECORDS);
    oracle.wait_for_all().is_exact();
    wait_for("the formats in use to be shown", || {
        let status = admin.call("IngestService/ListInputStatus", &json!({}));
        let formats = status["inputs"][0]["logFormats"].as_array()?.clone();
        let has = |format: &String| formats.iter().any(|known| known == format);
        MixedFormats::formats().iter().all(has).then_some(())
    });
    assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    assert_eq!(discovery.terminate(), Some(0), "{}", discovery.log());
}
