//! grpcurl: list, describe, call.

use std::process::Command;

use serde_json::Value;
use weir_tests::{Corpus, python_program, run};

use super::{admin, check, pipeline, request};

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
    let tail = ("IngestService", vec!["ListInputStatus", "ListLeases"]);
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
