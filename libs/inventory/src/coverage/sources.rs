//! From what sweeps found to the ways of flow logs into inputs.

use std::collections::HashMap;

use super::Source;
use crate::region::{BucketNotification, FlowLog, FlowLogDestination, LogGroup, RegionSnapshot};

/// The ways of flow logs into inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Flow logs as inputs have them.
    pub sources: Vec<Source>,
    /// Log groups that are sent to a stream as a whole.
    pub links: Vec<Link>,
}

/// A log group all of whose events a stream gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The log group's input.
    pub log_group: String,
    /// The stream's input.
    pub stream: String,
    /// Every record that ends after this, in Unix seconds, is in the stream.
    pub switch_over: u64,
}

/// The status of a flow log that is delivered.
const ACTIVE: &str = "ACTIVE";
/// The status of deliveries that fail.
const FAILED: &str = "FAILED";

/// The ways of all flow logs, whether or not their inputs are enabled. A switch-over is 0: who
/// remembers when a way was first seen fills it in. Inputs are named as [`stream_input`] and its
/// like do.
///
/// A flow log that is not delivered covers nothing: its ways are not whole.
pub fn ways(snapshots: &[&RegionSnapshot]) -> Ways {
    let mut ways = Ways::default();
    let groups = groups_of(snapshots);
    let buckets = buckets_of(snapshots);
    for snapshot in snapshots {
        for flow_log in &snapshot.flow_logs {
            match &flow_log.destination {
                FlowLogDestination::CloudWatchLogs { log_group, arn } => {
                    let own = || format!(":{}:log-group:{log_group}", snapshot.account_id);
                    let is_it = |group: &&LogGroup| match arn {
                        Some(arn) => *arn == group.arn,
                        None => {
                            group.arn.ends_with(&own()) && in_region(&group.arn, &snapshot.region)
                        }
                    };
                    let named = groups.get(log_group.as_str()).into_iter().flatten().copied();
                    for group in named.filter(is_it) {
                        ways.add_log_group(flow_log, group);
                    }
                }
                FlowLogDestination::S3 { bucket, prefix, .. } => {
                    for notification in buckets.get(bucket.as_str()).into_iter().flatten() {
                        let is_whole = has_all(notification, prefix, flow_log);
                        let input = bucket_input(bucket, &notification.queue_arn);
                        ways.add(flow_log, input, is_whole);
                    }
                }
                FlowLogDestination::Firehose { .. } | FlowLogDestination::Other { .. } => {}
            }
        }
    }
    ways.merge();
    ways
}

/// The input of a stream: its ARN.
pub fn stream_input(arn: &str) -> String {
    arn.to_owned()
}

/// The input of a log group: its ARN.
pub fn log_group_input(arn: &str) -> String {
    arn.to_owned()
}

/// The input of a bucket through one of its queues: the bucket's name and the queue's ARN.
pub fn bucket_input(bucket: &str, queue_arn: &str) -> String {
    format!("{bucket} {queue_arn}")
}

impl Ways {
    fn add_log_group(&mut self, flow_log: &FlowLog, group: &LogGroup) {
        let log_group = log_group_input(&group.arn);
        self.add(flow_log, log_group.clone(), true);
        for filter in &group.subscription_filters {
            let end = filter.target_arn.as_ref().unwrap_or(&filter.destination_arn);
            if !end.contains(":kinesis:") {
                continue;
            }
            let is_unfiltered = filter.filter_pattern.trim().is_empty();
            let stream = stream_input(end);
            self.add(flow_log, stream.clone(), is_unfiltered);
            if is_unfiltered {
                self.links.push(Link { log_group: log_group.clone(), stream, switch_over: 0 });
            }
        }
    }

    fn add(&mut self, flow_log: &FlowLog, input_id: String, is_whole: bool) {
        let is_delivered = flow_log.status.is_empty() || flow_log.status == ACTIVE;
        let is_delivered = is_delivered && flow_log.delivery_status != FAILED;
        self.sources.push(Source {
            flow_log_id: flow_log.id.clone(),
            input_id,
            is_whole: is_whole && is_delivered,
            switch_over: 0,
        });
    }

    /// Of several ways into one input, one that is whole counts.
    fn merge(&mut self) {
        let key = |source: &Source| (source.flow_log_id.clone(), source.input_id.clone());
        self.sources.sort_by_key(|source| (key(source), !source.is_whole));
        self.sources.dedup_by_key(|source| key(source));
        let key = |link: &Link| (link.log_group.clone(), link.stream.clone());
        self.links.sort_by_key(key);
        self.links.dedup_by_key(|link| key(link));
    }
}

fn groups_of<'s>(snapshots: &[&'s RegionSnapshot]) -> HashMap<&'s str, Vec<&'s LogGroup>> {
    let mut groups: HashMap<&str, Vec<&LogGroup>> = HashMap::new();
    for group in snapshots.iter().flat_map(|snapshot| &snapshot.log_groups) {
        groups.entry(&group.name).or_default().push(group);
    }
    groups
}

fn buckets_of<'s>(
    snapshots: &[&'s RegionSnapshot],
) -> HashMap<&'s str, Vec<&'s BucketNotification>> {
    let mut buckets: HashMap<&str, Vec<&BucketNotification>> = HashMap::new();
    for bucket in snapshots.iter().flat_map(|snapshot| &snapshot.buckets) {
        buckets.entry(&bucket.name).or_default().extend(&bucket.notifications);
    }
    buckets
}

/// Whether the region of an ARN is this one.
fn in_region(arn: &str, region: &str) -> bool {
    arn.split(':').nth(3) == Some(region)
}

/// Whether a queue is told of every object of a flow log. Its keys begin with the flow log's own
/// prefix and `AWSLogs/`, and end with `.gz` or `.parquet`
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>).
fn has_all(notification: &BucketNotification, prefix: &str, flow_log: &FlowLog) -> bool {
    let start = match prefix.is_empty() {
        true => "AWSLogs/".to_owned(),
        false => format!("{prefix}/AWSLogs/"),
    };
    let end = match &flow_log.destination {
        FlowLogDestination::S3 { options, .. } if options.is_parquet => ".parquet",
        _ => ".log.gz",
    };
    start.starts_with(&notification.prefix) && end.ends_with(&notification.suffix)
}
