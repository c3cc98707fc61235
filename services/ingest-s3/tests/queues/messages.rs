//! What is deleted, and when.

use serde_json::json;
use weir_delivery::Answer as RunAnswer;
use weir_testkit::Answer;

use crate::recorder::Manner;
use crate::setup::{Messages, Setup, created, deleted, double, gzip, key, put, text, wait_for};

#[tokio::test]
async fn a_message_is_deleted_when_every_object_of_it_is_committed_and_not_before() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let (one, two) = (key("one"), key("two"));
    put(&aws, &one, Answer::octets(gzip(&text("one", 10))));
    put(&aws, &two, Answer::octets(text("two", 20)));
    messages.send("m", &created(&[&one, &two]));
    let running = Setup { manner: Manner::Accept, ..Setup::new(endpoint(&aws)) }.start();
    running.wait_for_lines(30).await;
    let runs = running.recorder.runs();
    assert_eq!(runs.len(), 2);
    running.recorder.answer(runs[0], RunAnswer::Committed);
    wait_for("the first object to be done", || running.meter.status().units_done == 1).await;
    assert!(deleted(&aws).is_empty());
    running.recorder.answer(runs[1], RunAnswer::Committed);
    wait_for("the message to be deleted", || deleted(&aws) == ["m"]).await;
    let report = running.end().await;
    assert!(report.is_clean());
    assert_eq!(report.status.units_done, 2);
}

#[tokio::test]
async fn a_second_notification_of_a_finished_object_fetches_nothing() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let one = key("one");
    put(&aws, &one, Answer::octets(gzip(&text("one", 10))));
    messages.send("first", &created(&[&one]));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("the message to be deleted", || deleted(&aws) == ["first"]).await;
    messages.send("again", &created(&[&one]));
    wait_for("the second to be deleted", || deleted(&aws) == ["first", "again"]).await;
    assert_eq!(aws.calls_of("s3", "GetObject").len(), 1);
    assert_eq!(running.recorder.runs().len(), 1);
    running.ends_well().await;
}

#[tokio::test]
async fn zstd_plain_text_and_gzip_are_told_by_their_content() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let zstd = zstd::encode_all(text("z", 5).as_bytes(), 1).unwrap();
    for (name, content) in
        [("z.gz", zstd), ("p.gz", text("p", 5).into_bytes()), ("g", gzip(&text("g", 5)))]
    {
        put(&aws, &key(name), Answer::octets(content));
        messages.send(name, &created(&[&key(name)]));
    }
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("all to be deleted", || deleted(&aws).len() == 3).await;
    assert_eq!(running.recorder.lines().len(), 15);
    running.ends_well().await;
}

#[tokio::test]
async fn what_is_no_flow_log_and_what_is_not_new_is_deleted_unread() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    messages.send("other", &created(&["AWSLogs/111122223333/CloudTrail/x.json.gz"]));
    messages.send("test", &json!({ "Service": "Amazon S3", "Event": "s3:TestEvent" }));
    let mut removed = created(&[&key("one")]);
    removed["Records"][0]["eventName"] = json!("ObjectRemoved:Delete");
    messages.send("removed", &removed);
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("all to be deleted", || deleted(&aws).len() == 3).await;
    assert!(aws.calls_of("s3", "*").is_empty());
    assert_eq!(running.end().await.status.units_failed, 0);
}

#[tokio::test]
async fn a_message_of_no_known_form_is_shown_and_left() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    messages.send("odd", &json!({ "hello": "world" }));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("it to be shown", || running.meter.status().units_failed == 1).await;
    let error = running.meter.status().last_error;
    assert!(error.contains("no notification of S3"), "{error}");
    running.ends_well().await;
    assert!(deleted(&aws).is_empty());
}

pub(crate) fn endpoint(aws: &weir_testkit::AwsDouble) -> weir_aws::Endpoints {
    weir_aws::Endpoints::one(aws.url())
}
