//! The policy in the documentation is what the service needs: no less and no more.

use std::collections::BTreeSet;

use serde_json::Value;
use weir_testkit::{Answer, EventStream, kinesis, wait_for_async};

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

    let called: BTreeSet<String> = aws
        .calls_of("kinesis", "*")
        .iter()
        .map(|call| format!("kinesis:{}", call.operation))
        .collect();
    let policy = include_str!("../../../../docs/iam/ingest-kinesis.json");
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    let documented: BTreeSet<String> =
        actions.map(|action| action.as_str().unwrap().to_owned()).collect();
    assert_eq!(documented, called);
}
