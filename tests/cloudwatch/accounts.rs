//! An account that is added at run time, and who reads its log groups.

use std::fs;

use serde_json::json;
use weir_testkit::RedisServer;
use weir_tests::{AdminClient, Corpus, Oracle, Plan, Service, TcpCollector, TcpMode, wait_for};

use crate::cloud::{ACCOUNT, Cloud};

const RECORDS: u64 = 2_000;

/// The access key of a user in the account of the log groups.
const KEY: &str = "AKIAREADERFLOWLOGS01";

/// 32 octets in base64.
const SEALING_KEY: &str = "Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc=";

#[test]
fn log_groups_of_an_account_that_is_added_by_a_call_are_read_by_who_has_the_key_file() {
    let (corpus, cloud, redis) = (Corpus::new(), Cloud::open(), RedisServer::start());
    cloud.aws.add_user("AKIAELSEWHERE", "210987654321", "weir");
    cloud.aws.add_user(KEY, ACCOUNT, "reader");
    let collector = TcpCollector::open(TcpMode::Reading);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    cloud.put(&corpus, 0..RECORDS);
    let key_file = plan.scratch().path("sealing.key");
    fs::write(&key_file, SEALING_KEY).unwrap();
    let control = format!("[control]\nkey_file = \"{}\"\n", key_file.display());
    let start = |name: &str, control: &str| {
        let keys = format!("enrichers = [\"{}\"]", enricher.data_url());
        let sections = cloud.sections(&keys).replace("AKIAWEIR", "AKIAELSEWHERE");
        let text = format!(
            "[rpc]\nplaintext = true\n[telemetry]\nlog_form = \"json\"\n[store]\nurl = \"{}\"\n\
             [discovery]\nadmin_listen = \"127.0.0.1:0\"\n{control}{sections}",
            redis.url()
        );
        Service::start(name, name, &[], &plan.scratch().write(&format!("{name}.toml"), text))
    };
    let discovery = start("discovery", &control);
    let mut without = start("ingest-cloudwatch", "");
    let says = |service: &Service, words: &str| {
        wait_for(words, || {
            let shown = AdminClient::of(service).call("IngestService/ListInputStatus", &json!({}));
            shown.to_string().contains(words).then_some(())
        });
    };
    says(&without, "there is no account 123456789012 in [aws] or of AccountService");

    let profile = json!({
        "name": "logs", "accessKeyId": KEY, "secretAccessKey": "secret-of-the-reader",
    });
    AdminClient::of(&discovery).call("AccountService/AddProfile", &profile);
    without.wait_until_logged("a profile of the run time cannot be used here");
    says(&without, "there is no key_file in [control] of this process");
    assert_eq!(without.terminate(), Some(0), "{}", without.log());
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    assert_eq!(oracle.verdict().delivered, 0);

    let mut with = start("ingest-cloudwatch", &control);
    oracle.wait_for_all();
    assert_eq!(with.terminate(), Some(0), "{}", with.log());
    oracle.verdict().is_exact();
    for service in [&without, &with, &discovery] {
        assert!(!service.log().contains("secret-of-the-reader"));
    }
}
