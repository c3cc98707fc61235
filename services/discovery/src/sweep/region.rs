//! Reads one region: every list, as many at a time as the bounds allow.

use std::collections::BTreeSet;

use aws_types::SdkConfig;
use weir_inventory::region::{Bucket, FlowLog, FlowLogDestination, LogGroup, RegionSnapshot};
use weir_inventory::{Instance, Subnet, Vpc};

use super::arn::Arn;
use super::calls::Calls;
use super::ec2::{Ec2, Interfaces, Transit};
use super::faults::CallError;
use super::known::{Hints, Known};
use super::logs::Logs;
use super::s3::Buckets;
use super::streams;
use super::ties::{self, Targets};
use super::unread::Unread;
use crate::reader::{Reading, RegionError, RegionPart};

/// How far back EC2's times of attachment are of use: longer than any history of addresses.
const HISTORY_SECONDS: u64 = 7 * 24 * 3600;

/// The account's answers of one region.
pub(crate) struct RegionSweep<'c> {
    pub(crate) calls: &'c Calls,
    pub(crate) config: &'c SdkConfig,
    pub(crate) known: &'c Known,
    /// Whether it is the region in which the account's credentials were tried: it is not closed.
    pub(crate) is_home: bool,
    /// Unix seconds.
    pub(crate) taken_at: u64,
}

/// Without these there is no inventory.
struct Core {
    vpcs: Result<Vec<Vpc>, CallError>,
    subnets: Result<Vec<Subnet>, CallError>,
    instances: Result<Vec<Instance>, CallError>,
    interfaces: Result<Interfaces, CallError>,
}

/// What is delivered where.
#[derive(Default)]
struct Deliveries {
    flow_logs: Vec<FlowLog>,
    log_groups: Vec<LogGroup>,
    targets: Targets,
}

impl RegionSweep<'_> {
    pub(crate) async fn read(self) -> Result<Reading, RegionError> {
        let place = self.calls.place();
        let ec2 = Ec2::new(self.calls, self.config);
        let mut unread = Unread::default();
        let mut snapshot =
            RegionSnapshot::new(place.account_id.clone(), place.region.clone(), self.taken_at);

        // One call tells whether the region is closed; then all the others go together.
        let vpcs = ec2.vpcs().await;
        if let Err(error) = &vpcs
            && error.is_region_disabled()
            && !self.is_home
        {
            return Err(RegionError::Excluded { cause: error.to_string() });
        }
        let (core, routing, transit, deliveries, kinesis) = tokio::join!(
            self.core(&ec2, vpcs),
            async { tokio::join!(ec2.route_tables(), ec2.peering_connections()) },
            ec2.transit(),
            self.deliveries(&ec2),
            streams::kinesis(self.calls, self.config),
        );
        add_core(&mut snapshot, core, &mut unread)?;
        let (route_tables, peering_connections) = routing;
        let (route_tables, errors) = unread.vital(route_tables)?;
        unread.details(errors);
        snapshot.inventory.route_tables = route_tables;
        snapshot.inventory.peering_connections = unread.vital(peering_connections)?;
        let transit: Transit = unread.part(RegionPart::TransitGateways, transit);
        snapshot.inventory.transit_gateways = transit.gateways;
        snapshot.inventory.transit_gateway_attachments = transit.attachments;
        snapshot.inventory.transit_gateway_route_tables = transit.route_tables;
        let (deliveries, failures) = deliveries;
        unread.extend(failures);
        snapshot.flow_logs = deliveries.flow_logs;
        snapshot.log_groups = deliveries.log_groups;
        let (kinesis_streams, error) = unread.part(RegionPart::KinesisStreams, kinesis);
        unread.details(error);
        snapshot.kinesis_streams = kinesis_streams;
        self.tie(&mut snapshot, deliveries.targets, &mut unread).await;
        Ok(Reading { snapshot, unread: unread.finish() })
    }

    async fn core(&self, ec2: &Ec2<'_>, vpcs: Result<Vec<Vpc>, CallError>) -> Core {
        let after = self.taken_at.saturating_sub(HISTORY_SECONDS);
        let (subnets, instances, interfaces) =
            tokio::join!(ec2.subnets(), ec2.instances(), ec2.interfaces(after));
        Core { vpcs, subnets, instances, interfaces }
    }

    /// Flow logs, the log groups that they fill, and where these lead.
    async fn deliveries(&self, ec2: &Ec2<'_>) -> (Deliveries, Unread) {
        let mut unread = Unread::default();
        let logs = Logs::new(self.calls, self.config);
        let flow_logs = unread.part(RegionPart::FlowLogs, ec2.flow_logs().await);
        let names = log_group_names(&flow_logs);
        let (log_groups, destinations) = tokio::join!(logs.log_groups(&names), logs.destinations());
        let (log_groups, errors) = unread.part(RegionPart::LogGroups, log_groups);
        unread.details(errors);
        let mut targets = Targets::new();
        match destinations {
            Ok(destinations) => targets.extend(destinations),
            Err(error) => unread.details([error]),
        }
        let mut deliveries = Deliveries { flow_logs, log_groups, targets };
        for arn in self.delivery_streams(&deliveries) {
            match self.delivery_target(&arn).await {
                Ok(target) => deliveries.targets.extend(target.map(|target| (arn, target))),
                Err(error) => unread.details([error]),
            }
        }
        (deliveries, unread)
    }

    /// The delivery streams of this account and region that anything leads to.
    fn delivery_streams(&self, deliveries: &Deliveries) -> BTreeSet<String> {
        let of_logs = deliveries.flow_logs.iter().filter_map(|log| match &log.destination {
            FlowLogDestination::Firehose { arn } => Some(arn),
            _ => None,
        });
        let filters = deliveries.log_groups.iter().flat_map(|group| &group.subscription_filters);
        let of_filters = filters.map(|filter| &filter.destination_arn);
        let all = of_logs.chain(of_filters).chain(deliveries.targets.values());
        let place = self.calls.place();
        let is_here = |arn: &&String| {
            Arn::parse(arn).is_some_and(|arn| {
                arn.service == "firehose"
                    && arn.region == place.region
                    && arn.account_id == place.account_id
            })
        };
        all.filter(is_here).cloned().collect()
    }

    async fn delivery_target(&self, arn: &str) -> Result<Option<String>, CallError> {
        match Arn::parse(arn) {
            Some(arn) => streams::delivery_target(self.calls, self.config, &arn).await,
            None => Ok(None),
        }
    }

    /// Joins flow logs, log groups, streams and buckets, with what other regions know.
    async fn tie(&self, snapshot: &mut RegionSnapshot, targets: Targets, unread: &mut Unread) {
        let place = self.calls.place();
        let others = self.known.of_others(place);
        let mut all = others.targets;
        all.extend(targets.clone());
        ties::resolve(&mut snapshot.log_groups, &all);
        let feeds = ties::feeds(snapshot);
        ties::tie(&mut snapshot.kinesis_streams, feeds.iter().chain(&others.feeds), &all);
        let buckets = buckets_of(snapshot, &targets);
        self.known.set(place, Hints { targets, feeds, buckets: buckets.clone() });
        snapshot.buckets = self.buckets(&buckets, &others.buckets, unread).await;
    }

    async fn buckets(
        &self,
        own: &BTreeSet<String>,
        others: &BTreeSet<String>,
        unread: &mut Unread,
    ) -> Vec<Bucket> {
        let reader = Buckets::new(self.calls, self.config);
        let is_delivered_to = |name: &str| own.contains(name) || others.contains(name);
        let read = reader.read(is_delivered_to).await;
        let (buckets, errors) = unread.part(RegionPart::Buckets, read);
        unread.details(errors);
        buckets
    }
}

fn add_core(
    snapshot: &mut RegionSnapshot,
    core: Core,
    unread: &mut Unread,
) -> Result<(), RegionError> {
    if let (Err(vpcs), Err(instances), Err(interfaces)) =
        (&core.vpcs, &core.instances, &core.interfaces)
    {
        let errors = [vpcs, instances, interfaces];
        if errors.iter().all(|error| error.is_of_organization()) {
            return Err(RegionError::Excluded { cause: vpcs.to_string() });
        }
        // Where none of the lists may be read there is nothing to publish.
        if errors.iter().all(|error| error.is_denied()) {
            return Err(vpcs.of_region());
        }
    }
    let inventory = &mut snapshot.inventory;
    inventory.vpcs = unread.vital(core.vpcs)?;
    inventory.subnets = unread.vital(core.subnets)?;
    inventory.instances = unread.vital(core.instances)?;
    (inventory.interfaces, inventory.held_since) = unread.vital(core.interfaces)?;
    Ok(())
}

fn log_group_names(flow_logs: &[FlowLog]) -> BTreeSet<String> {
    let names = flow_logs.iter().filter_map(|log| match &log.destination {
        FlowLogDestination::CloudWatchLogs { log_group, .. } => Some(log_group.clone()),
        _ => None,
    });
    names.collect()
}

/// The buckets that the region's flow logs are delivered to, themselves or through Firehose.
fn buckets_of(snapshot: &RegionSnapshot, targets: &Targets) -> BTreeSet<String> {
    let direct = snapshot.flow_logs.iter().filter_map(|log| match &log.destination {
        FlowLogDestination::S3 { bucket, .. } => Some(bucket.as_str()),
        _ => None,
    });
    let through = targets.values().filter_map(|arn| Arn::parse(arn));
    let through = through.filter(|arn| arn.service == "s3").map(|arn| arn.resource);
    direct.chain(through).map(str::to_owned).collect()
}
