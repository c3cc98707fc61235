//! Whether a flow log is read from a better source than S3.

use std::time::SystemTime;

/// Knows which flow logs are read from elsewhere.
pub trait Coverage: Send + Sync {
    /// Whether objects of this flow log (`fl-…`) are to be exported whose records end at `time`
    /// or within the five minutes after. Asked before each attempt at an object whose key has a flow
    /// log's id; others are always exported. It answers at once, from what it knows.
    fn decide(&self, flow_log_id: &str, time: SystemTime) -> Decision;
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Its records are exported.
    Export,
    /// They come from a better source.
    Skip(BetterSource),
}

/// The sources that are better than S3: they are sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BetterSource {
    /// A Kinesis data stream.
    Kinesis,
    /// A log group of CloudWatch Logs.
    CloudWatchLogs,
    /// Another bucket, which was enabled before.
    EarlierBucket,
}

/// Nothing is read from elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportAll;

impl Coverage for ExportAll {
    fn decide(&self, _flow_log_id: &str, _time: SystemTime) -> Decision {
        Decision::Export
    }
}
