//! Log groups and where their events go.

use serde::{Deserialize, Serialize};

/// A log group of CloudWatch Logs.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN, without `:*` at its end.
    pub arn: String,
    /// How long events stay; absent when they stay for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// Its own subscription filters, and those of the account's policies that cover it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscription_filters: Vec<SubscriptionFilter>,
}

/// A subscription filter: sends a log group's events on.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionFilter {
    /// Its name, or that of the account's policy.
    pub name: String,
    /// The ARN that it names: a Kinesis stream, a Firehose delivery stream, a Lambda function, or
    /// a destination of CloudWatch Logs, which may be another account's.
    pub destination_arn: String,
    /// Where that leads in the end, as far as it can be read: the ARN of the stream behind a
    /// destination or a delivery stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_arn: Option<String>,
    /// Which events it sends on; empty for all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter_pattern: String,
    /// Whether it is of a policy of the whole account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_account_policy: bool,
}
