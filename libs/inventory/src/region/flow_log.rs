//! Flow logs as EC2 describes them.

use serde::{Deserialize, Serialize};

/// One flow log (EC2 DescribeFlowLogs).
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FlowLog {
    /// `fl-…`.
    pub id: String,
    /// What it covers: `vpc-…`, `subnet-…`, `eni-…`, `tgw-…` or `tgw-attach-…`.
    pub resource_id: String,
    /// Which traffic it covers; absent for transit gateways, whose flow logs cover all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_type: Option<TrafficType>,
    /// Where it is delivered to.
    pub destination: FlowLogDestination,
    /// LogFormat, as AWS writes it: `${version} ${account-id} …`. Empty is the default format.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub log_format: String,
    /// MaxAggregationInterval in seconds: 60 or 600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregation_seconds: Option<u32>,
    /// FlowLogStatus: `ACTIVE`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// DeliverLogsStatus: `SUCCESS` or `FAILED`; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub delivery_status: String,
    /// DeliverLogsErrorMessage: `Rate limited`, `Access error` or `Unknown error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_error: Option<String>,
    /// The `Name` tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Which traffic a flow log covers.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum TrafficType {
    /// Accepted traffic.
    Accept,
    /// Rejected traffic.
    Reject,
    /// Both.
    All,
}

/// Where a flow log is delivered to.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FlowLogDestination {
    /// A log group of CloudWatch Logs.
    CloudWatchLogs {
        /// Its name.
        log_group: String,
        /// The ARN, where EC2 tells it: the log group may be another account's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arn: Option<String>,
    },
    /// A bucket.
    S3 {
        /// Its name.
        bucket: String,
        /// What is in front of `AWSLogs/` in the keys, without a `/` at its end; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
        /// How objects are written.
        #[serde(default)]
        options: DestinationOptions,
    },
    /// A delivery stream of Firehose.
    Firehose {
        /// Its ARN.
        arn: String,
    },
    /// What this version of weir does not know.
    Other {
        /// LogDestinationType.
        destination_type: String,
        /// LogDestination.
        destination: String,
    },
}

/// How objects are written to a bucket (EC2 DestinationOptions).
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DestinationOptions {
    /// Whether they are Parquet files and no text.
    #[serde(default)]
    pub is_parquet: bool,
    /// Whether keys name their parts as Hive does.
    #[serde(default)]
    pub has_hive_keys: bool,
    /// Whether keys have a part for the hour.
    #[serde(default)]
    pub is_hourly: bool,
}
