//! Python's grpcio: everything by reflection, and health.

use std::net::SocketAddr;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;
use weir_tests::{Corpus, Pipeline, Plan, Run, TcpCollector, TcpMode, python, run, wait_for};

use super::{RECORDS, admin, check, pipeline, refusal, request};

/// Runs the reflection client.
fn called(address: SocketAddr, arguments: &[&str]) -> Run {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/reflection_client.py");
    run(python().arg(script).arg(address.to_string()).args(arguments))
}

/// Runs it to its answer.
fn client(address: SocketAddr, arguments: &[&str]) -> Value {
    serde_json::from_str(&called(address, arguments).ended_with(0).stdout).unwrap()
}

/// Runs it with a call that is refused.
fn refused(address: SocketAddr, arguments: &[&str]) -> Run {
    let run = called(address, arguments);
    assert_ne!(run.code, Some(0), "{}", run.stdout);
    run
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
                let arguments = ["call", &format!("{name}/{method}"), &request];
                match refusal(method) {
                    Some(code) => refused(address, &arguments).says(&[code]),
                    None => check(method, &client(address, &arguments), &corpus),
                }
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
        "ListLeases",
        "ListTemplates",
        "LookupAddress",
        "ReleaseLease",
        "SetPosition",
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
