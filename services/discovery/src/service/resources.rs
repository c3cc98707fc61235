//! What stands in parts, as messages.

use std::collections::HashMap;

use weir_inventory::region::{
    Bucket, BucketNotification, FlowLog, FlowLogDestination, KinesisStream, LogGroup,
    NotificationRoute, RegionSnapshot, SubscriptionFilter,
};
use weir_inventory::{Instance, Interface, Vpc};
use weir_rpc::pb;

use super::messages::count;
use crate::publish::Edition;
use crate::reader::Place;

pub(super) fn vpc(place: &Place, snapshot: &RegionSnapshot, vpc: &Vpc) -> pb::DiscoveredVpc {
    let inventory = &snapshot.inventory;
    let subnets = inventory.subnets.iter().filter(|subnet| subnet.vpc_id == vpc.id);
    let interfaces = inventory.interfaces.iter().filter(|each| each.vpc_id == vpc.id);
    pb::DiscoveredVpc {
        account_id: place.account_id.clone(),
        region: place.region.clone(),
        id: vpc.id.clone(),
        name: vpc.name.clone().unwrap_or_default(),
        owner_account_id: vpc.account_id.clone(),
        cidrs: vpc.cidrs.iter().map(ToString::to_string).collect(),
        subnets: count(subnets.count()),
        interfaces: count(interfaces.count()),
        flow_log_ids: flow_log_ids(&snapshot.flow_logs, |each| each.resource_id == vpc.id),
    }
}

/// The interfaces of a part by the instances that they are attached to.
pub(super) struct Attachments<'s>(HashMap<&'s str, Vec<&'s Interface>>);

impl<'s> Attachments<'s> {
    pub(super) fn of(snapshot: &'s RegionSnapshot) -> Self {
        let mut attached: HashMap<&str, Vec<&Interface>> = HashMap::new();
        for interface in &snapshot.inventory.interfaces {
            if let Some(instance) = &interface.instance_id {
                attached.entry(instance).or_default().push(interface);
            }
        }
        Self(attached)
    }

    pub(super) fn has_vpc(&self, instance: &Instance, vpc_id: &str) -> bool {
        self.to(instance).iter().any(|interface| interface.vpc_id == vpc_id)
    }

    fn to(&self, instance: &Instance) -> &[&'s Interface] {
        self.0.get(instance.id.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn message(&self, place: &Place, instance: &Instance) -> pb::DiscoveredInstance {
        let interfaces = self.to(instance);
        let mut vpc_ids: Vec<_> = interfaces.iter().map(|each| each.vpc_id.clone()).collect();
        vpc_ids.sort();
        vpc_ids.dedup();
        let private = interfaces.iter().flat_map(|each| each.private_addresses());
        let addresses = interfaces.iter().flat_map(|each| &each.addresses);
        let public = addresses.filter_map(|address| address.public);
        pb::DiscoveredInstance {
            account_id: place.account_id.clone(),
            region: place.region.clone(),
            id: instance.id.clone(),
            name: instance.name.clone().unwrap_or_default(),
            vpc_ids,
            interface_ids: interfaces.iter().map(|each| each.id.clone()).collect(),
            addresses: private.map(|address| address.to_string()).collect(),
            public_addresses: public.map(|address| address.to_string()).collect(),
        }
    }
}

pub(super) fn stream(place: &Place, stream: &KinesisStream) -> pb::DiscoveredKinesisStream {
    pb::DiscoveredKinesisStream {
        account_id: place.account_id.clone(),
        region: place.region.clone(),
        name: stream.name.clone(),
        arn: stream.arn.clone(),
        status: stream.status.clone(),
        open_shards: stream.open_shards.unwrap_or(0),
        retention_hours: stream.retention_hours.unwrap_or(0),
        vpc_ids: stream.vpc_ids.clone(),
    }
}

pub(super) fn log_group(
    place: &Place,
    snapshot: &RegionSnapshot,
    group: &LogGroup,
) -> pb::DiscoveredLogGroup {
    let is_written_to = |flow_log: &FlowLog| match &flow_log.destination {
        FlowLogDestination::CloudWatchLogs { log_group, .. } => *log_group == group.name,
        _ => false,
    };
    pb::DiscoveredLogGroup {
        account_id: place.account_id.clone(),
        region: place.region.clone(),
        name: group.name.clone(),
        arn: group.arn.clone(),
        retention_days: group.retention_days.unwrap_or(0),
        flow_log_ids: flow_log_ids(&snapshot.flow_logs, is_written_to),
        subscriptions: group.subscription_filters.iter().map(subscription).collect(),
    }
}

fn subscription(filter: &SubscriptionFilter) -> pb::LogSubscription {
    pb::LogSubscription {
        name: filter.name.clone(),
        destination_arn: filter.destination_arn.clone(),
        target_arn: filter.target_arn.clone().unwrap_or_default(),
        filter_pattern: filter.filter_pattern.clone(),
        is_account_policy: filter.is_account_policy,
    }
}

pub(super) fn bucket(edition: &Edition, place: &Place, bucket: &Bucket) -> pb::DiscoveredBucket {
    let is_written_to = |flow_log: &FlowLog| match &flow_log.destination {
        FlowLogDestination::S3 { bucket: name, .. } => *name == bucket.name,
        _ => false,
    };
    let of_account = edition.snapshots().filter(|(other, _)| other.account_id == place.account_id);
    let written = of_account.flat_map(|(_, part)| flow_log_ids(&part.flow_logs, is_written_to));
    pb::DiscoveredBucket {
        account_id: place.account_id.clone(),
        region: place.region.clone(),
        name: bucket.name.clone(),
        flow_log_ids: written.collect(),
        queues: bucket.notifications.iter().map(queue).collect(),
        problem: bucket.error.clone().unwrap_or_default(),
    }
}

fn queue(notification: &BucketNotification) -> pb::BucketQueue {
    let (through, through_arn) = match &notification.route {
        NotificationRoute::Direct => ("s3", ""),
        NotificationRoute::Sns { topic_arn } => ("sns", topic_arn.as_str()),
        NotificationRoute::EventBridge { rule_arn } => ("eventbridge", rule_arn.as_str()),
    };
    pb::BucketQueue {
        arn: notification.queue_arn.clone(),
        through: through.to_owned(),
        through_arn: through_arn.to_owned(),
        prefix: notification.prefix.clone(),
        suffix: notification.suffix.clone(),
    }
}

fn flow_log_ids(flow_logs: &[FlowLog], is_asked: impl Fn(&FlowLog) -> bool) -> Vec<String> {
    flow_logs.iter().filter(|each| is_asked(each)).map(|each| each.id.clone()).collect()
}
