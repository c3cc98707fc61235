//! A double of Kinesis that fails as it is told to.

use serde_json::{Value, json};
use weir_testkit::{Answer, Fault, wait_for_async};

use crate::double::{line, nothing, scripted};
use crate::metrics::Page;
use crate::sandbox::Sandbox;

/// The lines that come although each read is followed by this failure.
async fn reads_on_after(failure: impl Fn() -> Answer) -> (Sandbox, String) {
    let sandbox = scripted().await;
    let (one, two, three) = (line(1, "2 one"), line(2, "2 two"), line(3, "2 three"));
    let answers = [one, failure(), two, failure(), three, nothing()];
    sandbox.aws.on("kinesis", "GetRecords").answer_in_turn(answers);
    let worker = sandbox.worker("a");
    let expected = ["2 one", "2 two", "2 three"].map(str::to_owned);
    sandbox.delivered.wait_for(&expected).await;
    let status = worker.status();
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
    (sandbox, status.last_error)
}

fn parameter(sandbox: &Sandbox, operation: &str, call: usize, name: &str) -> Option<String> {
    let calls = sandbox.aws.calls_of("kinesis", operation);
    calls.get(call)?.parameter(name).map(|value| value.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_iterator_is_replaced_behind_the_last_record() {
    let expired = || Answer::error("ExpiredIteratorException", "Iterator expired.");
    let (sandbox, _) = reads_on_after(expired).await;
    let kind = |call| parameter(&sandbox, "GetShardIterator", call, "ShardIteratorType");
    let sequence = |call| parameter(&sandbox, "GetShardIterator", call, "StartingSequenceNumber");
    assert_eq!(kind(0).as_deref(), Some("TRIM_HORIZON"));
    assert_eq!(kind(1).as_deref(), Some("AFTER_SEQUENCE_NUMBER"));
    assert_eq!((sequence(1).as_deref(), sequence(2).as_deref()), (Some("1"), Some("2")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_was_too_much_is_repeated_with_its_iterator() {
    let throttled =
        || Answer::error("ProvisionedThroughputExceededException", "Rate exceeded for shard.");
    let (sandbox, error) = reads_on_after(throttled).await;
    assert_eq!(sandbox.aws.calls_of("kinesis", "GetShardIterator").len(), 1);
    let iterator = |call| parameter(&sandbox, "GetRecords", call, "ShardIterator");
    assert_eq!(iterator(1), iterator(2));
    assert_eq!(error, "", "it is usual");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_error_of_kms_is_told_by_its_name_and_slows_the_shard_down() {
    // The codes of GetRecords' reference, one of no reference, what is counted, and what a person
    // is told to do.
    let codes = [
        ("KMSAccessDeniedException", "kms_access_denied", "the KMS key may not be used"),
        ("KMSDisabledException", "kms_disabled", "the KMS key is disabled: enable it"),
        (
            "KMSInvalidStateException",
            "kms_invalid_state",
            "the KMS key is in a state that forbids its use",
        ),
        ("KMSNotFoundException", "kms_not_found", "there is no such KMS key"),
        ("KMSOptInRequired", "kms_opt_in_required", "the account has not opted in to KMS"),
        ("KMSThrottlingException", "kms_throttling", "KMS asks for fewer calls"),
        ("KMSOfTomorrowException", "kms_other", "the KMS key cannot be used (OfTomorrow)"),
    ];
    let page = Page::new();
    for (code, name, text) in codes {
        let sandbox = scripted().await;
        sandbox.aws.on("kinesis", "GetRecords").answer(Fault::kms(code));
        let worker = sandbox.worker("a");
        let told = async || worker.status().last_error.contains(text).then_some(());
        wait_for_async(&format!("{code} to be shown"), told).await;
        let lease = async || {
            let leases = sandbox.leases().await;
            leases.iter().any(|(_, record)| record.last_error.contains(text)).then_some(())
        };
        wait_for_async(&format!("{code} to stand at the lease"), lease).await;
        let label = format!("error=\"{name}\"");
        let counted = page.values("weir_kinesis_errors_total", &label);
        assert!(counted.iter().sum::<f64>() >= 1.0, "{code}");
        // Half a second and more lies between two attempts; meanwhile the lease is renewed.
        assert!(sandbox.aws.calls_of("kinesis", "GetRecords").len() < 10, "{code}");
        assert!(worker.stop().await.is_clean());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_null_iterator_without_children_is_no_end() {
    let sandbox = scripted().await;
    let end: Value = json!({"Records": [], "MillisBehindLatest": 0});
    let answers = [line(1, "2 one"), Answer::json(end), line(2, "2 two"), nothing()];
    sandbox.aws.on("kinesis", "GetRecords").answer_in_turn(answers);
    let worker = sandbox.worker("a");
    sandbox.delivered.wait_for(&["2 one", "2 two"].map(str::to_owned)).await;
    assert!(sandbox.leases().await.iter().all(|(_, record)| !record.is_finished()));
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
}
