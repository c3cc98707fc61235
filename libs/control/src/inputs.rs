//! Inputs: which streams, log groups and buckets are read, and which of them serves a flow log.
//!
//! All of it is one document, so that nobody ever sees an input without what it covers, or the
//! other way round: who stops to read a source because a better one has it relies on that one.

mod follow;
mod notice;
mod rule;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weir_inventory::coverage::{
    PassedOver, SourceKind, bucket_input, log_group_input, stream_input,
};
use weir_store::Key;

use crate::document::Document;

pub use follow::{Enabled, FollowedInputs, follow};
pub use notice::{Found, SWITCH_OVER_MARGIN};
pub use rule::{MAX_RULES, Rule, RuleError};

const INPUTS: Key = Key::from_static("control/inputs");

/// How many inputs there are at most.
pub const MAX_INPUTS: usize = 10_000;

/// The inputs, the rules that enable them, and what covers what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inputs {
    /// The inputs that are enabled or were, by their ids.
    pub inputs: BTreeMap<String, Input>,
    /// The rules by their names.
    pub rules: BTreeMap<String, Rule>,
    /// When each way of a flow log into an input was first seen whole.
    pub ways: Vec<SeenWay>,
    /// Flow logs whose records better sources have, by the flow log's and the input's id.
    pub passed_over: BTreeMap<String, BTreeMap<String, Vec<PassedOver>>>,
    /// Log groups whose events a stream has, by the id of the log group's input.
    pub groups: BTreeMap<String, Vec<PassedOver>>,
}

/// A way of a flow log into an input, or of a log group into a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenWay {
    /// `fl-…`, or the id of the log group's input.
    pub from: String,
    /// The id of the input.
    pub input_id: String,
    /// Whether every record takes it.
    pub is_whole: bool,
    /// Since when it was seen so, in Unix seconds.
    pub since: u64,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What is read.
    pub source: InputSource,
    /// The account in whose inventory it was found: twelve digits.
    pub account_id: String,
    /// Its region code.
    pub region: String,
    /// Since when it is enabled, in Unix seconds.
    pub since: u64,
    /// Since when it is disabled, in Unix seconds. Records that end up to then are still read
    /// from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Since when somebody reads it, in Unix seconds; none while nobody has read it since it was
    /// enabled. Until then no other input is passed over for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_since: Option<u64>,
    /// Whether nothing is left to read of what was disabled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_done: bool,
    /// The rule that enabled it; none where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// What an input reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum InputSource {
    /// A Kinesis data stream.
    KinesisStream(StreamSource),
    /// A log group of CloudWatch Logs.
    LogGroup(LogGroupSource),
    /// A bucket, through one of the queues that are told of its objects.
    Bucket(BucketSource),
}

/// A Kinesis data stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamSource {
    /// Its ARN.
    pub arn: String,
    /// Whether it is read with enhanced fan-out.
    #[serde(default)]
    pub enhanced_fan_out: bool,
    /// Where it begins when it is read for the first time.
    #[serde(default)]
    pub initial_position: StreamPosition,
}

/// Where a stream begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamPosition {
    /// With what arrives from when it was enabled on ([`Input::since`]), however much later its
    /// reader starts: a better source that starts late must not leave a gap.
    #[default]
    Latest,
    /// With the oldest that is there.
    TrimHorizon,
    /// With what arrived at this time, in Unix seconds.
    AtTimestamp(u64),
}

/// A log group of CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroupSource {
    /// Its ARN.
    pub arn: String,
}

/// A bucket and one of its queues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketSource {
    /// The bucket's name.
    pub bucket: String,
    /// The queue's ARN.
    pub queue_arn: String,
}

/// The document of [`Inputs`], which discovery writes when it is called and after each sweep.
pub fn inputs() -> Document<Inputs> {
    Document::new(INPUTS)
}

impl InputSource {
    /// Its id among all inputs.
    pub fn id(&self) -> String {
        match self {
            Self::KinesisStream(stream) => stream_input(&stream.arn),
            Self::LogGroup(group) => log_group_input(&group.arn),
            Self::Bucket(bucket) => bucket_input(&bucket.bucket, &bucket.queue_arn),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::KinesisStream(_) => SourceKind::Kinesis,
            Self::LogGroup(_) => SourceKind::CloudWatchLogs,
            Self::Bucket(_) => SourceKind::S3,
        }
    }
}

impl Input {
    /// Whether it is enabled.
    pub fn is_enabled(&self) -> bool {
        self.until.is_none()
    }
}

impl Inputs {
    /// Enables an input from `now` (Unix seconds) on. One that is enabled keeps its times and gets
    /// the new settings.
    pub fn enable(&mut self, input: Input, now: u64) {
        let id = input.source.id();
        let known = self.inputs.get(&id).filter(|known| known.is_enabled());
        let (since, read_since) = known.map_or((now, None), |it| (it.since, it.read_since));
        let input = Input { since, read_since, until: None, is_done: false, ..input };
        self.inputs.insert(id, input);
    }

    /// A reader has read an input that is enabled, for the first time at `now` (Unix seconds).
    /// Whether that was new.
    pub fn has_read(&mut self, id: &str, now: u64) -> bool {
        let input = self.inputs.get_mut(id).filter(|input| input.is_enabled());
        let Some(input) = input.filter(|input| input.read_since.is_none()) else { return false };
        input.read_since = Some(now);
        true
    }

    /// Disables an input at `now` (Unix seconds); whether it was enabled.
    pub fn disable(&mut self, id: &str, now: u64) -> bool {
        match self.inputs.get_mut(id).filter(|input| input.is_enabled()) {
            Some(input) => {
                input.until = Some(now);
                true
            }
            None => false,
        }
    }
}
