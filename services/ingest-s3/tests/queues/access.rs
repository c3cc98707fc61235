//! Buckets and keys that may not be used: the message waits, others do not.

use weir_testkit::{Answer, Fault};

use crate::messages::endpoint;
use crate::setup::{Messages, Setup, created, deleted, double, gzip, key, put, text, wait_for};

/// An object is refused twice with `fault`; the message says so with `words`.
async fn is_waited_out(fault: Fault, words: &[&str]) {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let (refused, other) = (key("refused"), key("other"));
    put(&aws, &refused, Answer::octets(gzip(&text("refused", 10))));
    put(&aws, &other, Answer::octets(gzip(&text("other", 10))));
    aws.on("s3", "GetObject").with_parameter("Key", &refused).times(2).answer(fault);
    messages.send("refused", &created(&[&refused]));
    messages.send("other", &created(&[&other]));
    // With one slot: the one that waits does not use it.
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("the other to be done first", || deleted(&aws) == ["other"]).await;
    let error = running.meter.status().last_error;
    for word in words {
        assert!(error.contains(word), "{word} is not in {error}");
    }
    wait_for("the first to be done", || deleted(&aws) == ["other", "refused"]).await;
    let report = running.end().await;
    assert_eq!((report.status.units_done, report.status.units_failed), (2, 0));
    assert_eq!(report.status.source_errors, 2);
}

#[tokio::test]
async fn a_denied_object_waits_and_the_action_that_is_missing_is_named() {
    is_waited_out(Fault::denied("s3:GetObject"), &["s3:GetObject", "denied", "refused"]).await;
}

#[tokio::test]
async fn a_key_that_may_not_be_used_names_kms_decrypt() {
    is_waited_out(Fault::kms("KMSAccessDeniedException"), &["kms:Decrypt"]).await;
    is_waited_out(Fault::denied("kms:Decrypt"), &["kms:Decrypt"]).await;
}

#[tokio::test]
async fn a_disabled_key_is_named_as_such() {
    is_waited_out(Fault::kms("KMSDisabledException"), &["disabled", "enable it"]).await;
}

#[tokio::test]
async fn a_queue_that_is_denied_is_shown_and_tried_again() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    put(&aws, &key("one"), Answer::octets(gzip(&text("one", 10))));
    messages.send("m", &created(&[&key("one")]));
    aws.on("sqs", "ReceiveMessage").times(1).answer(Fault::denied("sqs:ReceiveMessage"));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("the message to be deleted", || deleted(&aws) == ["m"]).await;
    let error = running.meter.status().last_error;
    assert!(error.contains("sqs:ReceiveMessage is denied"), "{error}");
    running.ends_well().await;
}
