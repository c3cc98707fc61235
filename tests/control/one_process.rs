//! `weir run` on a file store has the settings too.

use serde_json::json;
use weir_tests::{Corpus, Oracle, Plan, UdpCollector, wait_for};

use crate::client::{Client, SettingsCalls as _, origin};

const RECORDS: u64 = 20_000;

#[test]
fn settings_of_one_process_count_at_once_and_outlive_it() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 5_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 500")
        .store();
    let mut process = plan.start_one_process();
    process.wait_until_serving();
    let client = Client::of(&process);
    let settings = client.settings();
    assert_eq!(settings["settings"]["recordsPerSecond"], "500");
    assert_eq!(origin(&settings, "records_per_second"), "SETTING_ORIGIN_FILE");
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(50);
    client.update(&json!({ "maxPacketSize": 800, "addFields": { "names": ["log_status"] } }));
    client.update(&json!({ "recordsPerSecond": "3000" }));
    wait_for("the settings to count", || {
        let output = client.output();
        (output["recordsPerSecondLimit"] == "3000" && output["maxPacketSize"] == "800")
            .then_some(())
    });
    let templates = client.call("ExporterAdminService/ListTemplates", &json!({}));
    assert!(templates.to_string().contains("awsFlowLogLogStatus"), "{templates}");
    assert_eq!(process.terminate(), Some(0), "{}", process.log());

    let mut process = plan.start_one_process();
    process.wait_until_serving();
    let client = Client::of(&process);
    assert_eq!(origin(&client.settings(), "records_per_second"), "SETTING_ORIGIN_RUN_TIME");
    wait_for("the settings to count again", || {
        (client.output()["recordsPerSecondLimit"] == "3000").then_some(())
    });
    oracle.wait_for_all().is_exact();
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    assert_eq!(collector.dropped(), 0);
}
