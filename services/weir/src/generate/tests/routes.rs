//! An address's way through the inventory's routes, looked up in the plainest way.

use std::net::IpAddr;

use weir_inventory::{Interface, Inventory, Vpc};

/// Where packets to an address outside their VPC end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End<'a> {
    /// In a VPC, by way of a connection with that id.
    Vpc(&'a str, &'a str),
    /// In a blackhole.
    Blackhole,
    /// Elsewhere.
    Other,
}

/// Follows the routes from an interface to an address.
pub(super) fn follow<'a>(inventory: &'a Inventory, from: &Interface, to: IpAddr) -> End<'a> {
    let of_vpc = || inventory.route_tables.iter().filter(|table| table.vpc_id == from.vpc_id);
    let subnet = from.subnet_id.as_ref().unwrap();
    let explicit = of_vpc().find(|table| table.subnet_ids.contains(subnet));
    let table = explicit.or_else(|| of_vpc().find(|table| table.is_main)).unwrap();
    let matching = table.routes.iter().filter(|route| route.destination.contains(&to));
    let Some(route) = matching.max_by_key(|route| route.destination.prefix_len()) else {
        return End::Blackhole;
    };
    if route.is_blackhole {
        return End::Blackhole;
    }
    let peering = inventory.peering_connections.iter().find(|x| x.id == route.target);
    if let Some(peering) = peering {
        let is_requester = peering.requester_vpc_id == from.vpc_id;
        let peer = if is_requester { &peering.accepter_vpc_id } else { &peering.requester_vpc_id };
        return holding(inventory, peer, to, &peering.id);
    }
    if route.target.starts_with("tgw-") {
        return through_gateway(inventory, &route.target, &from.vpc_id, to);
    }
    End::Other
}

fn through_gateway<'a>(inventory: &'a Inventory, gateway: &str, vpc: &str, to: IpAddr) -> End<'a> {
    let attachments = &inventory.transit_gateway_attachments;
    let is_in = |x: &&_| {
        let x: &weir_inventory::TransitGatewayAttachment = x;
        x.transit_gateway_id == gateway && x.resource_id == vpc
    };
    let table = attachments.iter().find(is_in).unwrap().route_table_id.as_ref();
    let tables = &inventory.transit_gateway_route_tables;
    let table = tables.iter().find(|x| Some(&x.id) == table).unwrap();
    assert_eq!(table.transit_gateway_id, gateway);
    let matching = table.routes.iter().filter(|route| route.destination.contains(&to));
    let route = matching.max_by_key(|route| route.destination.prefix_len());
    let Some(id) = route.and_then(|route| route.attachment_id.as_ref()) else {
        return End::Blackhole;
    };
    let out = attachments.iter().find(|x| x.id == *id).unwrap();
    let gateway = inventory.transit_gateways.iter().find(|x| x.id == gateway).unwrap();
    holding(inventory, &out.resource_id, to, &gateway.id)
}

fn holding<'a>(inventory: &'a Inventory, vpc: &str, to: IpAddr, by: &'a str) -> End<'a> {
    let vpc: &Vpc = inventory.vpcs.iter().find(|x| x.id == vpc).unwrap();
    assert!(vpc.cidrs.iter().any(|block| block.contains(&to)), "{to} is not in {}", vpc.id);
    End::Vpc(&vpc.id, by)
}
