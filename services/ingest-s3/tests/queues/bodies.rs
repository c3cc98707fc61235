//! Objects whose octets break off, end early, or are not there.

use weir_testkit::{Answer, Call};

use crate::messages::endpoint;
use crate::setup::{
    Messages, Setup, created, deleted, double, etag, gzip, key, put, text, wait_for,
};

#[tokio::test]
async fn a_connection_that_breaks_is_gone_on_with_where_it_broke() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let one = key("one");
    let content = gzip(&text("one", 30_000));
    let tag = format!("\"{}\"", etag(&one));
    aws.on("s3", "GetObject").answer_with(move |call: &Call| match call.header("range") {
        None => {
            let answer = Answer::octets(content.clone()).breaking_after(content.len() / 3);
            answer.with_header("etag", &tag)
        }
        Some(range) => {
            assert_eq!(call.header("if-match"), Some(tag.as_str()));
            let from = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap();
            let from: usize = from.parse().unwrap();
            Answer::octets(content[from..].to_vec()).with_status(206)
        }
    });
    messages.send("m", &created(&[&one]));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("the message to be deleted", || deleted(&aws) == ["m"]).await;
    let lines = running.recorder.lines();
    assert_eq!(lines.len(), 30_000);
    assert!(lines.values().all(|times| *times == 1));
    assert_eq!(aws.calls_of("s3", "GetObject").len(), 2);
    running.ends_well().await;
}

#[tokio::test]
async fn an_object_that_is_gone_or_empty_is_done() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let missing = Answer::error("NoSuchKey", "The specified key does not exist.");
    put(&aws, &key("gone"), missing.with_status(404));
    put(&aws, &key("empty"), Answer::octets(Vec::new()));
    messages.send("gone", &created(&[&key("gone")]));
    messages.send("empty", &created(&[&key("empty")]));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("both to be deleted", || deleted(&aws).len() == 2).await;
    let report = running.end().await;
    assert_eq!((report.status.runs_read, report.status.units_failed), (0, 0));
}

#[tokio::test]
async fn a_bucket_that_is_gone_fails_the_message() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let missing = Answer::error("NoSuchBucket", "The specified bucket does not exist");
    put(&aws, &key("one"), missing.with_status(404));
    messages.send("m", &created(&[&key("one")]));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("the object to fail", || running.meter.status().units_failed == 1).await;
    running.ends_well().await;
    assert!(deleted(&aws).is_empty());
}

#[tokio::test]
async fn what_comes_before_the_damage_is_exported_and_good_objects_of_the_message_are_remembered() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let (good, cut) = (key("good"), key("cut"));
    let whole = gzip(&text("cut", 30_000));
    put(&aws, &good, Answer::octets(gzip(&text("good", 10))));
    put(&aws, &cut, Answer::octets(whole[..whole.len() / 2].to_vec()));
    messages.send("m", &created(&[&good, &cut]));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("one object to fail", || running.meter.status().units_failed == 1).await;
    let before = running.recorder.lines();
    assert!(before.len() > 1_000 && before.len() < 30_010, "{}", before.len());
    assert!(running.meter.status().last_error.contains("cut off"), "{:?}", running.meter.status());
    // It comes again: the good one is known, the other is read again under the same ids.
    messages.send("m", &created(&[&good, &cut]));
    wait_for("it to fail again", || running.meter.status().units_failed == 2).await;
    let good = |line: &String| line.contains("eni-good");
    let lines = running.recorder.lines();
    assert!(lines.iter().filter(|(line, _)| good(line)).all(|(_, times)| *times == 1));
    let mut runs = running.recorder.runs();
    runs.sort_unstable();
    runs.dedup();
    assert_eq!(lines.len(), before.len());
    assert!(runs.len() < running.recorder.runs().len());
    running.ends_well().await;
    assert!(deleted(&aws).is_empty());
}
