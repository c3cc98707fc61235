//! Streams of Kinesis as answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::Answer;
use super::double::AwsDouble;

/// The ARN of the stream of [`stream_of_one_shard`].
pub const STREAM_ARN: &str = "arn:aws:kinesis:us-east-1:111122223333:stream/flows";

/// Its shard.
pub const SHARD: &str = "shardId-000000000000";

/// The name of a subscription's events.
pub const EVENT: &str = "SubscribeToShardEvent";

/// A stream `flows` of one shard, whose iterators are numbered. What is read of it is left open.
pub fn stream_of_one_shard(aws: &AwsDouble) {
    let summary = json!({"StreamDescriptionSummary": {
        "StreamName": "flows",
        "StreamARN": STREAM_ARN,
        "StreamStatus": "ACTIVE",
        "RetentionPeriodHours": 24,
        "StreamCreationTimestamp": 1_700_000_000,
        "EnhancedMonitoring": [],
        "OpenShardCount": 1,
    }});
    aws.on("kinesis", "DescribeStreamSummary").answer(Answer::json(summary));
    aws.on("kinesis", "ListShards").answer(Answer::json(json!({"Shards": [{
        "ShardId": SHARD,
        "HashKeyRange": {
            "StartingHashKey": "0",
            "EndingHashKey": "340282366920938463463374607431768211455",
        },
        "SequenceNumberRange": {"StartingSequenceNumber": "1"},
    }]})));
    let iterators = Arc::new(AtomicU32::new(0));
    aws.on("kinesis", "GetShardIterator").answer_with(move |_| {
        let number = iterators.fetch_add(1, Ordering::SeqCst);
        Answer::json(json!({"ShardIterator": format!("iterator-{number}")}))
    });
}

/// A record.
#[must_use]
pub fn record(sequence: u64, data: impl AsRef<[u8]>) -> Value {
    json!({
        "SequenceNumber": sequence.to_string(),
        "ApproximateArrivalTimestamp": 1_700_000_000.5,
        "Data": STANDARD.encode(data),
        "PartitionKey": "k",
    })
}

/// What GetRecords returns: these records, and where to go on.
#[must_use]
pub fn read(records: &[Value], next: &str) -> Answer {
    Answer::json(json!({
        "Records": records,
        "NextShardIterator": next,
        "MillisBehindLatest": 0,
    }))
}

/// An event of a subscription: these records, and the number to go on from.
#[must_use]
pub fn event(records: &[Value], continuation: u64) -> Value {
    json!({
        "Records": records,
        "ContinuationSequenceNumber": continuation.to_string(),
        "MillisBehindLatest": 0,
    })
}

/// The ARN of a consumer of that stream.
#[must_use]
pub fn consumer_arn(name: &str) -> String {
    format!("{STREAM_ARN}/consumer/{name}:1")
}

/// A consumer, such as `ACTIVE`, as it is described.
#[must_use]
pub fn described_consumer(name: &str, status: &str) -> Answer {
    let mut description = consumer(name, status);
    description["StreamARN"] = json!(STREAM_ARN);
    Answer::json(json!({ "ConsumerDescription": description }))
}

/// The answer to the registration of a consumer.
#[must_use]
pub fn registered_consumer(name: &str) -> Answer {
    Answer::json(json!({ "Consumer": consumer(name, "CREATING") }))
}

fn consumer(name: &str, status: &str) -> Value {
    json!({
        "ConsumerName": name,
        "ConsumerARN": consumer_arn(name),
        "ConsumerStatus": status,
        "ConsumerCreationTimestamp": 1_700_000_000,
    })
}
