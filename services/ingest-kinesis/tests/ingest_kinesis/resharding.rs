//! Shards that are split and merged while they are read.

use std::collections::HashMap;

use weir_delivery::RawRun;
use weir_ingest_kinesis::StreamConfig;

use crate::sandbox::{STREAM, Sandbox, fanned_out, stream};

async fn shards(sandbox: &Sandbox) -> Vec<aws_sdk_kinesis::types::Shard> {
    let listed = sandbox.client.list_shards().stream_name(STREAM).send().await.unwrap();
    let is_open = |shard: &aws_sdk_kinesis::types::Shard| {
        shard.sequence_number_range().unwrap().ending_sequence_number().is_none()
    };
    listed.shards.unwrap().into_iter().filter(is_open).collect()
}

async fn split(sandbox: &Sandbox, index: usize) {
    let open = shards(sandbox).await;
    let range = open[index].hash_key_range().unwrap();
    let number = |text: &str| text.parse::<u128>().unwrap();
    let (first, last) = (number(range.starting_hash_key()), number(range.ending_hash_key()));
    let middle = first + (last - first) / 2;
    let call = sandbox.client.split_shard().stream_name(STREAM);
    let call = call.shard_to_split(open[index].shard_id());
    call.new_starting_hash_key(middle.to_string()).send().await.unwrap();
    sandbox.wait_until_active().await;
}

async fn merge(sandbox: &Sandbox) {
    let mut open = shards(sandbox).await;
    open.sort_by_key(|shard| {
        shard.hash_key_range().unwrap().starting_hash_key().parse::<u128>().unwrap()
    });
    let call = sandbox.client.merge_shards().stream_name(STREAM);
    let call = call.shard_to_merge(open[0].shard_id());
    call.adjacent_shard_to_merge(open[1].shard_id()).send().await.unwrap();
    sandbox.wait_until_active().await;
}

/// The numbers of a key's batches in the order in which they came.
fn order_of(runs: &[RawRun]) -> HashMap<String, Vec<u32>> {
    let mut order: HashMap<String, Vec<u32>> = HashMap::new();
    for run in runs {
        let text = str::from_utf8(&run.text).unwrap();
        let mut words = text.split_whitespace().skip(1);
        let (key, number) = (words.next().unwrap(), words.next().unwrap());
        order.entry(key.to_owned()).or_default().push(number.parse().unwrap());
    }
    order
}

/// Puts a line for each of eight keys, so many times.
async fn put(sandbox: &Sandbox, numbers: std::ops::Range<u32>) -> Vec<String> {
    let mut lines = Vec::new();
    for number in numbers {
        for key in 0..8 {
            let line = format!("2 key{key} {number}");
            sandbox.put(&format!("key{key}"), line.clone().into_bytes()).await;
            lines.push(line);
        }
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn splits_and_merges_lose_nothing_and_keep_the_order_of_each_key() {
    reshard(stream()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_with_enhanced_fan_out() {
    reshard(fanned_out()).await;
}

/// Splits and merges shards in full flow.
async fn reshard(stream: StreamConfig) {
    let sandbox = Sandbox::with_shards(2).await;
    let worker = sandbox.worker_of("a", stream.clone());
    let mut expected = put(&sandbox, 0..10).await;
    split(&sandbox, 0).await;
    expected.extend(put(&sandbox, 10..20).await);
    // A split of a split, before the first child is read perhaps.
    split(&sandbox, 1).await;
    expected.extend(put(&sandbox, 20..30).await);
    merge(&sandbox).await;
    expected.extend(put(&sandbox, 30..40).await);
    let second = sandbox.worker_of("b", stream);
    sandbox.delivered.wait_for(&expected).await;
    let (one, other) = tokio::join!(worker.stop(), second.stop());
    assert!(one.is_clean() && other.is_clean());
    assert_eq!(sandbox.delivered.lines().len(), expected.len());
    assert_eq!(sandbox.delivered.repeated(), 0);
    for (key, numbers) in order_of(&sandbox.delivered.runs()) {
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
        assert_eq!(numbers.len(), 40, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_was_split_before_is_read_from_its_start() {
    let sandbox = Sandbox::with_shards(1).await;
    let mut expected = put(&sandbox, 0..5).await;
    split(&sandbox, 0).await;
    expected.extend(put(&sandbox, 5..10).await);
    let worker = sandbox.worker("a");
    sandbox.delivered.wait_for(&expected).await;
    // The records of what is finished go when those that follow have begun.
    sandbox
        .wait_for_leases("the parent's record to go", |leases| {
            leases.len() == 2 && leases.iter().all(|(_, record)| !record.is_finished())
        })
        .await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
}
