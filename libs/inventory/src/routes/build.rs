//! From the inventory's routes to flattened tables.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ipnet::IpNet;

use super::{Blocks, RouteTableIndex, Routes, Table, Target, VpcRouting};
use crate::counts::SnapshotCounts;
use crate::error::InventoryError;
use crate::exporters::{ExporterKind, ExporterTable, VpcIndex};
use crate::model::{
    Inventory, PeeringConnection, Route, RouteTable, TransitGatewayAttachment, TransitGatewayRoute,
};
use crate::segments::{Prefix, Segments, flatten};
use crate::strings::position;

impl Routes {
    pub(crate) fn build(
        inventory: &Inventory,
        exporters: &ExporterTable,
        counts: &mut SnapshotCounts,
    ) -> Result<Routes, InventoryError> {
        let network = Network::index(inventory, exporters)?;
        let mut routes = Routes {
            vpcs: vec![VpcRouting::default(); exporters.len()],
            tables: Vec::with_capacity(network.table_count()),
            by_subnet: hashbrown::HashMap::with_hasher(FixedState::default()),
        };
        for vpc in &inventory.vpcs {
            let routing = network.vpc(&vpc.id).and_then(|at| routes.routing(at));
            // Of two VPCs with one id the first stays.
            if let Some(routing) = routing.filter(|routing| routing.blocks.is_empty()) {
                routing.blocks = Blocks::of(&vpc.cidrs);
            }
        }
        for table in &inventory.route_tables {
            routes.add_table(table, &network, counts)?;
        }
        for table in &inventory.transit_gateway_route_tables {
            let gateway = &table.transit_gateway_id;
            let targets = table.routes.iter().map(|route| {
                let name = route.attachment_id.as_deref().unwrap_or_default();
                (route.destination, name, network.transit_target(gateway, route))
            });
            routes.tables.push(Table::new(VpcIndex::FALLBACK, targets));
        }
        counts.route_tables = routes.table_count() as u64;
        Ok(routes)
    }

    fn add_table<'i>(
        &mut self,
        table: &'i RouteTable,
        network: &Network<'i>,
        counts: &mut SnapshotCounts,
    ) -> Result<(), InventoryError> {
        let at = RouteTableIndex(position(self.tables.len(), "route tables")?);
        let vpc = network.vpc(&table.vpc_id);
        counts.dangling_references += u64::from(vpc.is_none());
        // Also without its VPC the table keeps its place.
        let vpc = vpc.unwrap_or(VpcIndex::FALLBACK);
        let targets = table.routes.iter().map(|route| {
            let target = network.target(vpc, &table.vpc_id, route);
            (route.destination, route.target.as_str(), target)
        });
        self.tables.push(Table::new(vpc, targets));
        if vpc == VpcIndex::FALLBACK {
            return Ok(());
        }
        for subnet in &table.subnet_ids {
            self.by_subnet.entry(subnet.as_bytes().into()).or_insert(at);
        }
        if let Some(routing) = self.routing(vpc) {
            routing.tables.push(at);
            if table.is_main {
                routing.main.get_or_insert(at);
            }
        }
        Ok(())
    }

    fn routing(&mut self, vpc: VpcIndex) -> Option<&mut VpcRouting> {
        self.vpcs.get_mut(vpc.position() as usize)
    }
}

impl Table {
    /// Of two routes for one block the first by [`precedence`] counts.
    fn new<'i>(vpc: VpcIndex, routes: impl Iterator<Item = (IpNet, &'i str, Target)>) -> Table {
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        for (block, name, kind) in routes {
            let order = (precedence(kind), name, "");
            match block {
                IpNet::V4(block) => {
                    let [first, last] =
                        [block.network(), block.broadcast()].map(|end| end.to_bits().into());
                    ipv4.push(Prefix { first, last, order, kind });
                }
                IpNet::V6(block) => {
                    let [first, last] =
                        [block.network(), block.broadcast()].map(|end| end.to_bits());
                    ipv6.push(Prefix { first, last, order, kind });
                }
            }
        }
        let (ipv4, ipv6) = (Segments::new(&flatten(ipv4)), Segments::new(&flatten(ipv6)));
        Table { vpc, ipv4, ipv6 }
    }
}

/// A blackhole stands beside a working route for the same block while that one is replaced.
fn precedence(target: Target) -> u8 {
    match target {
        Target::Vpc(_) | Target::TransitTable(_) => 0,
        Target::Beyond => 1,
        Target::Nowhere => 2,
    }
}

/// What routes lead to, by id.
struct Network<'i> {
    exporters: &'i ExporterTable,
    peerings: HashMap<&'i str, &'i PeeringConnection>,
    /// By attachment and transit gateway: the two ends of a peering attachment share its id.
    attachments: HashMap<(&'i str, &'i str), &'i TransitGatewayAttachment>,
    /// By what is attached, and transit gateway.
    attached: HashMap<(&'i str, &'i str), &'i TransitGatewayAttachment>,
    transit_tables: HashMap<&'i str, RouteTableIndex>,
    vpc_table_count: usize,
}

impl<'i> Network<'i> {
    fn index(
        inventory: &'i Inventory,
        exporters: &'i ExporterTable,
    ) -> Result<Network<'i>, InventoryError> {
        let peerings = &inventory.peering_connections;
        let mut network = Network {
            exporters,
            peerings: peerings.iter().map(|peering| (peering.id.as_str(), peering)).collect(),
            attachments: HashMap::new(),
            attached: HashMap::new(),
            transit_tables: HashMap::new(),
            vpc_table_count: inventory.route_tables.len(),
        };
        for attachment in &inventory.transit_gateway_attachments {
            network.add_attachment(attachment);
        }
        for (table, at) in inventory.transit_gateway_route_tables.iter().zip(0..) {
            let at = position(network.vpc_table_count.saturating_add(at), "route tables")?;
            network.transit_tables.entry(&table.id).or_insert(RouteTableIndex(at));
        }
        Ok(network)
    }

    /// The owner of an attached VPC sees the attachment too, but not what it is associated with.
    fn add_attachment(&mut self, attachment: &'i TransitGatewayAttachment) {
        let gateway = attachment.transit_gateway_id.as_str();
        for (index, id) in
            [(&mut self.attachments, &attachment.id), (&mut self.attached, &attachment.resource_id)]
        {
            let known = index.entry((id, gateway)).or_insert(attachment);
            if known.route_table_id.is_none() {
                *known = attachment;
            }
        }
    }

    fn table_count(&self) -> usize {
        self.vpc_table_count + self.transit_tables.len()
    }

    fn vpc(&self, id: &str) -> Option<VpcIndex> {
        self.exporters.find_kind(id.as_bytes(), ExporterKind::Vpc)
    }

    /// What a route of a VPC leads to.
    fn target(&self, vpc: VpcIndex, vpc_id: &'i str, route: &'i Route) -> Target {
        if route.is_blackhole {
            return Target::Nowhere;
        }
        let target = match route.target.split('-').next() {
            Some("local") => Some(Target::Vpc(vpc)),
            Some("pcx") => self.peer(vpc_id, &route.target).map(Target::Vpc),
            Some("tgw") => self
                .attached
                .get(&(vpc_id, route.target.as_str()))
                .and_then(|attachment| self.table_of(attachment)),
            _ => None,
        };
        target.unwrap_or(Target::Beyond)
    }

    /// The other side of a peering connection.
    fn peer(&self, vpc_id: &str, peering_id: &str) -> Option<VpcIndex> {
        let peering = self.peerings.get(peering_id)?;
        let sides = [&peering.requester_vpc_id, &peering.accepter_vpc_id];
        match sides.map(|side| side == vpc_id) {
            [true, _] => self.vpc(sides[1]),
            [_, true] => self.vpc(sides[0]),
            _ => None,
        }
    }

    /// What a route of a transit gateway leads to.
    fn transit_target(&self, gateway: &'i str, route: &'i TransitGatewayRoute) -> Target {
        let Some(id) = route.attachment_id.as_deref() else { return Target::Nowhere };
        let attachment = self.attachments.get(&(id, gateway));
        let target = attachment.and_then(|attachment| match attachment.resource_type.as_str() {
            "vpc" => self.vpc(&attachment.resource_id).map(Target::Vpc),
            "peering" => {
                let other = attachment.resource_id.as_str();
                let end = self.attachments.get(&(id, other));
                end.or_else(|| self.attached.get(&(gateway, other))).and_then(|e| self.table_of(e))
            }
            _ => None,
        });
        target.unwrap_or(Target::Beyond)
    }

    /// The table that routes what comes in at an attachment.
    fn table_of(&self, attachment: &TransitGatewayAttachment) -> Option<Target> {
        let id = attachment.route_table_id.as_deref()?;
        self.transit_tables.get(id).copied().map(Target::TransitTable)
    }
}
