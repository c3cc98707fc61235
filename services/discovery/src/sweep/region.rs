//! Reads one region: every list, as many at a time as the bounds allow.

use std::collections::BTreeSet;

use aws_types::SdkConfig;
use weir_inventory::region::{Bucket, RegionSnapshot};
use weir_inventory::{Instance, Subnet, Vpc};

use super::calls::Calls;
use super::deliveries::buckets_of;
use super::ec2::{Ec2, Interfaces, Transit};
use super::faults::CallError;
use super::known::{Hints, Known};
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

    /// Joins flow logs, log groups, streams and buckets, with what other regions know.
    async fn tie(&self, snapshot: &mut RegionSnapshot, targets: Targets, unread: &mut Unread) {
        let place = self.calls.place();
        let others = self.known.of_others(place);
        let mut all = others.targets;
        all.extend(targets.clone());
        ties::resolve(&mut snapshot.log_groups, &all);
        let (feeds, buckets) = (ties::feeds(snapshot), buckets_of(snapshot, &targets));
        let found = Hints { targets, feeds, buckets };
        // What could not be read now was known before.
        let is_whole = !unread.has(RegionPart::FlowLogs) && !unread.has(RegionPart::LogGroups);
        let own = self.known.learn(place, found, is_whole);
        let feeds = own.feeds.iter().chain(&others.feeds);
        ties::tie(&mut snapshot.kinesis_streams, feeds, &all);
        snapshot.buckets = self.buckets(&own.buckets, &others.buckets, unread).await;
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
