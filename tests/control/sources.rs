//! The same traffic from several sources, at moto: nothing is lost, and what comes twice is told.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use weir_testkit::RedisServer;
use weir_tests::{
    AdminClient, Corpus, Oracle, Plan, Service, TcpCollector, TcpMode, gzip, wait_for,
    wait_long_for,
};

use crate::moto::Cloud;

/// Discovery, an enricher, an exporter, and readers that have no inputs in their files.
struct Installation {
    plan: Plan,
    redis: RedisServer,
    sections: String,
    enricher: Service,
    collector: TcpCollector,
    exporter: Service,
}

impl Installation {
    fn start(corpus: &Corpus, cloud: &Cloud) -> Self {
        let (redis, collector) = (RedisServer::start(), TcpCollector::open(TcpMode::Reading));
        let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
        let exporter = plan.start_exporter();
        let enricher = plan.start_enricher(1, &exporter.data_url());
        enricher.wait_until_serving();
        let sections = cloud.sections();
        Self { plan, redis, sections, enricher, collector, exporter }
    }

    /// A process; `keys` are of its section.
    fn process(&self, subcommand: &str, keys: &str) -> Service {
        let section = subcommand.replace('-', "_");
        let text = format!(
            "[rpc]\nplaintext = true\n[telemetry]\nlog_form = \"json\"\n\
             metrics_listen = \"127.0.0.1:0\"\n[store]\nurl = \"{}\"\n{}\
             [{section}]\nadmin_listen = \"127.0.0.1:0\"\n{keys}\n",
            self.redis.url(),
            self.sections
        );
        let config = self.plan.scratch().write(&format!("{subcommand}.toml"), text);
        let service = Service::start(subcommand, subcommand, &[], &config);
        service.wait_until_serving();
        service
    }

    fn reader(&self, subcommand: &str, keys: &str) -> Service {
        let enrichers = format!("enrichers = [\"{}\"]\n{keys}", self.enricher.data_url());
        self.process(subcommand, &enrichers)
    }

    /// A discovery that has swept.
    fn discovery(&self) -> (Service, AdminClient) {
        let discovery = self.process("discovery", "ip_ranges = \"bundled\"");
        let client = AdminClient::of(&discovery);
        client.call("DiscoveryService/RunDiscovery", &json!({}));
        (discovery, client)
    }

    fn end(mut self, readers: Vec<Service>) {
        for mut service in readers {
            assert_eq!(service.terminate(), Some(0), "{}", service.log());
        }
        for service in [&mut self.enricher, &mut self.exporter] {
            assert_eq!(service.terminate(), Some(0), "{}", service.log());
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Enables an input, and waits until somebody reads it: its id.
fn enable(discovery: &AdminClient, source: &Value) -> String {
    let enabled = discovery.call("InputService/EnableInput", source);
    let id = enabled["input"]["id"].as_str().unwrap().to_owned();
    wait_long_for(Duration::from_secs(60), &format!("{id} to be read"), || {
        let listed = discovery.call("InputService/ListInputs", &json!({}));
        let inputs = listed["inputs"].as_array().unwrap();
        let input = inputs.iter().find(|input| input["id"] == id).unwrap();
        input["readSince"].is_string().then_some(())
    });
    id
}

#[test]
fn a_reject_only_stream_beside_a_bucket_with_everything_loses_nothing_and_is_told() {
    const OBJECTS: u64 = 4;
    const LINES: u64 = 100;
    let cloud = Cloud::open();
    let [_, stream] = cloud.flow_log_to_stream("rejects", "rejects", "REJECT");
    let of_bucket = cloud.flow_log_to_bucket("flow-logs", "ALL");
    // They end after every switch-over of this test.
    let corpus = Corpus::flowing(now() + 3600, 100);
    let installation = Installation::start(&corpus, &cloud);
    let (discovery, client) = installation.discovery();
    let readers = vec![
        installation.reader("ingest-kinesis", "idle = \"200ms\""),
        installation.reader("ingest-s3", ""),
    ];
    enable(&client, &json!({"bucket": {"bucket": "flow-logs"}}));
    enable(&client, &json!({"stream": {"arn": stream}}));
    let listed = client.call("InputService/ListInputs", &json!({}));
    let warnings = listed["warnings"].to_string();
    assert!(warnings.contains("is read twice") && warnings.contains(&of_bucket), "{warnings}");
    let flow_logs = listed["flowLogs"].as_array().unwrap();
    let sources = flow_logs.iter().flat_map(|log| log["sources"].as_array().unwrap());
    assert!(sources.clone().count() >= 2 && sources.into_iter().all(|it| it["isRead"] == true));

    let time = time_of_key(corpus.end_of(0));
    for number in 0..OBJECTS {
        let text = corpus.text(number * LINES..(number + 1) * LINES);
        cloud.put_object("flow-logs", &of_bucket, &format!("{time}{number}"), &gzip(text));
    }
    let rejected = (0..OBJECTS * LINES).filter(|number| corpus.is_rejected(*number));
    let rejected: Vec<_> = rejected.collect();
    for numbers in rejected.chunks(20) {
        let event = |number: &u64| (now() * 1000, corpus.line(*number));
        cloud.put_events("rejects", &numbers.iter().map(event).collect::<Vec<_>>());
    }
    let arrivals = installation.collector.arrivals();
    let mut oracle = Oracle::new(&corpus, 0..OBJECTS * LINES, arrivals);
    oracle.wait_for_all();
    wait_for("what the stream has too", || {
        (oracle.verdict().repeated == rejected.len() as u64).then_some(())
    });
    oracle.verdict().is_complete();
    assert_eq!(oracle.repeated(), rejected);
    installation.end(readers.into_iter().chain([discovery]).collect());
}

/// The minutes of a time as keys of flow logs have them.
fn time_of_key(seconds: u64) -> String {
    let time = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
    time.strftime("%Y%m%dT%H%MZ_").to_string()
}

/// Puts the lines that have ended by now, each as it ends.
struct Flow<'c> {
    corpus: &'c Corpus,
    cloud: &'c Cloud,
    next: u64,
}

impl Flow<'_> {
    fn go_on(&mut self) {
        let first = self.next;
        while self.corpus.end_of(self.next) <= now() {
            self.next += 1;
        }
        let event = |number| (now() * 1000, self.corpus.line(number));
        let events: Vec<_> = (first..self.next).map(event).collect();
        if !events.is_empty() {
            self.cloud.put_events("flows", &events);
        }
    }

    /// Goes on until something has come, and tells it.
    fn until<T>(&mut self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        wait_long_for(Duration::from_secs(150), what, || {
            self.go_on();
            look()
        })
    }
}

#[test]
fn a_stream_that_is_enabled_and_disabled_over_a_log_group_in_full_flow_leaves_no_gap() {
    const PER_SECOND: u64 = 50;
    const MOST: u64 = PER_SECOND * 600;
    let cloud = Cloud::open();
    let [group, stream] = cloud.flow_log_to_stream("flows", "flows", "ALL");
    let corpus = Corpus::flowing(now() + 10, PER_SECOND);
    let installation = Installation::start(&corpus, &cloud);
    let (discovery, client) = installation.discovery();
    let readers = vec![
        installation.reader("ingest-kinesis", "idle = \"200ms\""),
        installation.reader(
            "ingest-cloudwatch",
            "interval = \"1s\"\noverlap = \"1m\"\nsettle = \"0s\"\nrate = 50.0",
        ),
    ];
    enable(&client, &json!({"log_group": {"arn": group}}));
    let mut flow = Flow { corpus: &corpus, cloud: &cloud, next: 0 };
    let mut oracle = Oracle::new(&corpus, 0..MOST, installation.collector.arrivals());
    flow.until("lines of the log group", || (oracle.verdict().delivered > 200).then_some(()));

    let enabled_at = now();
    let id = client.call("InputService/EnableInput", &json!({"stream": {"arn": stream}}));
    let id = id["input"]["id"].as_str().unwrap();
    let switch_over = flow.until("the switch-over", || {
        let listed = client.call("InputService/ListInputs", &json!({}));
        let logs = listed["flowLogs"].as_array().unwrap();
        let mut sources = logs.iter().flat_map(|log| log["sources"].as_array().unwrap());
        let of_group = sources.find(|source| source["inputId"] == group.as_str()).unwrap().clone();
        of_group["passedOverSince"].as_str().map(seconds)
    });
    flow.until("the stream to serve", || (now() > switch_over + 10).then_some(()));
    let disabled = client.call("InputService/DisableInput", &json!({ "id": id }));
    let until = seconds(disabled["input"]["until"].as_str().unwrap());
    flow.until("the log group to serve again", || (now() > until + 10).then_some(()));

    let sent = flow.next;
    let delivered = wait_long_for(Duration::from_secs(80), "every line", || {
        Some(oracle.verdict()).filter(|verdict| verdict.delivered == sent)
    });
    wait_for("the readers to have nothing left", || {
        let listed = client.call("IngestService/ListInputStatus", &json!({}));
        let inputs = listed["inputs"].as_array().unwrap();
        inputs.iter().all(|input| input["runsInFlight"] == "0").then_some(())
    });
    let verdict = oracle.verdict();
    verdict.is_sound();
    assert_eq!((delivered.delivered, verdict.delivered), (sent, sent));
    // What was on its way when the stream began, up to the switch-over; and around its end.
    let ends: Vec<_> = oracle.repeated().iter().map(|number| corpus.end_of(*number)).collect();
    let is_around = |end: &u64| {
        (enabled_at.saturating_sub(120)..=switch_over).contains(end)
            || (until.saturating_sub(2)..=until + 5).contains(end)
    };
    let stray: Vec<_> = ends.iter().filter(|end| !is_around(end)).collect();
    println!(
        "{sent} lines: {} repeated before the switch-over and {} around the end",
        ends.iter().filter(|end| **end <= switch_over).count(),
        ends.iter().filter(|end| **end > switch_over).count()
    );
    assert!(stray.is_empty(), "repeated far from {switch_over} and {until}: {stray:?}");
    let passed_over = readers[1].metrics().sum_of("weir_cloudwatch_events_total", "\"covered\"");
    assert!(passed_over > 0, "the log group was read all the time");
    fs::remove_dir_all(corpus.folder()).ok();
    installation.end(readers.into_iter().chain([discovery]).collect());
}

/// Unix seconds of a time in RFC 3339.
fn seconds(text: &str) -> u64 {
    let time: jiff::Timestamp = text.parse().unwrap();
    u64::try_from(time.as_second()).unwrap()
}
