//! How AWS ties flow logs to streams: flow log → log group → subscription filter → stream.
//!
//! Flow logs have no destination of the kind "Kinesis data stream"; Firehose is one, and may stand
//! in between.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use weir_inventory::region::{FlowLogDestination, KinesisStream, LogGroup, RegionSnapshot};

/// An ARN to the one that it leads to: of destinations and of delivery streams.
pub(crate) type Targets = BTreeMap<String, String>;

/// A stream, or a destination in front of one, and a VPC whose flow logs reach it.
pub(crate) type Feed = (String, String);

/// Fills in where the filters of log groups lead in the end.
pub(crate) fn resolve(log_groups: &mut [LogGroup], targets: &Targets) {
    for filter in log_groups.iter_mut().flat_map(|group| &mut group.subscription_filters) {
        filter.target_arn = end_of(&filter.destination_arn, targets).map(str::to_owned);
    }
}

/// The end of the way from `arn`: a destination may lead to a delivery stream. `None` when it
/// leads nowhere that is known.
fn end_of<'t>(arn: &str, targets: &'t Targets) -> Option<&'t str> {
    let first = targets.get(arn)?;
    Some(targets.get(first).unwrap_or(first))
}

/// Which VPCs' flow logs reach which streams, over the region's log groups. Ends that are not
/// known here, such as another account's destination, stand as the filter names them.
pub(crate) fn feeds(snapshot: &RegionSnapshot) -> BTreeSet<Feed> {
    let vpcs = Vpcs::new(snapshot);
    let mut feeds = BTreeSet::new();
    for log in &snapshot.flow_logs {
        let (Some(vpc), FlowLogDestination::CloudWatchLogs { log_group, arn }) =
            (vpcs.of(&log.resource_id), &log.destination)
        else {
            continue;
        };
        // A log group of another account may have the same name.
        let is_it = |group: &&LogGroup| {
            group.name == *log_group && arn.as_ref().is_none_or(|arn| *arn == group.arn)
        };
        let filters = snapshot.log_groups.iter().filter(is_it);
        for filter in filters.flat_map(|group| &group.subscription_filters) {
            let end = filter.target_arn.as_ref().unwrap_or(&filter.destination_arn);
            feeds.insert((end.clone(), vpc.to_owned()));
        }
    }
    feeds
}

/// Tells streams the VPCs whose flow logs reach them.
pub(crate) fn tie<'f>(
    streams: &mut [KinesisStream],
    feeds: impl Iterator<Item = &'f Feed>,
    targets: &Targets,
) {
    let mut vpcs: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (arn, vpc) in feeds {
        vpcs.entry(end_of(arn, targets).unwrap_or(arn)).or_default().insert(vpc);
    }
    for stream in streams {
        let found = vpcs.get(stream.arn.as_str()).into_iter().flatten();
        stream.vpc_ids = found.map(|vpc| (*vpc).to_owned()).collect();
    }
}

/// The VPC that a flow log's resource is part of.
struct Vpcs<'s> {
    by_part: HashMap<&'s str, &'s str>,
}

impl<'s> Vpcs<'s> {
    fn new(snapshot: &'s RegionSnapshot) -> Self {
        let inventory = &snapshot.inventory;
        let subnets = inventory.subnets.iter();
        let subnets = subnets.map(|subnet| (subnet.id.as_str(), subnet.vpc_id.as_str()));
        let interfaces = inventory.interfaces.iter();
        let interfaces = interfaces.map(|found| (found.id.as_str(), found.vpc_id.as_str()));
        Self { by_part: subnets.chain(interfaces).collect() }
    }

    fn of<'r>(&self, resource: &'r str) -> Option<&'r str>
    where
        's: 'r,
    {
        if resource.starts_with("vpc-") {
            return Some(resource);
        }
        self.by_part.get(resource).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_inventory::Subnet;
    use weir_inventory::region::{FlowLog, SubscriptionFilter, TrafficType};

    const STREAM: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/flows";
    const DESTINATION: &str = "arn:aws:logs:eu-west-1:444455556666:destination:central";

    fn flow_log(resource_id: &str) -> FlowLog {
        FlowLog {
            id: "fl-1".into(),
            resource_id: resource_id.into(),
            traffic_type: Some(TrafficType::All),
            destination: FlowLogDestination::CloudWatchLogs {
                log_group: "/flow".into(),
                arn: None,
            },
            log_format: String::new(),
            aggregation_seconds: None,
            status: "ACTIVE".into(),
            delivery_status: String::new(),
            delivery_error: None,
            name: None,
        }
    }

    fn log_group(destination_arn: &str) -> LogGroup {
        LogGroup {
            name: "/flow".into(),
            arn: "arn:aws:logs:eu-west-1:111122223333:log-group:/flow".into(),
            retention_days: None,
            subscription_filters: vec![SubscriptionFilter {
                name: "to-stream".into(),
                destination_arn: destination_arn.into(),
                target_arn: None,
                filter_pattern: String::new(),
                is_account_policy: false,
            }],
        }
    }

    fn stream(arn: &str) -> KinesisStream {
        KinesisStream {
            name: "flows".into(),
            arn: arn.into(),
            status: "ACTIVE".into(),
            open_shards: None,
            retention_hours: None,
            vpc_ids: Vec::new(),
        }
    }

    fn snapshot(resource_id: &str, destination_arn: &str) -> RegionSnapshot {
        let mut snapshot = RegionSnapshot::new("111122223333", "eu-west-1", 1);
        snapshot.flow_logs = vec![flow_log(resource_id)];
        snapshot.log_groups = vec![log_group(destination_arn)];
        snapshot
    }

    #[test]
    fn a_stream_is_tied_to_the_vpc_of_a_subnet_whose_flow_log_reaches_it() {
        let mut snapshot = snapshot("subnet-1", STREAM);
        snapshot.inventory.subnets = vec![Subnet {
            id: "subnet-1".into(),
            vpc_id: "vpc-7".into(),
            name: None,
            availability_zone_id: None,
            cidrs: Vec::new(),
        }];
        let mut streams = [stream(STREAM), stream("arn:aws:kinesis:eu-west-1:1:stream/other")];
        tie(&mut streams, feeds(&snapshot).iter(), &Targets::new());
        assert_eq!(streams[0].vpc_ids, ["vpc-7"]);
        assert!(streams[1].vpc_ids.is_empty());
    }

    #[test]
    fn a_destination_of_another_account_leads_to_its_stream() {
        let mut snapshot = snapshot("vpc-7", DESTINATION);
        let targets = Targets::from([(DESTINATION.into(), STREAM.into())]);
        // What account A knows without B, and what B makes of it.
        let from_a = feeds(&snapshot);
        let mut streams = [stream(STREAM)];
        tie(&mut streams, from_a.iter(), &targets);
        assert_eq!(streams[0].vpc_ids, ["vpc-7"]);
        resolve(&mut snapshot.log_groups, &targets);
        let filter = &snapshot.log_groups[0].subscription_filters[0];
        assert_eq!(filter.target_arn.as_deref(), Some(STREAM));
    }

    #[test]
    fn a_destination_before_a_delivery_stream_leads_to_its_bucket() {
        let delivery = "arn:aws:firehose:eu-west-1:1:deliverystream/d";
        let mut snapshot = snapshot("vpc-7", DESTINATION);
        let targets = Targets::from([
            (DESTINATION.into(), delivery.into()),
            (delivery.into(), "arn:aws:s3:::flows".into()),
        ]);
        resolve(&mut snapshot.log_groups, &targets);
        let filter = &snapshot.log_groups[0].subscription_filters[0];
        assert_eq!(filter.target_arn.as_deref(), Some("arn:aws:s3:::flows"));
    }

    #[test]
    fn a_log_group_of_the_same_name_in_another_account_is_another() {
        let mut snapshot = snapshot("vpc-7", STREAM);
        let arn = Some("arn:aws:logs:eu-west-1:444455556666:log-group:/flow".to_owned());
        snapshot.flow_logs[0].destination =
            FlowLogDestination::CloudWatchLogs { log_group: "/flow".into(), arn };
        assert!(feeds(&snapshot).is_empty());
    }
}
