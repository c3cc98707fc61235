//! From parts to one inventory.

mod joined;

use std::collections::{HashMap, HashSet};

use super::{Former, RegionSnapshot};
use crate::model::{Inventory, IpRanges};
use joined::Joined;

/// One inventory of all `parts`, with AWS's ranges.
///
/// What is shared is seen by several accounts: a VPC and its subnets by the participants too, an
/// interface in it by the VPC's owner too, a peering connection and an attachment from both
/// sides. Each is taken from the account that owns it, which sees its tags; from another one only
/// where that account's part does not have it.
pub fn merge<'p>(
    parts: impl IntoIterator<Item = &'p RegionSnapshot>,
    ip_ranges: &IpRanges,
) -> Inventory {
    let parts: Vec<_> = parts.into_iter().collect();
    let mut merge = Merge::default();
    for part in &parts {
        merge.add_vpcs(part);
    }
    for part in &parts {
        merge.add_rest(part);
    }
    let generated_at = parts.iter().map(|part| part.taken_at).max().unwrap_or(0);
    Inventory { generated_at, ip_ranges: ip_ranges.clone(), ..merge.finish(&parts) }
}

/// The resources of all parts, each once.
#[derive(Default)]
struct Merge<'p> {
    accounts: Joined<&'p str, &'p crate::Account>,
    vpcs: Joined<&'p str, &'p crate::Vpc>,
    subnets: Joined<&'p str, &'p crate::Subnet>,
    instances: Joined<&'p str, &'p crate::Instance>,
    interfaces: Joined<&'p str, &'p crate::Interface>,
    transit_gateways: Joined<&'p str, &'p crate::TransitGateway>,
    route_tables: Joined<&'p str, &'p crate::RouteTable>,
    peering_connections: Joined<&'p str, &'p crate::PeeringConnection>,
    /// By transit gateway too: the two ends of a peering attachment share its id.
    attachments: Joined<(&'p str, &'p str), &'p crate::TransitGatewayAttachment>,
    transit_tables: Joined<&'p str, &'p crate::TransitGatewayRouteTable>,
}

impl<'p> Merge<'p> {
    fn add_vpcs(&mut self, part: &'p RegionSnapshot) {
        for vpc in &part.inventory.vpcs {
            self.vpcs.add(&vpc.id, vpc, vpc.account_id == part.account_id);
        }
    }

    fn add_rest(&mut self, part: &'p RegionSnapshot) {
        let found = &part.inventory;
        for account in &found.accounts {
            self.accounts.add(&account.id, account, account.name.is_some());
        }
        for subnet in &found.subnets {
            let is_own = self.owns_vpc(part, &subnet.vpc_id);
            self.subnets.add(&subnet.id, subnet, is_own);
        }
        for instance in &found.instances {
            self.instances.add(&instance.id, instance, instance.name.is_some());
        }
        for interface in &found.interfaces {
            let is_own = interface.account_id == part.account_id;
            self.interfaces.add(&interface.id, interface, is_own);
        }
        for gateway in &found.transit_gateways {
            let is_own = gateway.account_id == part.account_id;
            self.transit_gateways.add(&gateway.id, gateway, is_own);
        }
        for table in &found.route_tables {
            let is_own = self.owns_vpc(part, &table.vpc_id);
            self.route_tables.add(&table.id, table, is_own);
        }
        for peering in &found.peering_connections {
            self.peering_connections.add(&peering.id, peering, false);
        }
        for attachment in &found.transit_gateway_attachments {
            // Only the transit gateway's owner sees what it is associated with.
            let key = (attachment.id.as_str(), attachment.transit_gateway_id.as_str());
            self.attachments.add(key, attachment, attachment.route_table_id.is_some());
        }
        for table in &found.transit_gateway_route_tables {
            self.transit_tables.add(&table.id, table, !table.routes.is_empty());
        }
    }

    fn owns_vpc(&self, part: &RegionSnapshot, vpc_id: &str) -> bool {
        self.vpcs.get(&vpc_id).is_some_and(|vpc| vpc.account_id == part.account_id)
    }

    fn finish(self, parts: &[&'p RegionSnapshot]) -> Inventory {
        let mut seen = HashSet::new();
        let held = parts.iter().flat_map(|part| &part.inventory.held_since);
        let held = held.filter(|held| seen.insert((held.interface_id.as_str(), held.address)));
        Inventory {
            held_since: held.cloned().collect(),
            former: former_of(parts),
            accounts: self.accounts.finish(),
            vpcs: self.vpcs.finish(),
            subnets: self.subnets.finish(),
            instances: self.instances.finish(),
            interfaces: self.interfaces.finish(),
            transit_gateways: self.transit_gateways.finish(),
            route_tables: self.route_tables.finish(),
            peering_connections: self.peering_connections.finish(),
            transit_gateway_attachments: self.attachments.finish(),
            transit_gateway_route_tables: self.transit_tables.finish(),
            ..Inventory::default()
        }
    }
}

/// Two accounts remember one interface in a shared VPC: what its owner remembers counts.
fn former_of(parts: &[&RegionSnapshot]) -> Vec<Former> {
    let mut own: HashMap<&str, bool> = HashMap::new();
    for part in parts {
        for former in &part.inventory.former {
            *own.entry(&former.interface.id).or_default() |= is_own(part, former);
        }
    }
    let counts = |part: &RegionSnapshot, former: &Former| {
        is_own(part, former) || own.get(former.interface.id.as_str()) == Some(&false)
    };
    let of_part = |part: &&RegionSnapshot| {
        let former = part.inventory.former.iter();
        former.filter(|former| counts(part, former)).cloned().collect::<Vec<_>>()
    };
    parts.iter().flat_map(of_part).collect()
}

fn is_own(part: &RegionSnapshot, former: &Former) -> bool {
    former.interface.account_id == part.account_id
}
