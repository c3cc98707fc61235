//! Route tables, peering connections and transit gateways, and the ways that they make.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use weir_inventory::{
    Inventory, PeeringConnection, Route, RouteTable, TransitGatewayRoute, TransitGatewayRouteTable,
};

use super::crossing::{Link, Way};
use super::environment::{Captures, Environment, FlowLog, VpcLayout};
use super::flow::TrafficPath;
use super::names::resource_id;
use super::rng::Rng;
use super::topology::Topology;

/// A network behind the transit gateways that is gone: they have a blackhole for it.
pub(super) const RETIRED_NETWORK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 17);
/// A network behind a peering connection that is gone: the VPCs have a blackhole for it.
const RETIRED_PEER: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 128, 0), 17);
/// What VPCs send to their transit gateway unless a longer prefix says otherwise: the private
/// networks of RFC 1918 and the shared one of RFC 6598.
const PRIVATE_NETWORKS: [Ipv4Net; 4] = [
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// Connects the VPCs of `environment` as `topology` says.
pub(super) fn connect(environment: &mut Environment, rng: &mut Rng, topology: &Topology) {
    add_peerings(environment, rng, topology);
    add_gateway_routes(environment, rng, topology);
    for vpc in 0..topology.sites.len() {
        add_route_tables(environment, rng, topology, vpc);
    }
    add_gateway_flow_logs(environment, rng);
}

fn add_peerings(environment: &mut Environment, rng: &mut Rng, topology: &Topology) {
    let Environment { inventory, links, .. } = environment;
    for vpcs in &topology.peerings {
        let [requester, accepter] = vpcs.map(|vpc| &inventory.vpcs[vpc]);
        let path = if requester.region == accepter.region {
            TrafficPath::IntraRegionPeering
        } else {
            TrafficPath::InterRegionPeering
        };
        links.push(Link { vpcs: *vpcs, way: Way::Peering(path) });
        inventory.peering_connections.push(PeeringConnection {
            id: resource_id("pcx", rng),
            requester_vpc_id: requester.id.clone(),
            accepter_vpc_id: accepter.id.clone(),
        });
    }
}

/// Gives each segment a route table with the blocks of its VPCs.
fn add_gateway_routes(environment: &mut Environment, rng: &mut Rng, topology: &Topology) {
    for (number, gateway) in topology.gateways.iter().enumerate() {
        for segment in &gateway.segments {
            let table = segment_table(environment, rng, number, segment);
            let attached: Vec<_> =
                segment.iter().filter_map(|&vpc| attachment(environment, vpc)).collect();
            for attachment in attached {
                environment.inventory.transit_gateway_attachments[attachment].route_table_id =
                    Some(table.id.clone());
            }
            environment.inventory.transit_gateway_route_tables.push(table);
            let way = Way::TransitGateway(number);
            let neighbours = segment.windows(2).map(|pair| Link { vpcs: [pair[0], pair[1]], way });
            environment.links.extend(neighbours);
        }
        let vpc = gateway.segments[0][0];
        environment.links.push(Link { vpcs: [vpc, vpc], way: Way::Blackhole(number) });
    }
}

fn segment_table(
    environment: &Environment,
    rng: &mut Rng,
    gateway: usize,
    segment: &[usize],
) -> TransitGatewayRouteTable {
    let inventory = &environment.inventory;
    let route = |&vpc: &usize| {
        let attachment = attachment(environment, vpc)?;
        Some(TransitGatewayRoute {
            destination: block(inventory, vpc)?,
            attachment_id: Some(inventory.transit_gateway_attachments[attachment].id.clone()),
        })
    };
    let blackhole =
        TransitGatewayRoute { destination: RETIRED_NETWORK.into(), attachment_id: None };
    TransitGatewayRouteTable {
        id: resource_id("tgw-rtb", rng),
        transit_gateway_id: inventory.transit_gateways[gateway].id.clone(),
        routes: segment.iter().filter_map(route).chain([blackhole]).collect(),
    }
}

/// Gives a VPC a main route table, which its private subnets use, and one for the public subnets.
fn add_route_tables(environment: &mut Environment, rng: &mut Rng, topology: &Topology, vpc: usize) {
    let mut shared = inner_routes(environment, topology, vpc);
    shared.push(Route { is_blackhole: true, ..route(RETIRED_PEER, &resource_id("pcx", rng)) });
    shared.extend(endpoint_routes(environment, &resource_id("vpce", rng), vpc));
    let Environment { inventory, vpcs, enis, .. } = environment;
    let VpcLayout { nat_gateway, public_subnets, .. } = &vpcs[vpc];
    let nat_gateway = enis[*nat_gateway].resource_id.as_deref().unwrap_or_default();
    let mut main = shared.clone();
    main.push(route(Ipv4Net::default(), nat_gateway));
    let internet_gateway = resource_id("igw", rng);
    shared.push(route(Ipv4Net::default(), &internet_gateway));
    if inventory.vpcs[vpc].cidrs.iter().any(|block| matches!(block, IpNet::V6(_))) {
        shared.push(route(Ipv6Net::default(), &internet_gateway));
    }
    let of_subnet = |subnet: usize| inventory.subnets[subnet].id.clone();
    let subnet_ids = public_subnets.clone().map(of_subnet).collect();
    let vpc_id = &inventory.vpcs[vpc].id;
    let mut table = |is_main, subnet_ids, routes| RouteTable {
        id: resource_id("rtb", rng),
        vpc_id: vpc_id.clone(),
        is_main,
        subnet_ids,
        routes,
    };
    let tables = [table(true, Vec::new(), main), table(false, subnet_ids, shared)];
    inventory.route_tables.extend(tables);
}

/// What stays in the VPC, goes to peers or to the transit gateway.
fn inner_routes(environment: &Environment, topology: &Topology, vpc: usize) -> Vec<Route> {
    let inventory = &environment.inventory;
    let mut routes: Vec<_> =
        inventory.vpcs[vpc].cidrs.iter().map(|&block| route(block, "local")).collect();
    for (pair, peering) in topology.peerings.iter().zip(&inventory.peering_connections) {
        let peer = match *pair {
            [requester, accepter] if requester == vpc => accepter,
            [requester, accepter] if accepter == vpc => requester,
            _ => continue,
        };
        routes.extend(block(inventory, peer).map(|block| route(block, &peering.id)));
    }
    if let Some(gateway) = topology.sites[vpc].gateway {
        let gateway = &inventory.transit_gateways[gateway].id;
        routes.extend(PRIVATE_NETWORKS.map(|network| route(network, gateway)));
    }
    routes
}

/// The prefixes of S3 and DynamoDB, which gateway endpoints lead to.
fn endpoint_routes(environment: &Environment, endpoint: &str, vpc: usize) -> Vec<Route> {
    let ranges = &environment.ranges[environment.vpcs[vpc].region];
    let v4 = ranges.s3.iter().chain(&ranges.dynamodb).map(|prefix| IpNet::V4(*prefix));
    let prefixes = v4.chain(ranges.s3_v6.iter().map(|prefix| IpNet::V6(*prefix)));
    prefixes.map(|prefix| route(prefix, endpoint)).collect()
}

fn route(destination: impl Into<IpNet>, target: &str) -> Route {
    Route { destination: destination.into(), target: target.to_owned(), is_blackhole: false }
}

/// The IPv4 block of a VPC.
fn block(inventory: &Inventory, vpc: usize) -> Option<IpNet> {
    inventory.vpcs[vpc].cidrs.first().copied()
}

/// The index of a VPC's attachment in the inventory.
fn attachment(environment: &Environment, vpc: usize) -> Option<usize> {
    environment.vpcs[vpc].attachment.as_ref().map(|attachment| attachment.index)
}

fn add_gateway_flow_logs(environment: &mut Environment, rng: &mut Rng) {
    let Environment { inventory, flow_logs, .. } = environment;
    for (number, gateway) in inventory.transit_gateways.iter().enumerate() {
        flow_logs.push(FlowLog {
            id: resource_id("fl", rng),
            account_id: gateway.account_id.clone(),
            region: gateway.region.clone(),
            captures: Captures::TransitGateway(number),
        });
    }
}
