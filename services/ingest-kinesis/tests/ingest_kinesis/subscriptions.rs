//! Subscriptions against a double that sends real frames, and breaks off as it is told to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use weir_ingest_kinesis::KinesisConfig;
use weir_testkit::kinesis::{EVENT, SHARD, STREAM_ARN, record};
use weir_testkit::{Answer, Call, EventStream, Gate, kinesis, wait_for_async};

use crate::double::{line, nothing, scripted};
use crate::sandbox::{CONSUMER, Sandbox, Worker, fanned_out, stream};

/// There is no such consumer.
fn missing() -> Answer {
    Answer::error("ResourceNotFoundException", "Consumer weir-test not found.")
}

/// A stream whose consumer is there, and whose polls have nothing.
async fn sandbox() -> Sandbox {
    let sandbox = scripted().await;
    sandbox
        .aws
        .on("kinesis", "DescribeStreamConsumer")
        .answer(kinesis::described_consumer(CONSUMER, "ACTIVE"));
    sandbox.aws.on("kinesis", "GetRecords").answer(nothing());
    sandbox
}

/// An event with a line, and the number to go on from.
fn event(sequence: u64, text: &str, continuation: u64) -> Value {
    kinesis::event(&[record(sequence, text)], continuation)
}

/// An event that says only that there is nothing.
fn heartbeat(continuation: u64) -> Value {
    kinesis::event(&[], continuation)
}

fn subscriptions(sandbox: &Sandbox, events: impl IntoIterator<Item = EventStream>) {
    let answers = events.into_iter().map(Answer::events);
    sandbox.aws.on("kinesis", "SubscribeToShard").answer_in_turn(answers);
}

/// The type and the sequence number of where a subscription began.
fn beginning(call: &Call) -> (String, Option<String>) {
    let position = &call.parameters["StartingPosition"];
    let text = |name: &str| position[name].as_str().map(str::to_owned);
    (text("Type").unwrap(), text("SequenceNumber"))
}

fn after(sequence: &str) -> (String, Option<String>) {
    ("AFTER_SEQUENCE_NUMBER".to_owned(), Some(sequence.to_owned()))
}

async fn wait_for_lines<const N: usize>(sandbox: &Sandbox, lines: [&str; N]) {
    sandbox.delivered.wait_for(&lines.map(str::to_owned)).await;
}

async fn wait_for_error(worker: &Worker, part: &str) {
    let told = async || worker.status().last_error.contains(part).then_some(());
    wait_for_async(part, told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_goes_on_where_the_one_before_ended_however_that_was() {
    let sandbox = sandbox().await;
    let begin = EventStream::begin;
    subscriptions(
        &sandbox,
        [
            // An end by itself, behind what the last event says, and not behind its record.
            begin().event(EVENT, &event(1, "2 one", 10)).event(EVENT, &heartbeat(20)),
            // A connection that breaks in the middle of a frame.
            begin()
                .event(EVENT, &event(21, "2 two", 22))
                .event(EVENT, &event(23, "2 never", 24))
                .breaking_in_frame(),
            // A connection that is half open.
            begin().event(EVENT, &event(25, "2 three", 26)).silent(),
            // An event that is not known, and an error that is told in the stream.
            begin()
                .event("SomethingNew", &json!({"Records": 7}))
                .event(EVENT, &event(27, "2 four", 28))
                .exception("InternalFailureException", "try again"),
            // A frame whose checksum is wrong.
            begin().event(EVENT, &event(29, "2 wrong", 30)).damaged(),
            // No event at all.
            begin(),
            begin().event(EVENT, &event(29, "2 five", 30)).silent(),
        ],
    );
    let worker = sandbox.worker_of("a", fanned_out());
    wait_for_lines(&sandbox, ["2 one", "2 two", "2 three", "2 four", "2 five"]).await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.lines().len(), 5);
    assert_eq!(sandbox.delivered.repeated(), 0);
    let calls = sandbox.aws.calls_of("kinesis", "SubscribeToShard");
    let beginnings: Vec<_> = calls.iter().take(7).map(beginning).collect();
    let expected = [
        ("TRIM_HORIZON".to_owned(), None),
        after("20"),
        after("22"),
        after("26"),
        after("28"),
        after("28"),
        after("28"),
    ];
    assert_eq!(beginnings, expected);
    let arn = kinesis::consumer_arn(CONSUMER);
    assert!(calls.iter().all(|call| call.parameter("ConsumerARN") == Some(&arn)));
    assert!(calls.iter().all(|call| call.parameter("ShardId") == Some(SHARD)));
    assert!(sandbox.aws.calls_of("kinesis", "RegisterStreamConsumer").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_says_nothing_is_given_up_and_shown_and_another_worker_may_go_on() {
    let sandbox = sandbox().await;
    subscriptions(&sandbox, [EventStream::begin().silent()]);
    let first = sandbox.worker_of("a", fanned_out());
    wait_for_error(&first, "nothing came for 2s: the connection may be half open").await;
    let calls =
        async || (sandbox.aws.calls_of("kinesis", "SubscribeToShard").len() > 1).then_some(());
    wait_for_async("another subscription", calls).await;
    // Nothing holds the lease: it is handed over at once.
    let second = sandbox.worker_of("b", fanned_out());
    assert!(first.stop().await.is_clean());
    subscriptions(&sandbox, [EventStream::begin().event(EVENT, &event(1, "2 one", 2)).silent()]);
    wait_for_lines(&sandbox, ["2 one"]).await;
    assert!(second.stop().await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_never_begins_is_given_up_too() {
    let sandbox = sandbox().await;
    let gate = Gate::closed();
    let never = Answer::events(EventStream::begin()).behind(&gate);
    let then = EventStream::begin().event(EVENT, &event(1, "2 one", 2)).silent();
    let answers = [never, Answer::events(then)];
    sandbox.aws.on("kinesis", "SubscribeToShard").answer_in_turn(answers);
    let worker = sandbox.worker_of("a", fanned_out());
    wait_for_lines(&sandbox, ["2 one"]).await;
    assert!(worker.stop().await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_service_tells_in_the_stream_is_told_by_its_name() {
    let sandbox = sandbox().await;
    let told = EventStream::begin().exception("KMSDisabledException", "the key k is off");
    subscriptions(&sandbox, [told]);
    let worker = sandbox.worker_of("a", fanned_out());
    wait_for_error(&worker, "the KMS key is disabled: enable it").await;
    wait_for_error(&worker, "the key k is off").await;
    // Five seconds lie between two attempts.
    assert!(sandbox.aws.calls_of("kinesis", "SubscribeToShard").len() < 3);
    assert!(worker.stop().await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_ends_with_the_event_that_tells_its_children() {
    let sandbox = sandbox().await;
    let child = |id: &str, first: &str, last: &str| {
        json!({
            "ShardId": id,
            "ParentShards": [SHARD],
            "HashKeyRange": {"StartingHashKey": first, "EndingHashKey": last},
        })
    };
    let middle = "170141183460469231731687303715884105728";
    let end = json!({
        "Records": [record(2, "2 two")],
        "MillisBehindLatest": 0,
        "ChildShards": [
            child("shardId-000000000001", "0", "170141183460469231731687303715884105727"),
            child("shardId-000000000002", middle, "340282366920938463463374607431768211455"),
        ],
    });
    let parent = EventStream::begin().event(EVENT, &event(1, "2 one", 1)).event(EVENT, &end);
    for (shard, line) in [("shardId-000000000001", "2 three"), ("shardId-000000000002", "2 four")] {
        let events = EventStream::begin().event(EVENT, &event(3, line, 3)).silent();
        let of_child =
            sandbox.aws.on("kinesis", "SubscribeToShard").with_parameter("ShardId", shard);
        of_child.answer(Answer::events(events));
    }
    let of_parent = sandbox.aws.on("kinesis", "SubscribeToShard").with_parameter("ShardId", SHARD);
    of_parent.answer(Answer::events(parent));
    let worker = sandbox.worker_of("a", fanned_out());
    wait_for_lines(&sandbox, ["2 one", "2 two", "2 three", "2 four"]).await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
    let calls = sandbox.aws.calls_of("kinesis", "SubscribeToShard");
    let of = |shard: &str| {
        let mut of = calls.iter().filter(|call| call.parameter("ShardId") == Some(shard));
        beginning(of.next().unwrap())
    };
    assert_eq!(of("shardId-000000000001").0, "TRIM_HORIZON");
    assert_eq!(of("shardId-000000000002").0, "TRIM_HORIZON");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_without_a_number_and_without_children_is_no_end() {
    let sandbox = sandbox().await;
    let strange = json!({"Records": [record(1, "2 one")], "MillisBehindLatest": 0});
    let then = EventStream::begin().event(EVENT, &event(2, "2 two", 2)).silent();
    subscriptions(&sandbox, [EventStream::begin().event(EVENT, &strange), then]);
    let worker = sandbox.worker_of("a", fanned_out());
    wait_for_lines(&sandbox, ["2 one", "2 two"]).await;
    assert!(sandbox.leases().await.iter().all(|(_, record)| !record.is_finished()));
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
    let calls = sandbox.aws.calls_of("kinesis", "SubscribeToShard");
    assert_eq!(beginning(&calls[1]), after("1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_one_s_subscription_is_waited_for() {
    let sandbox = sandbox().await;
    let in_use = Answer::error("ResourceInUseException", "Another active subscription exists.");
    let then = EventStream::begin().event(EVENT, &event(1, "2 one", 2)).silent();
    let answers = [in_use, Answer::events(then)];
    sandbox.aws.on("kinesis", "SubscribeToShard").answer_in_turn(answers);
    let worker = sandbox.worker_of("a", fanned_out());
    wait_for_lines(&sandbox, ["2 one"]).await;
    assert_eq!(worker.status().last_error, "", "it is usual");
    assert!(worker.stop().await.is_clean());
    let calls = sandbox.aws.calls_of("kinesis", "SubscribeToShard");
    assert_eq!(calls.len(), 2);
    assert!(calls[1].started - calls[0].started >= Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_of_a_shard_lie_apart_although_each_ends_at_once() {
    let sandbox = sandbox().await;
    let ends = EventStream::begin().event(EVENT, &event(1, "2 one", 1));
    subscriptions(&sandbox, [ends]);
    let change = |config: &mut KinesisConfig| config.fan_out.between = Duration::from_secs(3600);
    let worker = sandbox.worker_with("a", fanned_out(), change);
    wait_for_lines(&sandbox, ["2 one"]).await;
    // The hour is that of subscriptions alone.
    sandbox.aws.on("kinesis", "GetRecords").answer_in_turn([line(2, "2 two"), nothing()]);
    worker.streams.send_replace(Arc::from([stream()]));
    wait_for_lines(&sandbox, ["2 two"]).await;
    assert_eq!(sandbox.aws.calls_of("kinesis", "SubscribeToShard").len(), 1);
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_polled_until_its_consumer_is_registered_and_active() {
    let sandbox = scripted().await;
    let states = [
        missing(),
        kinesis::described_consumer(CONSUMER, "CREATING"),
        kinesis::described_consumer(CONSUMER, "ACTIVE"),
    ];
    sandbox.aws.on("kinesis", "DescribeStreamConsumer").answer_in_turn(states);
    let made = kinesis::registered_consumer(CONSUMER);
    sandbox.aws.on("kinesis", "RegisterStreamConsumer").answer(made);
    sandbox.aws.on("kinesis", "GetRecords").answer_in_turn([line(1, "2 polled"), nothing()]);
    subscriptions(&sandbox, [EventStream::begin().event(EVENT, &event(2, "2 pushed", 2)).silent()]);
    let worker = sandbox.worker_of("a", fanned_out());
    wait_for_lines(&sandbox, ["2 polled", "2 pushed"]).await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
    let registered = sandbox.aws.calls_of("kinesis", "RegisterStreamConsumer");
    assert_eq!(registered.len(), 1);
    assert_eq!(registered[0].parameter("ConsumerName"), Some(CONSUMER));
    assert_eq!(registered[0].parameter("StreamARN"), Some(STREAM_ARN));
    let calls = sandbox.aws.calls_of("kinesis", "SubscribeToShard");
    assert_eq!(beginning(&calls[0]), after("1"));
    assert!(sandbox.aws.calls_of("kinesis", "DeregisterStreamConsumer").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_takes_no_more_consumers_is_polled_and_that_is_told() {
    let sandbox = scripted().await;
    sandbox.aws.on("kinesis", "DescribeStreamConsumer").answer(missing());
    let full = Answer::error("LimitExceededException", "The stream has 20 consumers.");
    sandbox.aws.on("kinesis", "RegisterStreamConsumer").answer(full);
    let reads = [line(1, "2 one"), line(2, "2 two"), nothing()];
    sandbox.aws.on("kinesis", "GetRecords").answer_in_turn(reads);
    let worker = sandbox.worker_of("a", fanned_out());
    wait_for_lines(&sandbox, ["2 one", "2 two"]).await;
    wait_for_error(&worker, "kinesis:RegisterStreamConsumer failed").await;
    wait_for_error(&worker, "The stream has 20 consumers.").await;
    assert!(sandbox.aws.calls_of("kinesis", "RegisterStreamConsumer").len() < 4, "no hot loop");
    assert!(worker.stop().await.is_clean());
    assert!(sandbox.aws.calls_of("kinesis", "SubscribeToShard").is_empty());
}
