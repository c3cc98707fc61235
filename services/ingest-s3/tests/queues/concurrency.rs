//! Slots: no more is received than there is room for, and that may change.

use std::num::NonZeroUsize;
use std::time::Duration;

use weir_ingest_s3::Inputs;
use weir_testkit::{Answer, AwsDouble, Gate, most_at_once};

use crate::messages::endpoint;
use crate::recorder::Manner;
use crate::setup::{
    Messages, Setup, created, deleted, double, gzip, key, put, queue, text, wait_for,
};

fn fill(aws: &AwsDouble, messages: &Messages, count: usize, gate: &Gate) {
    for number in 0..count {
        let key = key(&format!("object-{number}"));
        let content = gzip(&text(&number.to_string(), 3));
        put(aws, &key, Answer::octets(content).behind(gate));
        messages.send(&number.to_string(), &created(&[&key]));
    }
}

#[tokio::test]
async fn no_more_messages_are_received_than_there_are_free_slots_and_their_number_may_change() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let gate = Gate::closed();
    fill(&aws, &messages, 30, &gate);
    let running = Setup::new(endpoint(&aws)).concurrency(2).start();
    let fetched = || aws.calls_of("s3", "GetObject").len();
    wait_for("two objects to be fetched", || fetched() == 2).await;
    let inputs = |concurrency| Inputs {
        queues: vec![queue("flow-logs")],
        concurrency: NonZeroUsize::new(concurrency).unwrap(),
    };
    running.inputs.send(inputs(5)).unwrap();
    wait_for("three more", || fetched() == 5).await;
    gate.open();
    wait_for("all to be deleted", || deleted(&aws).len() == 30).await;
    assert!(most_at_once(&aws.calls_of("s3", "GetObject")) <= 5);
    let asked = aws.calls_of("sqs", "ReceiveMessage");
    assert!(asked.iter().all(|call| call.number("MaxNumberOfMessages").unwrap() <= 5));
    assert_eq!(running.recorder.lines().len(), 90);
    running.ends_well().await;
}

#[tokio::test]
async fn a_slot_is_free_again_when_the_exporter_has_accepted_what_was_read() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let open = Gate::closed();
    open.open();
    fill(&aws, &messages, 5, &open);
    let visibility = Duration::from_secs(2);
    let setup = Setup { visibility, manner: Manner::Wait, ..Setup::new(endpoint(&aws)) };
    let running = setup.start();
    running.wait_for_lines(3).await;
    // The run waits for the exporter, and its message uses the only slot, however long.
    let kept = || aws.calls_of("sqs", "ChangeMessageVisibility").len();
    wait_for("the message to be kept", || kept() >= 2).await;
    assert_eq!(aws.calls_of("s3", "GetObject").len(), 1);
    running.recorder.set(Manner::Accept);
    running.recorder.commit_all();
    running.wait_for_lines(15).await;
    assert_eq!(deleted(&aws), ["0"], "the others are accepted and not committed");
    running.recorder.commit_all();
    wait_for("all to be deleted", || deleted(&aws).len() == 5).await;
    running.ends_well().await;
}

#[tokio::test]
async fn queues_come_and_go_while_others_are_read() {
    let aws = double();
    let (first, second) = (Messages::of(&aws, "first"), Messages::of(&aws, "second"));
    put(&aws, &key("one"), Answer::octets(gzip(&text("one", 3))));
    put(&aws, &key("two"), Answer::octets(gzip(&text("two", 3))));
    first.send("1", &created(&[&key("one")]));
    let mut setup = Setup::new(endpoint(&aws));
    setup.inputs.queues = vec![queue("first")];
    let running = setup.start();
    wait_for("the first to be read", || deleted(&aws) == ["1"]).await;
    second.send("2", &created(&[&key("two")]));
    running.inputs.send_modify(|inputs| inputs.queues = vec![queue("second")]);
    wait_for("the second to be read", || deleted(&aws) == ["1", "2"]).await;
    // The call that was under way ends; after it the first queue is left alone.
    first.send("3", &created(&[&key("one")]));
    let calls = || aws.calls_of("sqs", "ReceiveMessage");
    let url = |call: &weir_testkit::Call| call.parameter("QueueUrl").unwrap().to_owned();
    let so_far = calls().len();
    wait_for("more calls", || calls().len() > so_far + 10).await;
    let later = calls().split_off(so_far + 5);
    assert!(later.iter().all(|call| url(call).ends_with("/second")));
    running.ends_well().await;
}
