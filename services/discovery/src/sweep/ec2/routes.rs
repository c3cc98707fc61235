//! Route tables, prefix lists and peering connections of VPCs.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_ec2::types::{self, RouteState, VpcPeeringConnectionStateReasonCode};
use ipnet::IpNet;
use weir_inventory::{PeeringConnection, Route, RouteTable};

use super::tags::block;

/// Prefix list id to its blocks.
pub(crate) type PrefixLists = HashMap<String, Vec<IpNet>>;

/// The prefix lists that route tables name.
pub(crate) fn prefix_lists_of(tables: &[types::RouteTable]) -> BTreeSet<String> {
    let routes = tables.iter().flat_map(|table| table.routes());
    routes.filter_map(|route| route.destination_prefix_list_id()).map(str::to_owned).collect()
}

/// A route table, prefix lists resolved to their blocks. The blocks of a list that could not be
/// read are missing.
pub(crate) fn route_table(table: &types::RouteTable, lists: &PrefixLists) -> Option<RouteTable> {
    let associations = table.associations();
    let subnets = associations.iter().filter_map(|association| association.subnet_id());
    Some(RouteTable {
        id: table.route_table_id()?.to_owned(),
        vpc_id: table.vpc_id()?.to_owned(),
        is_main: associations.iter().any(|association| association.main().unwrap_or(false)),
        subnet_ids: subnets.map(str::to_owned).collect(),
        routes: table.routes().iter().flat_map(|route| routes(route, lists)).collect(),
    })
}

fn routes(route: &types::Route, lists: &PrefixLists) -> Vec<Route> {
    let Some(target) = target_of(route) else { return Vec::new() };
    let is_blackhole = route.state() == Some(&RouteState::Blackhole);
    let listed = route.destination_prefix_list_id().and_then(|id| lists.get(id));
    let own = block(route.destination_cidr_block().or(route.destination_ipv6_cidr_block()));
    let destinations = own.into_iter().chain(listed.into_iter().flatten().copied());
    let to_route = |destination| Route { destination, target: target.to_owned(), is_blackhole };
    destinations.map(to_route).collect()
}

fn target_of(route: &types::Route) -> Option<&str> {
    let gateway = route.gateway_id().or(route.transit_gateway_id());
    let gateway = gateway.or(route.vpc_peering_connection_id()).or(route.nat_gateway_id());
    // A route to an instance names the instance's interface too.
    let gateway = gateway.or(route.network_interface_id()).or(route.instance_id());
    let gateway = gateway.or(route.egress_only_internet_gateway_id());
    let gateway = gateway.or(route.local_gateway_id()).or(route.carrier_gateway_id());
    gateway.or(route.core_network_arn()).or(route.odb_network_arn())
}

/// A peering connection, if it is active.
pub(crate) fn peering_connection(
    connection: &types::VpcPeeringConnection,
) -> Option<PeeringConnection> {
    let code = connection.status().and_then(|status| status.code());
    if code != Some(&VpcPeeringConnectionStateReasonCode::Active) {
        return None;
    }
    Some(PeeringConnection {
        id: connection.vpc_peering_connection_id()?.to_owned(),
        requester_vpc_id: connection.requester_vpc_info()?.vpc_id()?.to_owned(),
        accepter_vpc_id: connection.accepter_vpc_info()?.vpc_id()?.to_owned(),
    })
}
