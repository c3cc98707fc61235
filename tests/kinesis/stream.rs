//! A stream in a simulator, and who writes to it.

use std::collections::BTreeMap;
use std::ops::Range;

use aws_credential_types::Credentials;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::{BehaviorVersion, Region};
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, Record, Shard, ShardIteratorType};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use weir_testkit::{KinesisServer, wait_for};
use weir_tests::{Corpus, MixedFormats, gzip};

pub(crate) const STREAM: &str = "flows";
pub(crate) const REGION: &str = "us-east-1";

/// Lines of a record.
const LINES: u64 = 20;

/// A record that was put.
pub(crate) struct Put {
    pub(crate) shard: String,
    /// Digits, as many in each: their order is that of texts.
    pub(crate) sequence: String,
    pub(crate) lines: u64,
    pub(crate) octets: u64,
}

pub(crate) struct Stream {
    server: KinesisServer,
    client: Client,
    runtime: Runtime,
}

impl Stream {
    pub(crate) fn create(shards: i32) -> Self {
        let server = KinesisServer::start();
        let keys = Credentials::builder().access_key_id("AKIAWRITER").secret_access_key("secret");
        let config = aws_sdk_kinesis::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(server.url())
            .region(Region::new(REGION))
            .credentials_provider(keys.provider_name("test").build())
            .build();
        let runtime = Runtime::new().unwrap();
        let stream = Self { server, client: Client::from_conf(config), runtime };
        let create = stream.client.create_stream().stream_name(STREAM).shard_count(shards);
        stream.runtime.block_on(create.send()).unwrap();
        stream.wait_until_active();
        stream
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Puts these lines of the corpus, some into each record. The sequence number of the last
    /// record of each shard.
    pub(crate) fn put(&self, corpus: &Corpus, numbers: Range<u64>) -> BTreeMap<String, String> {
        let entry = |first: u64| {
            let text = corpus.text(first..numbers.end.min(first + LINES));
            // Records of a stream have no header line.
            let (_, lines) = text.split_once('\n').unwrap();
            PutRecordsRequestEntry::builder()
                .partition_key(first.to_string())
                .data(Blob::new(lines))
                .build()
                .unwrap()
        };
        let entries: Vec<_> = numbers.clone().step_by(LINES as usize).map(entry).collect();
        self.put_entries(&entries)
    }

    /// Puts these lines of the corpus as a subscription of their log group does: a batch for each
    /// log stream.
    pub(crate) fn put_batches(&self, mixed: &MixedFormats, corpus: &Corpus, numbers: Range<u64>) {
        let mut batches: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (number, line) in numbers.clone().zip(mixed.lines(corpus, numbers)) {
            let event =
                json!({"id": format!("{number:056}"), "timestamp": 1, "message": line.text});
            batches.entry(line.log_stream).or_default().push(event);
        }
        let account = mixed.group_arn().split(':').nth(4).unwrap().to_owned();
        let entry = |(log_stream, events): (String, Vec<Value>)| {
            let batch = json!({"messageType": "DATA_MESSAGE", "owner": account,
                "logGroup": mixed.group(), "logStream": log_stream,
                "subscriptionFilters": ["all"], "logEvents": events});
            PutRecordsRequestEntry::builder()
                .partition_key(log_stream)
                .data(Blob::new(gzip(batch.to_string())))
                .build()
                .unwrap()
        };
        self.put_entries(&batches.into_iter().map(entry).collect::<Vec<_>>());
    }

    /// The sequence number of the last record of each shard.
    fn put_entries(&self, entries: &[PutRecordsRequestEntry]) -> BTreeMap<String, String> {
        let mut last = BTreeMap::new();
        for entries in entries.chunks(100) {
            let put = self.client.put_records().stream_name(STREAM);
            let put = put.set_records(Some(entries.to_vec()));
            let answer = self.runtime.block_on(put.send()).unwrap();
            assert_eq!(answer.failed_record_count(), Some(0));
            for record in answer.records() {
                let [shard, sequence] = [record.shard_id(), record.sequence_number()]
                    .map(|text| text.unwrap().to_owned());
                last.insert(shard, sequence);
            }
        }
        last
    }

    /// All records that were put: their shard, their sequence number and how many lines they
    /// have.
    pub(crate) fn records(&self) -> Vec<Put> {
        let list = self.client.list_shards().stream_name(STREAM).send();
        let shards = self.runtime.block_on(list).unwrap().shards.unwrap();
        shards.iter().flat_map(|shard| self.records_of(shard.shard_id())).collect()
    }

    fn records_of(&self, shard: &str) -> Vec<Put> {
        let iterator = self.client.get_shard_iterator().stream_name(STREAM).shard_id(shard);
        let iterator = iterator.shard_iterator_type(ShardIteratorType::TrimHorizon).send();
        let mut next = self.runtime.block_on(iterator).unwrap().shard_iterator;
        let mut all = Vec::new();
        while let Some(iterator) = next.take() {
            let read = self.client.get_records().shard_iterator(iterator).send();
            let read = self.runtime.block_on(read).unwrap();
            // Nothing is put meanwhile.
            next = read.next_shard_iterator.filter(|_| !read.records.is_empty());
            all.extend(read.records.iter().map(|record| Put {
                shard: shard.to_owned(),
                sequence: record.sequence_number().to_owned(),
                lines: record.data().as_ref().iter().filter(|octet| **octet == b'\n').count()
                    as u64,
                octets: read_octets(record),
            }));
        }
        all
    }

    /// Splits the first open shard.
    pub(crate) fn split(&self) {
        let open = self.open_shards();
        let (first, last) = range(&open[0]);
        let call = self.client.split_shard().stream_name(STREAM).shard_to_split(open[0].shard_id());
        let middle = first + (last - first) / 2;
        let call = call.new_starting_hash_key(middle.to_string());
        self.runtime.block_on(call.send()).unwrap();
        self.wait_until_active();
    }

    /// Merges the last two open shards.
    pub(crate) fn merge(&self) {
        let open = self.open_shards();
        let [.., one, other] = &open[..] else { panic!("too few shards") };
        let call = self.client.merge_shards().stream_name(STREAM).shard_to_merge(one.shard_id());
        let call = call.adjacent_shard_to_merge(other.shard_id());
        self.runtime.block_on(call.send()).unwrap();
        self.wait_until_active();
    }

    /// Open shards by their keys.
    fn open_shards(&self) -> Vec<Shard> {
        let list = self.client.list_shards().stream_name(STREAM).send();
        let mut shards = self.runtime.block_on(list).unwrap().shards.unwrap();
        shards.retain(|shard| {
            shard.sequence_number_range().unwrap().ending_sequence_number().is_none()
        });
        shards.sort_by_key(range);
        shards
    }

    fn wait_until_active(&self) {
        wait_for("the stream to be active", || {
            let call = self.client.describe_stream_summary().stream_name(STREAM).send();
            let summary = self.runtime.block_on(call).ok()?.stream_description_summary?;
            (summary.stream_status().as_str() == "ACTIVE").then_some(())
        });
    }
}

fn read_octets(record: &Record) -> u64 {
    record.data().as_ref().len() as u64
}

fn range(shard: &Shard) -> (u128, u128) {
    let range = shard.hash_key_range().unwrap();
    let number = |text: &str| text.parse().unwrap();
    (number(range.starting_hash_key()), number(range.ending_hash_key()))
}
