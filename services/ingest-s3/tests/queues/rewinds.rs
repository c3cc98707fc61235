//! Runs that an exporter had accepted and does not have any more.

use weir_delivery::Answer as RunAnswer;
use weir_testkit::Answer;

use crate::messages::endpoint;
use crate::recorder::Manner;
use crate::setup::{Messages, Setup, created, deleted, double, gzip, key, put, text, wait_for};

#[tokio::test]
async fn an_object_is_read_again_for_a_lost_run_and_only_that_run_is_sent_again() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    put(&aws, &key("one"), Answer::octets(gzip(&text("one", 10_000))));
    messages.send("m", &created(&[&key("one")]));
    let running = Setup { manner: Manner::Accept, ..Setup::new(endpoint(&aws)) }.start();
    running.wait_for_lines(10_000).await;
    let runs = running.recorder.runs();
    assert!(runs.len() > 3, "{}", runs.len());
    running.recorder.answer(runs[1], RunAnswer::Unknown);
    running.wait_for("the lost run", |recorder| recorder.runs().len() == runs.len() + 1).await;
    assert_eq!(running.recorder.runs().last(), Some(&runs[1]));
    assert!(deleted(&aws).is_empty());
    running.recorder.commit_all();
    wait_for("the message to be deleted", || deleted(&aws) == ["m"]).await;
    let report = running.end().await;
    assert_eq!((report.status.rewinds, report.status.runs_resent), (1, 1));
}

#[tokio::test]
async fn an_object_that_is_gone_by_then_has_failed() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let missing = Answer::error("NoSuchKey", "The specified key does not exist.");
    put(&aws, &key("one"), missing.with_status(404));
    let content = Answer::octets(gzip(&text("one", 10)));
    aws.on("s3", "GetObject").times(1).answer(content.with_header("etag", "\"etag-of-one\""));
    messages.send("m", &created(&[&key("one")]));
    let running = Setup { manner: Manner::Accept, ..Setup::new(endpoint(&aws)) }.start();
    running.wait_for_lines(10).await;
    running.recorder.answer(running.recorder.runs()[0], RunAnswer::Unknown);
    wait_for("the object to fail", || running.meter.status().units_failed == 1).await;
    let error = running.meter.status().last_error;
    assert!(error.contains("lost with an exporter"), "{error}");
    running.ends_well().await;
    assert!(deleted(&aws).is_empty());
}
