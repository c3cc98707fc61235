//! Which streams are read, and how.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use weir_control::settings::MetricsLevel;
use weir_flowlog::LogFormat;
use weir_ingest::Reads;
use weir_lease::{InitialPosition, LeaseConfig};

/// How the records of a stream are had: what the Kinesis Client Library calls its retrieval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retrieval {
    /// GetRecords: 5 calls and 2 MB in a second for each shard, of all who read it.
    Polling,
    /// Enhanced fan-out, SubscribeToShard: 2 MB in a second for each shard and consumer. Where
    /// the consumer cannot be had, the stream is polled.
    FanOut {
        /// The name of the consumer, which is registered when there is none of it. All workers of
        /// an installation share it; two installations must not.
        consumer: String,
    },
}

/// A stream that is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// The account that it is in; none for the first that is configured.
    pub account_id: Option<String>,
    /// Its region, such as `eu-west-1`.
    pub region: String,
    /// Its name.
    pub name: String,
    /// Where it begins when it is read for the first time. LATEST is what arrives from a minute
    /// before that on.
    pub initial: InitialPosition,
    /// Whether it may begin: without leases of it in the store it is refused otherwise, since
    /// they may have been lost.
    pub begin: bool,
    /// The fields of lines of log groups whose flow logs discovery does not know, and of lines that
    /// come without a log group. None where lines of such groups wait until discovery has looked
    /// for their flow logs.
    pub log_format: Option<Arc<LogFormat>>,
    /// How its records are had. It may change while the stream is read.
    pub retrieval: Retrieval,
    /// Records that end after this, in Unix seconds, are left to others: the stream was disabled
    /// then. It may change while the stream is read.
    pub until: Option<u64>,
}

impl StreamConfig {
    /// A stream with the default fields of VPC flow logs, from LATEST, that may not begin.
    pub fn new(region: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            account_id: None,
            region: region.into(),
            name: name.into(),
            initial: InitialPosition::Latest,
            begin: false,
            log_format: Some(Arc::new(LogFormat::vpc_default())),
            retrieval: Retrieval::Polling,
            until: None,
        }
    }

    /// Whether both are the same stream, read from the same place: what may differ is what may change
    /// while it is read.
    pub(crate) fn is_same_stream(&self, other: &Self) -> bool {
        let (retrieval, until) = (self.retrieval.clone(), self.until);
        *self == Self { retrieval, until, ..other.clone() }
    }
}

/// What a stream is called among those that are read.
pub fn name_of(account_id: &str, region: &str, name: &str) -> String {
    format!("{account_id}:{region}:{name}")
}

/// The times of subscriptions.
#[derive(Clone, Debug)]
pub struct FanOutConfig {
    /// The least time from the start of one subscription of a shard to that of the next: AWS
    /// refuses an earlier one. Default: 5 s.
    pub between: Duration,
    /// How long a subscription may say nothing before it is given up; events come about every
    /// 5 s, empty ones too. Default: 30 s.
    pub silence: Duration,
}

impl Default for FanOutConfig {
    fn default() -> Self {
        Self { between: Duration::from_secs(5), silence: Duration::from_secs(30) }
    }
}

/// What is put to CloudWatch of how streams are read: what the metrics level has, under the names of
/// the Kinesis Client Library. It goes to the account of weir's own identity or, where there are
/// access keys alone, to the first account that is configured.
#[derive(Clone, Debug)]
pub struct CloudWatchConfig {
    /// The namespace; for the library that is the application's name. 1 to 255 characters
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>).
    pub namespace: String,
    /// The region; none for the account's default one.
    pub region: Option<String>,
    /// From one time that metrics are put to the next. Default: 10 s, as in the library.
    pub interval: Duration,
    /// What this worker is called, over restarts: each value of the dimension `WorkerIdentifier`
    /// makes metrics of its own, which cost money. Not empty, at most 1024 octets.
    pub worker: String,
}

impl CloudWatchConfig {
    /// The defaults for a worker.
    pub fn new(namespace: impl Into<String>, worker: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            region: None,
            interval: Duration::from_secs(10),
            worker: worker.into(),
        }
    }
}

/// How streams are read.
#[derive(Clone, Debug)]
pub struct KinesisConfig {
    /// How leases are taken and kept.
    pub leases: LeaseConfig,
    /// The wait between two reads of a shard that had nothing new. Default: 1 s.
    pub idle: Duration,
    /// Octets of records that were fetched, or may be by a call under way, and are not read yet.
    /// A call may return 10 MiB. One event of each subscription comes on top. Default: 128 MiB.
    pub max_fetched_octets: usize,
    /// Log events whose ids are remembered, to drop what CloudWatch Logs sends twice. Each takes
    /// about 60 octets. Default: 262,144; 0 drops nothing.
    pub remembered_events: usize,
    /// How often the shards of a stream are listed, to find those that no lease has. Default:
    /// 120 s, as in the Kinesis Client Library.
    pub sync: Duration,
    /// The times of subscriptions.
    pub fan_out: FanOutConfig,
    /// Notes the streams that are read, by [`crate::name_of`].
    pub reads: Reads,
    /// How much is measured, as it changes. Default: nothing beyond what always is.
    pub metrics_level: watch::Receiver<MetricsLevel>,
    /// What is put to CloudWatch. Default: nothing.
    pub cloudwatch: Option<CloudWatchConfig>,
}

impl KinesisConfig {
    /// The defaults for a worker.
    pub fn new(worker: impl Into<String>) -> Self {
        Self {
            leases: LeaseConfig::new(worker),
            idle: Duration::from_secs(1),
            max_fetched_octets: 128 << 20,
            remembered_events: 262_144,
            sync: Duration::from_secs(120),
            fan_out: FanOutConfig::default(),
            reads: Reads::default(),
            metrics_level: watch::Sender::new(MetricsLevel::None).subscribe(),
            cloudwatch: None,
        }
    }
}
