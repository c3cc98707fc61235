//! The policy in the documentation is what the service needs: no less and no more.

use std::collections::BTreeSet;

use serde_json::Value;
use weir_testkit::{Answer, EventStream, kinesis, wait_for_async};

use crate::cloudwatch::{putting, takes_metrics};
use crate::double::{nothing, scripted};
use crate::sandbox::{CONSUMER, fanned_out, stream};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_policy_allows_exactly_what_is_called() {
    let sandbox = scripted().await;
    let aws = &sandbox.aws;
    aws.on("kinesis", "GetRecords").answer(nothing());
    let missing = Answer::error("ResourceNotFoundException", "Consumer weir-test not found.");
    let states = [missing, kinesis::described_consumer(CONSUMER, "ACTIVE")];
    aws.on("kinesis", "DescribeStreamConsumer").answer_in_turn(states);
    let made = kinesis::registered_consumer(CONSUMER);
    aws.on("kinesis", "RegisterStreamConsumer").answer(made);
    let silent = Answer::events(EventStream::begin().silent());
    aws.on("kinesis", "SubscribeToShard").answer(silent);
    let polled = sandbox.worker_of("a", stream());
    let called = |operation: &str| !aws.calls_of("kinesis", operation).is_empty();
    wait_for_async("a poll", async || called("GetRecords").then_some(())).await;
    assert!(polled.stop().await.is_clean());
    let pushed = sandbox.worker_of("b", fanned_out());
    wait_for_async("a subscription", async || called("SubscribeToShard").then_some(())).await;
    assert!(pushed.stop().await.is_clean());

    let calls = aws.calls_of("kinesis", "*");
    let called = calls.iter().map(|call| format!("kinesis:{}", call.operation));
    let documented = actions(include_str!("../../../../docs/iam/ingest-kinesis.json"));
    assert_eq!(documented, called.collect());
    assert!(aws.calls_of("monitoring", "*").is_empty(), "no metrics unless they are switched on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_for_metrics_allows_exactly_what_is_called_where_they_are_switched_on() {
    let sandbox = scripted().await;
    sandbox.aws.on("kinesis", "GetRecords").answer(nothing());
    takes_metrics(&sandbox);
    let worker = putting(&sandbox, "weir");
    wait_for_async("metrics", async || {
        (!sandbox.aws.calls_of("monitoring", "*").is_empty()).then_some(())
    })
    .await;
    assert!(worker.stop().await.is_clean());
    let calls = sandbox.aws.calls_of("monitoring", "*");
    let called = calls.iter().map(|call| format!("cloudwatch:{}", call.operation));
    let policy = include_str!("../../../../docs/iam/ingest-kinesis-metrics.json");
    assert_eq!(actions(policy), called.collect());
    let policy: Value = serde_json::from_str(policy).unwrap();
    let condition = &policy["Statement"][0]["Condition"]["StringEquals"];
    let namespace = condition["cloudwatch:namespace"].as_str();
    assert!(calls.iter().all(|call| call.parameter("Namespace") == namespace));
}

/// What a policy allows.
fn actions(policy: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let actions =
        policy["Statement"].as_array().unwrap().iter().flat_map(
            |statement| match &statement["Action"] {
                Value::Array(actions) => actions.clone(),
                action => vec![action.clone()],
            },
        );
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}
