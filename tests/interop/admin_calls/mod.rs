//! The admin calls as clients see them that nobody here wrote: Python's grpcio with reflection and
//! health checking, and grpcurl.

mod grpcio;
mod grpcurl;

use std::net::SocketAddr;

use serde_json::{Value, json};
use weir_tests::{Corpus, Pipeline, Plan, Service, UdpCollector, wait_for};

const RECORDS: u64 = 2_000;

/// A folder is read without leases.
const NO_LEASE: &str = "kinesis/111122223333:eu-west-1:flows:1700000000/shardId-000000000000";

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
        "ReleaseLease" => json!({ "id": NO_LEASE }),
        "SetPosition" => json!({ "id": NO_LEASE, "position": "TRIM_HORIZON" }),
        _ => json!({}),
    }
}

/// The code with which a method is refused where there is nothing to change.
fn refusal(method: &str) -> Option<&'static str> {
    matches!(method, "ReleaseLease" | "SetPosition").then_some("NOT_FOUND")
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
        "ListLeases" => assert_eq!(answer["leases"], json!([]), "{text}"),
        other => panic!("a method that this test does not know: {other}: {text}"),
    }
}

/// 64-bit numbers are strings in protobuf's JSON.
fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).or(value.as_u64()).unwrap()
}
