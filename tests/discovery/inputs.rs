//! Inputs and rules as clients see them that know nothing of weir.

use std::thread;

use serde_json::{Value, json};

use crate::account::Account;
use crate::processes::Installation;

const INPUTS: &str = "weir.v1.InputService";
const INGEST: &str = "weir.v1.IngestService";

fn rule(name: &str) -> Value {
    let rule = json!({"name": name, "kind": "INPUT_KIND_KINESIS", "pattern": "flow-*"});
    json!({ "rule": rule })
}

#[test]
fn clients_that_know_nothing_of_weir_make_every_call() {
    let account = Account::open();
    let installation = Installation::start(&account);
    let discovery = installation.discovery();
    assert_eq!(
        discovery.methods(INPUTS),
        ["DeleteRule", "DisableInput", "EnableInput", "ListInputs", "ListRules", "SetRule"]
    );
    for (service, method, request) in [
        (INPUTS, "ListInputs", json!({"page_size": 10})),
        (INPUTS, "SetRule", rule("streams")),
        (INPUTS, "ListRules", json!({})),
        (INPUTS, "DeleteRule", json!({"name": "streams"})),
        (INGEST, "ListInputStatus", json!({})),
        (INGEST, "ListLeases", json!({"kind": "kinesis"})),
    ] {
        let answer = discovery.call_by_grpcio(&format!("{service}/{method}"), &request);
        assert!(answer.is_object(), "{method}: {answer}");
    }
    let no_stream = json!({"stream": {"arn": "arn:aws:kinesis:eu-west-1:1:stream/none"}});
    for (method, request, code) in [
        ("EnableInput", no_stream, "NotFound"),
        ("EnableInput", json!({}), "InvalidArgument"),
        ("EnableInput", json!({"bucket": {"bucket": "none"}}), "NotFound"),
        ("DisableInput", json!({"id": "none"}), "NotFound"),
        ("DeleteRule", json!({"name": "none"}), "NotFound"),
        ("SetRule", json!({"rule": {"name": "a b"}}), "InvalidArgument"),
        ("ListInputs", json!({"pageToken": "7"}), "InvalidArgument"),
        ("DeleteRule", json!({"name": "none", "etag": "x"}), "InvalidArgument"),
        ("SetRule", json!({"rule": rule("b")["rule"], "etag": "0".repeat(32)}), "Aborted"),
    ] {
        discovery.refuses(&format!("{INPUTS}/{method}"), &request, code);
    }
    for (method, request, code) in [
        ("ListLeases", json!({"kind": "s3"}), "InvalidArgument"),
        ("ListLeases", json!({"pageToken": "7"}), "InvalidArgument"),
        ("ReleaseLease", json!({}), "InvalidArgument"),
        ("ReleaseLease", json!({"id": "kinesis/flows/shardId-0"}), "NotFound"),
        ("ReleaseLease", json!({"id": "no lease"}), "NotFound"),
        ("SetPosition", json!({"id": "kinesis/flows/shardId-0"}), "InvalidArgument"),
        (
            "SetPosition",
            json!({"id": "cloudwatch/1/eu-west-1/flows/all", "position": "17"}),
            "InvalidArgument",
        ),
        (
            "SetPosition",
            json!({"id": "kinesis/flows/shardId-0", "position": "17", "fence": 0}),
            "NotFound",
        ),
    ] {
        discovery.refuses(&format!("{INGEST}/{method}"), &request, code);
    }
}

#[test]
fn two_discoveries_that_are_called_at_a_time_lose_no_rule_of_each_other() {
    const RULES: usize = 10;
    let account = Account::open();
    let installation = Installation::start(&account);
    let (one, other) = (installation.discovery(), installation.discovery());
    thread::scope(|scope| {
        for (discovery, name) in [(&one, "one"), (&other, "other")] {
            scope.spawn(move || {
                for number in 0..RULES {
                    let request = rule(&format!("{name}-{number}"));
                    discovery.call(&format!("{INPUTS}/SetRule"), &request);
                }
            });
        }
    });
    let rules =
        |it: &crate::processes::Process| it.call(&format!("{INPUTS}/ListRules"), &json!({}));
    assert_eq!(rules(&one)["rules"].as_array().unwrap().len(), 2 * RULES);
    assert_eq!(rules(&one), rules(&other));
}
