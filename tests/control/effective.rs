//! Settings count in running services.

use serde_json::{Value, json};
use weir_tests::{Corpus, Datagrams, Oracle, wait_for};

use crate::client::{Client, SettingsCalls as _, origin};
use crate::installation::{Installation, Running};

const RECORDS: u64 = 40_000;

/// As fast as the test's collector reads for sure, and so fast that messages are filled.
const FASTEST: &str = "15000";

/// Waits until the exporter tells a number of its first output.
#[track_caller]
fn wait_until(client: &Client, field: &str, value: u64) {
    wait_for(&format!("{field} to be {value}"), || {
        (number(&client.output()[field]) == value).then_some(())
    });
}

/// Waits until the exporter has written everything.
#[track_caller]
fn wait_until_committed(exporter: &Client) {
    wait_for("everything to be committed", || {
        let status = exporter.call("ExporterAdminService/GetExportStatus", &json!({}));
        (number(&status["recordsCommitted"]) == RECORDS).then_some(())
    });
}

/// 64-bit numbers are strings in protobuf's JSON.
fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).or(value.as_u64()).expect("a number")
}

/// Waits for new messages with data, and gives the length of one.
fn next_length(running: &Running) -> usize {
    let arrivals = running.collector.arrivals();
    let seen = arrivals.count();
    wait_for("data to arrive", || {
        let new = arrivals.since(seen);
        new.iter().map(|arrival| arrival.message.len()).filter(|length| *length > 500).max()
    })
}

#[test]
fn rate_and_packet_size_count_in_a_running_exporter_and_lose_nothing() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 5_000);
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let discovery = Client::of(&service);
    let running = installation.pipeline(&corpus, "records_per_second = 500");
    let exporter = running.exporter();
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, running.collector.arrivals());
    oracle.wait_for(100);

    // Amid runs that take many seconds at this rate.
    discovery.update(&json!({ "maxPacketSize": 700 }));
    wait_until(&exporter, "maxPacketSize", 700);
    wait_for("short messages", || (next_length(&running) <= 700).then_some(()));
    discovery.update(&json!({ "maxPacketSize": 3900, "recordsPerSecond": "2000" }));
    wait_until(&exporter, "maxPacketSize", 3900);
    wait_until(&exporter, "recordsPerSecondLimit", 2000);
    wait_for("long messages", || (next_length(&running) > 1420).then_some(()));

    let reset = discovery.reset(&["records_per_second", "max_packet_size"]);
    assert_eq!(origin(&reset, "records_per_second"), "SETTING_ORIGIN_DEFAULT");
    wait_until(&exporter, "recordsPerSecondLimit", 500);
    wait_until(&exporter, "maxPacketSize", 1420);
    discovery.update(&json!({ "recordsPerSecond": FASTEST }));
    wait_until_committed(&exporter);
    assert_eq!(running.collector.dropped(), 0, "the collector is too slow for its test");
    let verdict = oracle.wait_for_all();
    println!("{} records in {} sessions", verdict.sent, verdict.sessions);
    verdict.is_exact();
    running.end();
}

#[test]
fn one_of_three_exporters_has_its_share_of_a_limit_also_at_run_time() {
    let corpus = Corpus::new();
    corpus.write(0..100, 100);
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let discovery = Client::of(&service);
    let running = installation.pipeline_with(&corpus, "exporters = 3", "records_per_second = 1000");
    let exporter = running.exporter();
    wait_until(&exporter, "recordsPerSecondLimit", 333);
    let status = exporter.call("ExporterAdminService/GetExportStatus", &json!({}));
    assert_eq!(status["exporters"], 3);
    for (limit, share) in [("2000", 666), ("2", 1), ("0", 0)] {
        discovery.update(&json!({ "recordsPerSecond": limit }));
        wait_until(&exporter, "recordsPerSecondLimit", share);
    }
    let told = running.exporter.logged("changed at run time");
    let shares = told.iter().map(|fields| fields["records_per_second"].as_u64());
    assert_eq!(shares.collect::<Vec<_>>(), [Some(666), Some(1), Some(0)]);
    discovery.reset(&["records_per_second"]);
    wait_until(&exporter, "recordsPerSecondLimit", 333);
    running.end();
}

#[test]
fn added_fields_reach_collectors_through_new_templates_and_lose_nothing() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS / 2, 5_000);
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let discovery = Client::of(&service);
    let running = installation.pipeline(&corpus, "records_per_second = 4000");
    let exporter = running.exporter();
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, running.collector.arrivals());
    oracle.wait_for(RECORDS / 10);
    let has_field = || {
        let listed = exporter.call("ExporterAdminService/ListTemplates", &json!({}));
        listed.to_string().contains("awsFlowLogLogStatus")
    };
    assert!(!has_field());
    discovery.update(&json!({ "addFields": { "names": ["log_status"] } }));
    wait_for("the new templates", || has_field().then_some(()));
    // What the exporter has taken stays as it is; this comes under the new ones.
    corpus.write(RECORDS / 2..RECORDS * 3 / 4, 5_000);
    oracle.wait_for(RECORDS * 5 / 8);
    discovery.reset(&["add_fields"]);
    wait_for("the old templates", || (!has_field()).then_some(()));
    corpus.write(RECORDS * 3 / 4..RECORDS, 5_000);
    discovery.update(&json!({ "recordsPerSecond": FASTEST }));
    oracle.wait_for_all().is_exact();

    let mut datagrams = Datagrams::default();
    let mut with_field = 0;
    for arrival in running.collector.arrivals().since(0) {
        let records = datagrams.message(&arrival.message).records;
        with_field += records.iter().filter(|record| is_added(record)).count();
    }
    println!("{with_field} of {RECORDS} records have the field");
    assert!(with_field > 0 && with_field < RECORDS as usize);
    running.end();
}

/// Whether a record has the added field.
fn is_added(record: &weir_tests::DataRecord) -> bool {
    let field = weir_enrich::NativeField::by_name("log_status").expect("a field of the flow log");
    record.octets(weir_ipfix::DEFAULT_ENTERPRISE_NUMBER, field.element.id).is_some()
}

#[test]
fn budgets_and_the_schedule_count_without_a_restart() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 5_000);
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let discovery = Client::of(&service);
    // One record a second: everything behind is held back.
    let running = installation.pipeline(&corpus, "records_per_second = 1");
    let held = || running.exporter.metrics().sum("weir_exporter_held_bytes");
    wait_for("the exporter to hold all that comes", || (held() > 2 << 20).then_some(()));

    let schedule = || discovery.call("DiscoveryService/GetDiscoveryStatus", &json!({}));
    discovery.update(&json!({ "cron": "0 0 6 ? * MON-FRI", "timezone": "Europe/Berlin" }));
    wait_for("the schedule to count", || {
        let status = schedule();
        (status["cron"] == "0 0 6 ? * MON-FRI" && status["timezone"] == "Europe/Berlin")
            .then_some(())
    });
    discovery.reset(&["cron", "timezone"]);
    wait_for("the file's schedule to count again", || {
        (schedule()["cron"] == "*/15 * * * *").then_some(())
    });

    // What comes from now on finds no room, until there is more of it.
    discovery.update(&json!({
        "exporterHeld": "1048576", "exporterInFlight": "1048576", "enricherInFlight": "1048576"
    }));
    let in_flight = |service: &weir_tests::Service, name: &str| service.metrics().sum(name);
    let count = RECORDS..RECORDS + 100_000;
    corpus.write(count, 20_000);
    wait_for("the enricher to be full", || {
        (in_flight(&running.enricher, "weir_enricher_in_flight_bytes") >= 700 << 10).then_some(())
    });
    let full = held();
    let most = 2 * (1 << 20) + (512 << 10);
    assert!(in_flight(&running.enricher, "weir_enricher_in_flight_bytes") <= most);
    discovery.reset(&["exporter_held", "exporter_in_flight", "enricher_in_flight"]);
    wait_for("the exporter to hold more", || (held() > full + (1 << 20)).then_some(()));
}
