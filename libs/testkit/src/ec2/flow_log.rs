//! Flow logs.

use super::tags::{Tags, with_tags};
use crate::aws::Listing;
use crate::xml::Xml;

/// A flow log (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html>).
#[derive(Clone, Debug, Default)]
pub struct FlowLog {
    /// `fl-…`.
    pub id: String,
    /// The VPC, subnet, interface or transit gateway that is logged.
    pub resource: String,
    /// `cloud-watch-logs`, `s3` or `kinesis-data-firehose`.
    pub destination_type: String,
    /// The ARN of the destination.
    pub destination: Option<String>,
    /// The log group, if the destination is one.
    pub log_group: Option<String>,
    /// `${version} ${account-id} …`.
    pub format: String,
    /// `ACCEPT`, `REJECT` or `ALL`; empty is `ALL`.
    pub traffic: String,
    /// `SUCCESS` or `FAILED`; empty is `SUCCESS`.
    pub delivery: String,
    /// Why delivery fails: `Rate limited`, `Access error`, `Unknown error`.
    pub delivery_error: Option<String>,
    /// Seconds, 60 or 600; 0 is 600.
    pub aggregation: u32,
    /// How files in S3 are written.
    pub options: Option<DestinationOptions>,
    /// Tags.
    pub tags: Tags,
}

/// How files in S3 are written
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DestinationOptionsResponse.html>).
#[derive(Clone, Debug, Default)]
pub struct DestinationOptions {
    /// `plain-text` or `parquet`.
    pub file_format: String,
    /// Whether prefixes are such as Hive reads.
    pub hive_compatible_partitions: bool,
    /// Whether there is a prefix per hour.
    pub per_hour_partition: bool,
}

/// What `DescribeFlowLogs` answers.
#[must_use]
pub fn flow_logs(flow_logs: &[FlowLog]) -> Listing {
    Listing::xml("flowLogSet", flow_logs.iter().map(flow_log).collect())
}

fn flow_log(log: &FlowLog) -> Xml {
    let or = |value: &str, usual: &str| if value.is_empty() { usual } else { value }.to_owned();
    let xml = Xml::new()
        .leaf("flowLogId", &log.id)
        .leaf("flowLogStatus", "ACTIVE")
        .leaf("resourceId", &log.resource)
        .leaf("trafficType", or(&log.traffic, "ALL"))
        .leaf("deliverLogsStatus", or(&log.delivery, "SUCCESS"))
        .maybe("deliverLogsErrorMessage", log.delivery_error.as_ref())
        .leaf("logDestinationType", &log.destination_type)
        .maybe("logDestination", log.destination.as_ref())
        .maybe("logGroupName", log.log_group.as_ref())
        .leaf("logFormat", &log.format)
        .leaf("maxAggregationInterval", if log.aggregation == 0 { 600 } else { log.aggregation });
    let xml = match &log.options {
        Some(options) => xml.nest("destinationOptions", &described(options)),
        None => xml,
    };
    with_tags(xml, &log.tags)
}

fn described(options: &DestinationOptions) -> Xml {
    Xml::new()
        .leaf("fileFormat", &options.file_format)
        .leaf("hiveCompatiblePartitions", options.hive_compatible_partitions)
        .leaf("perHourPartition", options.per_hour_partition)
}
