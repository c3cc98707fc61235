//! Messages that are not ours any more.

use std::time::Duration;

use weir_testkit::{Answer, Fault, Gate};

use crate::messages::endpoint;
use crate::recorder::Manner;
use crate::setup::{Messages, Setup, created, deleted, double, gzip, key, put, text, wait_for};

#[tokio::test]
async fn work_on_a_message_whose_handle_has_expired_stops_and_nothing_is_deleted() {
    for code in ["ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight"] {
        let aws = double();
        let messages = Messages::of(&aws, "flow-logs");
        let gate = Gate::closed();
        put(&aws, &key("one"), Answer::octets(gzip(&text("one", 4))).behind(&gate));
        put(&aws, &key("two"), Answer::octets(gzip(&text("two", 4))));
        aws.on("sqs", "ChangeMessageVisibility")
            .with_parameter("ReceiptHandle", "handle-lost")
            .answer(Answer::error(code, "the receipt handle has expired"));
        messages.send("lost", &created(&[&key("one"), &key("two")]));
        let setup = Setup { visibility: Duration::from_secs(2), ..Setup::new(endpoint(&aws)) };
        let running = setup.start();
        wait_for("the loss to be shown", || running.meter.status().source_errors == 1).await;
        gate.open();
        // The slot is free: another message is worked on.
        messages.send("kept", &created(&[&key("two")]));
        wait_for("the other to be deleted", || deleted(&aws) == ["kept"]).await;
        let report = running.end().await;
        assert_eq!((report.status.units_failed, report.runs_left), (0, 0), "{code}");
    }
}

#[tokio::test]
async fn a_message_that_is_lost_while_its_runs_are_held_is_not_deleted() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    put(&aws, &key("one"), Answer::octets(gzip(&text("one", 4))));
    messages.send("lost", &created(&[&key("one")]));
    let lost = Answer::error("ReceiptHandleIsInvalid", "the receipt handle has expired");
    aws.on("sqs", "ChangeMessageVisibility").answer_in_turn([Fault::Internal.into(), lost]);
    let visibility = Duration::from_secs(2);
    let setup = Setup { visibility, manner: Manner::Accept, ..Setup::new(endpoint(&aws)) };
    let running = setup.start();
    wait_for("the loss to be shown", || running.meter.status().source_errors == 1).await;
    running.recorder.commit_all();
    wait_for("the run to be committed", || running.meter.status().runs_committed == 1).await;
    assert!(running.end().await.is_clean());
    assert!(deleted(&aws).is_empty());
}

#[tokio::test]
async fn a_message_that_is_lost_when_it_is_deleted_is_done_all_the_same() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    put(&aws, &key("one"), Answer::octets(gzip(&text("one", 4))));
    let refused = serde_json::json!({ "Successful": [], "Failed": [
        { "Id": "0", "Code": "ReceiptHandleIsInvalid", "SenderFault": true, "Message": "expired" },
    ] });
    aws.on("sqs", "DeleteMessageBatch").times(1).answer(refused);
    messages.send("first", &created(&[&key("one")]));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("it to be done", || deleted(&aws) == ["first"]).await;
    // It comes again to somebody, who knows that it was exported.
    messages.send("again", &created(&[&key("one")]));
    wait_for("it to be deleted", || deleted(&aws) == ["first", "again"]).await;
    assert_eq!(running.recorder.runs().len(), 1);
    assert_eq!(running.end().await.status.source_errors, 0);
}
