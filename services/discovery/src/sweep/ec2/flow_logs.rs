//! Flow logs: what they cover, their format, and where they are delivered to.

use aws_sdk_ec2::types::{self, DestinationFileFormat, LogDestinationType};
use weir_inventory::region::{DestinationOptions, FlowLog, FlowLogDestination, TrafficType};

use super::tags::name_of;
use crate::sweep::arn::Arn;

/// A flow log.
pub(crate) fn flow_log(log: &types::FlowLog) -> Option<FlowLog> {
    let interval = log.max_aggregation_interval();
    Some(FlowLog {
        id: log.flow_log_id()?.to_owned(),
        resource_id: log.resource_id()?.to_owned(),
        traffic_type: log.traffic_type().and_then(traffic_type),
        destination: destination(log),
        log_format: log.log_format().unwrap_or_default().to_owned(),
        aggregation_seconds: interval.and_then(|seconds| u32::try_from(seconds).ok()),
        status: log.flow_log_status().unwrap_or_default().to_owned(),
        delivery_status: log.deliver_logs_status().unwrap_or_default().to_owned(),
        delivery_error: log.deliver_logs_error_message().map(str::to_owned),
        name: name_of(log.tags()),
    })
}

fn traffic_type(kind: &types::TrafficType) -> Option<TrafficType> {
    match kind {
        types::TrafficType::Accept => Some(TrafficType::Accept),
        types::TrafficType::Reject => Some(TrafficType::Reject),
        types::TrafficType::All => Some(TrafficType::All),
        _ => None,
    }
}

/// LogDestinationType is `cloud-watch-logs` when it is absent
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html>).
fn destination(log: &types::FlowLog) -> FlowLogDestination {
    let destination = log.log_destination().unwrap_or_default();
    let kind = log.log_destination_type().unwrap_or(&LogDestinationType::CloudWatchLogs);
    match kind {
        LogDestinationType::CloudWatchLogs => log_group(log.log_group_name(), destination),
        LogDestinationType::S3 => bucket(log, destination),
        LogDestinationType::KinesisDataFirehose => {
            FlowLogDestination::Firehose { arn: destination.to_owned() }
        }
        _ => other(kind, destination),
    }
}

fn log_group(name: Option<&str>, arn: &str) -> FlowLogDestination {
    let arn = arn.strip_suffix(":*").unwrap_or(arn);
    let from_arn = || Arn::parse(arn).and_then(|arn| arn.resource.strip_prefix("log-group:"));
    match name.or_else(from_arn) {
        Some(name) => FlowLogDestination::CloudWatchLogs {
            log_group: name.to_owned(),
            arn: (!arn.is_empty()).then(|| arn.to_owned()),
        },
        None => other(&LogDestinationType::CloudWatchLogs, arn),
    }
}

fn bucket(log: &types::FlowLog, arn: &str) -> FlowLogDestination {
    let Some(place) = Arn::parse(arn) else { return other(&LogDestinationType::S3, arn) };
    let (bucket, prefix) = place.resource.split_once('/').unwrap_or((place.resource, ""));
    let options = log.destination_options();
    FlowLogDestination::S3 {
        bucket: bucket.to_owned(),
        prefix: prefix.trim_end_matches('/').to_owned(),
        options: options.map(destination_options).unwrap_or_default(),
    }
}

fn destination_options(options: &types::DestinationOptionsResponse) -> DestinationOptions {
    DestinationOptions {
        is_parquet: options.file_format() == Some(&DestinationFileFormat::Parquet),
        has_hive_keys: options.hive_compatible_partitions().unwrap_or(false),
        is_hourly: options.per_hour_partition().unwrap_or(false),
    }
}

fn other(kind: &LogDestinationType, destination: &str) -> FlowLogDestination {
    FlowLogDestination::Other {
        destination_type: kind.as_str().to_owned(),
        destination: destination.to_owned(),
    }
}
