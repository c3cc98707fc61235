//! Reads flow logs from Kinesis data streams.
//!
//! A flow log reaches a stream through a subscription of its log group in CloudWatch Logs, or
//! through Firehose or a producer of one's own. Many workers share the shards; each shard is
//! read under a lease of `weir_lease`, whose checkpoint follows what the exporter has committed.
//!
//! - `source`: what the loop of `weir_ingest` sees: shards are its parts;
//! - `streams`: finds the configured streams and their shards, and has them begin;
//! - `consumers`: registers who streams with enhanced fan-out are read as;
//! - `reader`: reads a shard, record by record, one fetch ahead, by polls or by subscriptions;
//! - `decode`: makes runs of a record: gzip, batches, aggregates, plain lines;
//! - `faults`: what an error of Kinesis means for a shard;
//! - `metrics`: what is always counted; `kcl`: what the metrics level adds;
//! - `cloudwatch`: puts that to CloudWatch, where it is switched on.

mod client;
mod cloudwatch;
mod config;
mod consumers;
mod decode;
mod faults;
mod formats;
mod kcl;
mod metrics;
mod reader;
mod shards;
mod source;
mod streams;

pub use config::{CloudWatchConfig, FanOutConfig, KinesisConfig, Retrieval, StreamConfig, name_of};
pub use source::KinesisSource;
