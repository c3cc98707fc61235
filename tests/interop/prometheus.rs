//! Prometheus, which others wrote, scrapes every service and answers what the dashboard asks.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;
use weir_testkit::{Answer, AwsDouble, RedisServer, ec2, s3};
use weir_tests::{
    Corpus, Guard, Nfcapd, Plan, Scratch, Service, free_tcp_port, require_tool, wait_for,
    wait_long_for,
};

/// What `make compose-demo` and operators have.
fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../compose/observability").join(name)
}

/// A Prometheus with weir's alerts.
struct Prometheus {
    port: u16,
    _process: Guard,
    _scratch: Scratch,
}

impl Prometheus {
    fn start(services: &[&Service]) -> Self {
        require_tool("prometheus", "prometheus");
        let (scratch, port) = (Scratch::new(), free_tcp_port());
        let target = |service: &&Service| {
            let (address, name) = (service.addresses().metrics.unwrap(), service.name());
            format!("      - {{targets: [\"{address}\"], labels: {{service: {name}}}}}\n")
        };
        let text = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [\"{}\"]\n\
             scrape_configs:\n  - job_name: weir\n    static_configs:\n{}",
            deployed("alerts.yml").display(),
            services.iter().map(target).collect::<String>(),
        );
        let config = scratch.write("prometheus.yml", text);
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--storage.tsdb.path={}", scratch.path("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let log = fs::File::create(scratch.path("log")).unwrap();
        let process = Guard::spawn(command.stdout(Stdio::null()).stderr(log));
        let prometheus = Self { port, _process: process, _scratch: scratch };
        wait_for("Prometheus to be ready", || prometheus.get("/-/ready").map(drop));
        prometheus
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.contains(" 200 ").then(|| body.to_owned())
    }

    fn ask(&self, path: &str) -> Option<Json> {
        let answer: Json = serde_json::from_str(&self.get(path)?).unwrap();
        assert_eq!(answer["status"], "success", "{path}");
        Some(answer["data"].clone())
    }

    /// The value of each series that a query finds.
    fn query(&self, query: &str) -> Vec<f64> {
        let path = format!("/api/v1/query?query={}", escaped(query));
        let data = self.ask(&path).unwrap_or_else(|| panic!("{query} is refused"));
        let series = data["result"].as_array().unwrap().iter();
        series.map(|each| each["value"][1].as_str().unwrap().parse().unwrap()).collect()
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|octet| format!("%{octet:02X}")).collect()
}

/// All that the dashboard asks, with the title of its panel.
fn dashboard() -> Vec<(String, String)> {
    let text = fs::read(deployed("grafana/weir.json")).unwrap();
    let dashboard: Json = serde_json::from_slice(&text).unwrap();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels.iter().flat_map(|panel| {
        let targets = panel["targets"].as_array().unwrap().iter();
        targets.map(|target| (text(&panel["title"]), text(&target["expr"])))
    });
    queries.collect()
}

/// An account with an instance whose VPC has no flow log.
fn account() -> AwsDouble {
    let aws = AwsDouble::start();
    aws.add_user("AKIAEXAMPLE", "111122223333", "weir");
    aws.otherwise(Answer::empty());
    let regions = [("eu-west-1", ec2::OptIn::NotRequired)];
    aws.on("ec2", "DescribeRegions").answer(ec2::regions(&regions));
    aws.on("s3", "ListBuckets").answer(s3::buckets(&[]));
    let interface = ec2::Interface {
        id: "eni-1".into(),
        owner: "111122223333".into(),
        vpc: "vpc-1".into(),
        subnet: "subnet-1".into(),
        private: vec![ec2::PrivateAddress::new("10.0.0.5")],
        kind: "interface".into(),
        ..Default::default()
    };
    aws.on("ec2", "DescribeNetworkInterfaces").answer(ec2::interfaces(&[interface]));
    aws
}

/// Discovery and the sources of AWS, around one Redis server.
fn cloud(scratch: &Scratch, aws: &AwsDouble, redis: &RedisServer) -> Vec<Service> {
    let enrichers = "enrichers = [\"http://127.0.0.1:1\"]\nadmin_listen = \"127.0.0.1:0\"\n";
    let text = format!(
        "[rpc]\nplaintext = true\n[store]\nurl = \"{}\"\n[aws]\nendpoint = \"{}\"\n\
         [[aws.profiles]]\naccess_key_id = \"AKIAEXAMPLE\"\nsecret_access_key = \"secret\"\n\
         [discovery]\nadmin_listen = \"127.0.0.1:0\"\nip_ranges = \"bundled\"\njitter = \"0s\"\n\
         [ingest_s3]\n{enrichers}[ingest_kinesis]\n{enrichers}[ingest_cloudwatch]\n{enrichers}\
         [telemetry]\nlog_form = \"json\"\nmetrics_listen = \"127.0.0.1:0\"\n",
        redis.url(),
        aws.url(),
    );
    let config = scratch.write("weir.toml", text);
    let names = ["discovery", "ingest-s3", "ingest-kinesis", "ingest-cloudwatch"];
    names.iter().map(|name| Service::start(name, name, &[], &config)).collect()
}

#[test]
fn prometheus_scrapes_every_service_and_answers_the_dashboard() {
    let (scratch, corpus, aws) = (Scratch::new(), Corpus::new(), account());
    let redis = RedisServer::start();
    let collector = Nfcapd::start(&scratch);
    corpus.write(0..1_000, 500);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let pipeline = plan.start(2);
    let cloud = cloud(&scratch, &aws, &redis);
    // A line that is none, and one that tells of no flow.
    let text = corpus.text(1_000..1_001);
    let header = text.lines().next().unwrap();
    let no_data = "2 111122223333 eni-1 vpc-1 - - - - - - - 1767322000 1767322060 - NODATA";
    fs::write(corpus.folder().join("odd.log"), format!("{header}\nno flow\n{no_data}\n")).unwrap();

    let mut services: Vec<_> = pipeline.enrichers.iter().chain(&cloud).collect();
    services.extend([&pipeline.tail, &pipeline.exporter]);
    let prometheus = Prometheus::start(&services);
    wait_for("all services to be scraped", || {
        (prometheus.query("up{job=\"weir\"} == 1").len() == services.len()).then_some(())
    });

    let queries = dashboard();
    assert!(queries.len() > 20, "only {} queries", queries.len());
    for (title, query) in &queries {
        let what = format!("an answer to {query} of `{title}`");
        wait_long_for(Duration::from_secs(60), &what, || {
            (!prometheus.query(query).is_empty()).then_some(())
        });
    }
    assert_eq!(prometheus.query("weir_discovery_vpcs_without_flow_log"), [1.0]);
    wait_for("all records to be counted", || {
        let records = prometheus.query("sum(weir_exporter_output_records_total)");
        (records == [1_000.0]).then_some(())
    });

    let rules = prometheus.ask("/api/v1/rules").unwrap();
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() > 10, "only {} alerts", rules.len());
    wait_for("all alerts to be evaluated", || {
        let rules = prometheus.ask("/api/v1/rules").unwrap();
        let rules = rules["groups"][0]["rules"].as_array().unwrap().clone();
        rules.iter().all(|rule| rule["health"] == "ok").then_some(())
    });
}
