//! How long it takes until what is set by a call shows in what leaves.

use std::time::Instant;

use serde_json::{Value, json};
use weir_testkit::RedisServer;
use weir_tests::{AdminClient, DataRecord, Datagrams, Scratch, Service, UdpCollector, wait_for};

use crate::moto::Cloud;

/// The group that the stream is fed from.
const GROUP: &str = "flows";

/// exporterIPv4Address.
const EXPORTER: u16 = 130;

/// Flows of one interface, and their records.
struct Flows<'c> {
    cloud: &'c Cloud,
    interface: [String; 2],
    collector: &'c UdpCollector,
}

impl Flows<'_> {
    fn add_line(&self) {
        let now = jiff::Timestamp::now();
        let (seconds, [id, address]) = (now.as_second(), &self.interface);
        let line = format!(
            "2 123456789012 {id} {address} 203.0.113.9 1024 443 6 1 40 {seconds} {seconds} ACCEPT OK"
        );
        let time = u64::try_from(now.as_millisecond()).unwrap();
        self.cloud.put_events(GROUP, &[(time, line)]);
    }

    /// Makes a call while lines come, and waits until a record is so. Prints how long that took.
    fn measure(&self, what: &str, call: impl FnOnce(), is_so: impl Fn(&DataRecord) -> bool) {
        let began = Instant::now();
        call();
        let answered = began.elapsed();
        wait_for(what, || {
            self.add_line();
            // Templates come with the first messages of the session.
            let mut datagrams = Datagrams::default();
            let arrived = self.collector.arrivals().since(0);
            let mut records = arrived.iter().flat_map(|it| datagrams.message(&it.message).records);
            records.any(|record| is_so(&record)).then_some(())
        });
        let shown = began.elapsed();
        println!(
            "{what}: shown {} ms after the answer, which came after {} ms",
            (shown - answered).as_millis(),
            answered.as_millis()
        );
    }
}

#[test]
fn a_setting_an_assignment_and_an_input_count_soon() {
    let cloud = Cloud::open();
    let [_, stream] = cloud.flow_log_to_stream(GROUP, "flows", "ALL");
    let interface = cloud.network_interface();
    let (redis, scratch, collector) = (RedisServer::start(), Scratch::new(), UdpCollector::open());
    let start = |name: &str, sections: &str| {
        let text = format!(
            "[rpc]\nplaintext = true\n[store]\nurl = \"{}\"\n[telemetry]\n\
             log_form = \"json\"\nmetrics_listen = \"127.0.0.1:0\"\n{}{sections}",
            redis.url(),
            cloud.sections()
        );
        Service::start(name, name, &[], &scratch.write(&format!("{name}.toml"), text))
    };
    let discovery = start(
        "discovery",
        "[discovery]\nadmin_listen = \"127.0.0.1:0\"\nip_ranges = \"bundled\"\n",
    );
    discovery.wait_until_serving();
    let client = AdminClient::of(&discovery);
    client.call("DiscoveryService/RunDiscovery", &json!({}));
    let listen = "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n";
    let exporter = start(
        "exporter",
        &format!(
            "[exporter]\n{listen}[[exporter.collectors]]\naddress = \"{}\"\n",
            collector.url()
        ),
    );
    exporter.wait_until_serving();
    let enricher = start(
        "enricher",
        &format!(
            "[enricher]\n{listen}exporter = \"{}\"\n[inventory]\nstore = true\n",
            exporter.data_url()
        ),
    );
    enricher.wait_until_serving();
    let reader = start(
        "ingest-kinesis",
        &format!(
            "[ingest_kinesis]\nadmin_listen = \"127.0.0.1:0\"\nidle = \"200ms\"\n\
             enrichers = [\"{}\"]\n",
            enricher.data_url()
        ),
    );
    reader.wait_until_serving();

    let flows = Flows { cloud: &cloud, interface, collector: &collector };
    let call = |method: &str, request: Value| drop(client.call(method, &request));
    flows.measure(
        "an enabled input",
        || call("InputService/EnableInput", json!({"stream": {"arn": stream}})),
        |_| true,
    );
    let edge = u64::from(std::net::Ipv4Addr::new(192, 0, 2, 7).to_bits());
    let assigned = json!({"id": cloud.vpc_id(), "exporter": {"ipv4": "192.0.2.7"}});
    flows.measure(
        "an assigned exporter",
        || call("ExporterAssignmentService/SetAssignment", assigned),
        |record| record.number(EXPORTER) == Some(edge),
    );
    let field = weir_enrich::NativeField::by_name("log_status").expect("a field of the flow log");
    flows.measure(
        "a setting",
        || {
            let settings = json!({"settings": {"addFields": {"names": ["log_status"]}}});
            call("SettingsService/UpdateSettings", settings);
        },
        |record| record.octets(weir_ipfix::DEFAULT_ENTERPRISE_NUMBER, field.element.id).is_some(),
    );
    for mut service in [reader, enricher, exporter, discovery] {
        assert_eq!(service.terminate(), Some(0), "{}", service.log());
    }
}
