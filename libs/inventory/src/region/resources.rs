//! What inputs read from: streams and buckets.

use serde::{Deserialize, Serialize};

/// A Kinesis data stream.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct KinesisStream {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// StreamStatus: `ACTIVE`, `CREATING`, …; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// How many open shards it has, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_shards: Option<u32>,
    /// How long records stay, in hours, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_hours: Option<u32>,
    /// The VPCs whose flow logs reach it: flow log → log group → subscription filter → stream, or
    /// through Firehose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpc_ids: Vec<String>,
}

/// A bucket that flow logs are delivered to.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its own region, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The queues that are told of its new objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notifications: Vec<BucketNotification>,
    /// Why its notifications cannot be read, where they cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A queue that is told of a bucket's new objects.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct BucketNotification {
    /// The queue's ARN.
    pub queue_arn: String,
    /// Over what it is told.
    pub route: NotificationRoute,
    /// The start of the keys that it is told of; empty for all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// The end of the keys that it is told of; empty for all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suffix: String,
}

/// Over what a queue is told of new objects.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NotificationRoute {
    /// S3 sends to the queue.
    Direct,
    /// S3 sends to a topic of SNS.
    Sns {
        /// The topic's ARN.
        topic_arn: String,
    },
    /// S3 sends to EventBridge, where a rule matches.
    EventBridge {
        /// The rule's ARN.
        rule_arn: String,
    },
}
