//! The admin calls as clients see them that nobody here wrote: Python's grpcio with reflection and
//! health checking, and grpcurl.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};
use weir_tests::{
    Corpus, Pipeline, Plan, Service, TcpCollector, TcpMode, UdpCollector, python, python_program,
    run, wait_for,
};

const RECORDS: u64 = 2_000;

/// A pipeline that has delivered something.
fn pipeline(corpus: &Corpus) -> (Pipeline, UdpCollector) {
    corpus.write(0..RECORDS, 1_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let pipeline = plan.start(1);
    wait_for("everything to be committed", || {
        let committed = pipeline.tail.metrics().sum("weir_ingest_done_units_total");
        (committed == 2).then_some(())
    });
    (pipeline, collector)
}

fn admin(service: &Service) -> SocketAddr {
    service.addresses().admin.unwrap()
}

/// What is asked of each method that needs more than an empty request.
fn request(method: &str, corpus: &Corpus) -> Value {
    match method {
        "LookupAddress" => json!({ "address": "10.0.192.10" }),
        "ExplainLine" => {
            let text = corpus.text(7..8);
            let line = text.lines().nth(1).unwrap();
            json!({ "line": line, "log_format": Corpus::log_format() })
        }
        _ => json!({}),
    }
}

/// Holds an answer against what it must tell.
fn check(method: &str, answer: &Value, corpus: &Corpus) {
    let text = answer.to_string();
    match method {
        "LookupAddress" => assert!(text.contains("10.0.192.10"), "{text}"),
        "ExplainLine" => {
            assert_eq!(answer["outcome"], "record", "{text}");
            let fields = answer["fields"].as_array().unwrap();
            let bytes = fields.iter().find(|field| field["name"] == "octetDeltaCount").unwrap();
            assert_eq!(bytes["value"], "7");
            assert!(
                fields.iter().all(|field| field["rule"].as_str().is_some_and(|it| !it.is_empty()))
            );
        }
        "ListTemplates" => {
            let templates = answer["templates"].as_array().unwrap();
            assert!(templates.len() >= 2, "one for each address family: {text}");
        }
        "GetExportStatus" => {
            assert_eq!(number(&answer["records_committed"]), RECORDS, "{text}");
            assert_eq!(number(&answer["outputs"][0]["records"]), RECORDS, "{text}");
            assert_eq!(answer["outputs"][0]["state"], "OUTPUT_STATE_UP", "{text}");
        }
        "GetEnricherStatus" => {
            assert_eq!(answer["is_ready"], true, "{text}");
            assert_eq!(number(&answer["records"]), RECORDS, "{text}");
        }
        "ListInputStatus" => {
            assert_eq!(
                answer["inputs"][0]["name"],
                corpus.folder().display().to_string(),
                "{text}"
            );
        }
        other => panic!("a method that this test does not know: {other}: {text}"),
    }
}

/// 64-bit numbers are strings in protobuf's JSON.
fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).or(value.as_u64()).unwrap()
}

/// Runs the reflection client.
fn client(address: SocketAddr, arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/reflection_client.py");
    let run = run(python().arg(script).arg(address.to_string()).args(arguments)).ended_with(0);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn grpcio_lists_and_calls_every_admin_method_by_reflection_alone() {
    let corpus = Corpus::new();
    let (mut pipeline, _collector) = pipeline(&corpus);
    let mut called = Vec::new();
    for service in [&pipeline.exporter, &pipeline.enrichers[0], &pipeline.tail] {
        let address = admin(service);
        let services = client(address, &["list"]);
        let services = services.as_object().unwrap();
        let ours = services.iter().filter(|(name, _)| name.starts_with("weir.v1."));
        for (name, methods) in ours {
            for (method, kind) in methods.as_object().unwrap() {
                assert_eq!(kind, "unary", "{name}/{method} is pleasant from no tool");
                let request = request(method, &corpus).to_string();
                let answer = client(address, &["call", &format!("{name}/{method}"), &request]);
                check(method, &answer, &corpus);
                called.push(method.clone());
            }
            // Each service has its health, and so has the process.
            assert_eq!(client(address, &["health", name]), "SERVING");
        }
        assert_eq!(client(address, &["health"]), "SERVING");
    }
    called.sort_unstable();
    let expected = [
        "ExplainLine",
        "GetEnricherStatus",
        "GetExportStatus",
        "ListInputStatus",
        "ListTemplates",
        "LookupAddress",
    ];
    assert_eq!(called, expected);
    pipeline.end();
}

#[test]
fn grpcio_sees_each_service_drain_as_not_serving() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 1_000);
    // As long as it refuses nothing is committed, so that drains wait.
    let collector = TcpCollector::open(TcpMode::Refusing);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let mut pipeline = plan.start(1);
    let exporter = &pipeline.exporter;
    wait_for("runs to be held", || {
        (exporter.metrics().sum("weir_exporter_held_bytes") > 0).then_some(())
    });
    let Pipeline { tail, enrichers, exporter } = &mut pipeline;
    let enricher = &mut enrichers[0];
    for service in [&*tail, &*enricher, &*exporter] {
        assert_eq!(client(admin(service), &["health"]), "SERVING");
        service.signal(Signal::TERM);
        wait_for("health to say so", || {
            (client(admin(service), &["health"]) == "NOT_SERVING").then_some(())
        });
    }
    collector.set(TcpMode::Reading);
    for service in [tail, enricher, exporter] {
        assert_eq!(service.wait(), Some(0), "{}", service.log());
    }
}

/// Runs grpcurl against a plaintext listener.
fn grpcurl(arguments: &[&str]) -> String {
    let mut command: Command = python_program("grpcurl");
    run(command.arg("-plaintext").args(["-max-time", "20"]).args(arguments)).ended_with(0).stdout
}

#[test]
fn grpcurl_lists_describes_and_calls_the_admin_services() {
    let corpus = Corpus::new();
    let (mut pipeline, _collector) = pipeline(&corpus);
    let exporter = ("ExporterAdminService", vec!["ListTemplates", "GetExportStatus"]);
    let enricher = ("EnricherAdminService", vec!["LookupAddress", "ExplainLine"]);
    let tail = ("IngestService", vec!["ListInputStatus"]);
    let all = [
        (&pipeline.exporter, exporter),
        (&pipeline.enrichers[0], enricher),
        (&pipeline.tail, tail),
    ];
    for (process, (service, methods)) in all {
        let address = admin(process).to_string();
        let service = format!("weir.v1.{service}");
        assert!(grpcurl(&[&address, "list"]).lines().any(|line| line == service));
        let described = grpcurl(&[&address, "describe", &service]);
        for method in methods {
            assert!(described.contains(&format!("rpc {method} ")), "{described}");
            let request = request(method, &corpus).to_string();
            let path = format!("{service}/{method}");
            // Without its own names of fields grpcurl writes those of JSON.
            let answer = grpcurl(&["-emit-defaults", "-d", &request, &address, &path]);
            let answer: Value = serde_json::from_str(&answer).unwrap();
            check(method, &snake_case(answer), &corpus);
        }
        let health = grpcurl(&[&address, "grpc.health.v1.Health/Check"]);
        assert!(health.contains("\"SERVING\""), "{health}");
    }
    pipeline.end();
}

/// The fields' names as the protos have them.
fn snake_case(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(snake_case).collect(),
        Value::Object(fields) => {
            let snake = |name: &str| {
                let letters = name.chars().map(|letter| match letter {
                    'A'..='Z' => format!("_{}", letter.to_ascii_lowercase()),
                    other => other.to_string(),
                });
                letters.collect::<String>()
            };
            let fields = fields.into_iter();
            fields.map(|(name, value)| (snake(&name), snake_case(value))).collect()
        }
        other => other,
    }
}

#[test]
fn grpcurl_shows_what_is_wrong_with_a_request() {
    let corpus = Corpus::new();
    let (mut pipeline, _collector) = pipeline(&corpus);
    let address = admin(&pipeline.enrichers[0]).to_string();
    let path = "weir.v1.EnricherAdminService/LookupAddress";
    let mut command = python_program("grpcurl");
    let answer =
        run(command.args(["-plaintext", "-d", "{\"address\": \"10.0.0.300\"}", &address, path]));
    assert_ne!(answer.code, Some(0));
    answer.says(&["InvalidArgument", "address"]);
    pipeline.end();
}
