//! Where routes lead an address.

use weir_inventory::{
    Destination, Inventory, NOW, Passage, PeeringConnection, Route, RouteTable, Snapshot,
    TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable, VpcIndex,
};

use crate::build::{interface, ip, snapshot, texts, transit_gateway, vpc};

fn table(id: &str, vpc_id: &str, subnets: &[&str], routes: &[(&str, &str)]) -> RouteTable {
    let route = |(destination, target): &(&str, &str)| Route {
        destination: destination.parse().unwrap(),
        target: (*target).to_owned(),
        is_blackhole: *target == "blackhole",
    };
    RouteTable {
        id: id.to_owned(),
        vpc_id: vpc_id.to_owned(),
        is_main: subnets.is_empty(),
        subnet_ids: subnets.iter().map(|id| (*id).to_owned()).collect(),
        routes: routes.iter().map(route).collect(),
    }
}

fn attachment(id: &str, gateway: &str, resource: &str, table: &str) -> TransitGatewayAttachment {
    let resource_type = if resource.starts_with("tgw-") { "peering" } else { "vpc" };
    TransitGatewayAttachment {
        id: id.to_owned(),
        transit_gateway_id: gateway.to_owned(),
        resource_type: resource_type.to_owned(),
        resource_id: resource.to_owned(),
        route_table_id: Some(table.to_owned()),
    }
}

fn transit_table(id: &str, gateway: &str, routes: &[(&str, &str)]) -> TransitGatewayRouteTable {
    let route = |(destination, attachment): &(&str, &str)| TransitGatewayRoute {
        destination: destination.parse().unwrap(),
        attachment_id: Some((*attachment).to_owned()),
    };
    TransitGatewayRouteTable {
        id: id.to_owned(),
        transit_gateway_id: gateway.to_owned(),
        routes: routes.iter().map(route).collect(),
    }
}

fn network() -> Inventory {
    Inventory {
        vpcs: vec![
            vpc("vpc-a", &["10.0.0.0/16"]),
            vpc("vpc-b", &["10.1.0.0/16"]),
            vpc("vpc-c", &["10.1.0.0/16"]),
        ],
        transit_gateways: vec![transit_gateway("tgw-1")],
        interfaces: vec![interface("eni-b", "vpc-b", &["10.1.0.5"])],
        route_tables: vec![
            table("rtb-main", "vpc-a", &[], &[("10.1.0.0/16", "pcx-1"), ("0.0.0.0/0", "igw-1")]),
            table("rtb-1", "vpc-a", &["subnet-1"], &[("0.0.0.0/0", "tgw-1")]),
            // More specific than local, which AWS allows for appliances inside the VPC.
            table("rtb-2", "vpc-a", &["subnet-2"], &[("10.0.7.0/24", "eni-firewall")]),
            table(
                "rtb-3",
                "vpc-a",
                &["subnet-3"],
                &[
                    ("10.1.0.0/16", "blackhole"),
                    ("10.1.2.0/24", "pcx-unlisted"),
                    ("10.1.2.0/24", "blackhole"),
                ],
            ),
        ],
        peering_connections: vec![PeeringConnection {
            id: "pcx-1".to_owned(),
            requester_vpc_id: "vpc-b".to_owned(),
            accepter_vpc_id: "vpc-a".to_owned(),
        }],
        transit_gateway_attachments: vec![
            attachment("att-a", "tgw-1", "vpc-a", "tgw-rtb-1"),
            attachment("att-c", "tgw-1", "vpc-c", "tgw-rtb-1"),
            attachment("att-vpn", "tgw-1", "vpn-1", "tgw-rtb-1"),
        ],
        transit_gateway_route_tables: vec![transit_table(
            "tgw-rtb-1",
            "tgw-1",
            &[("10.1.0.0/16", "att-c"), ("10.2.0.0/16", "att-unlisted"), ("10.3.0.0/16", "att-c")],
        )],
        ..Inventory::default()
    }
}

fn of_subnet(snapshot: &Snapshot, subnet: &str, address: &str) -> Destination {
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let route_table = snapshot.route_table_of_subnet(subnet.as_bytes());
    snapshot.destination(vpc, route_table, ip(address))
}

fn in_vpc(snapshot: &Snapshot, id: &str) -> Destination {
    Destination::Vpc(snapshot.vpc_by_id(id.as_bytes()).unwrap())
}

#[test]
fn the_table_of_the_subnet_or_else_the_main_one_decides() {
    let snapshot = snapshot(&network());
    assert_eq!(of_subnet(&snapshot, "subnet-9", "10.1.0.5"), in_vpc(&snapshot, "vpc-b"));
    assert_eq!(of_subnet(&snapshot, "subnet-1", "10.1.0.5"), in_vpc(&snapshot, "vpc-c"));
    assert_eq!(of_subnet(&snapshot, "subnet-9", "8.8.8.8"), Destination::Beyond);
    // The transit gateway has no such route.
    assert_eq!(of_subnet(&snapshot, "subnet-1", "8.8.8.8"), Destination::Nowhere);
    assert_eq!(of_subnet(&snapshot, "subnet-1", "10.2.0.5"), Destination::Beyond);
    assert_eq!(snapshot.counts().route_tables, 5);
}

#[test]
fn a_way_says_what_it_leads_over() {
    let snapshot = snapshot(&network());
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    for (subnet, address, passage) in [
        ("subnet-9", "10.0.7.7", Passage::Local),
        ("subnet-9", "10.1.0.5", Passage::Peering),
        ("subnet-1", "10.1.0.5", Passage::TransitGateway),
        ("subnet-1", "8.8.8.8", Passage::TransitGateway),
        ("subnet-3", "10.1.0.5", Passage::Other),
        ("subnet-3", "192.0.2.1", Passage::NoRoute),
    ] {
        let table = snapshot.route_table_of_subnet(subnet.as_bytes());
        let way = snapshot.way(vpc, table, ip(address));
        assert_eq!(way.passage, passage, "{subnet} {address}");
        assert_eq!(way.destination, of_subnet(&snapshot, subnet, address));
    }
}

#[test]
fn what_is_inside_the_vpc_s_blocks_stays_inside() {
    let snapshot = snapshot(&network());
    for subnet in ["subnet-1", "subnet-2", "subnet-9"] {
        let destination = of_subnet(&snapshot, subnet, "10.0.7.7");
        assert_eq!(destination, in_vpc(&snapshot, "vpc-a"), "{subnet}");
    }
}

#[test]
fn a_blackhole_leads_nowhere_unless_another_route_has_the_same_block() {
    let snapshot = snapshot(&network());
    assert_eq!(of_subnet(&snapshot, "subnet-3", "10.1.0.5"), Destination::Nowhere);
    assert_eq!(of_subnet(&snapshot, "subnet-3", "10.1.2.5"), Destination::Beyond);
}

#[test]
fn a_vpc_that_does_not_have_the_address_may_send_it_on() {
    let mut inventory = network();
    // vpc-c does not have 10.3.0.0/16, and without a table it cannot be told what it does.
    let before = snapshot(&inventory);
    assert_eq!(of_subnet(&before, "subnet-1", "10.3.0.5"), Destination::Beyond);
    let onward = [("10.3.0.0/16", "igw-1"), ("10.3.9.0/24", "blackhole")];
    inventory.route_tables.push(table("rtb-c", "vpc-c", &["subnet-c"], &onward));
    let after = snapshot(&inventory);
    assert_eq!(of_subnet(&after, "subnet-1", "10.3.0.5"), Destination::Beyond);
    assert_eq!(of_subnet(&after, "subnet-1", "10.3.9.5"), Destination::Nowhere);
}

#[test]
fn without_tables_nothing_is_told_but_the_vpc_s_own_blocks() {
    let mut inventory = network();
    inventory.route_tables.clear();
    let snapshot = snapshot(&inventory);
    assert_eq!(of_subnet(&snapshot, "subnet-1", "10.0.0.5"), in_vpc(&snapshot, "vpc-a"));
    assert_eq!(of_subnet(&snapshot, "subnet-1", "10.1.0.5"), Destination::Beyond);
    let unknown = snapshot.destination(VpcIndex::FALLBACK, None, ip("10.0.0.5"));
    assert_eq!(unknown, Destination::Beyond);
}

#[test]
fn a_table_of_another_vpc_does_not_count() {
    let snapshot = snapshot(&network());
    let vpc = snapshot.vpc_by_id(b"vpc-b").unwrap();
    let of_a = snapshot.route_table_of_subnet(b"subnet-1");
    assert!(of_a.is_some());
    assert_eq!(snapshot.destination(vpc, of_a, ip("10.9.0.5")), Destination::Beyond);
}

#[test]
fn an_address_outside_of_the_vpc_s_blocks_is_found_where_an_interface_has_it() {
    let mut inventory = network();
    inventory.interfaces.push(interface("eni-new", "vpc-b", &["10.66.0.5"]));
    let snapshot = snapshot(&inventory);
    let vpc = snapshot.vpc_by_id(b"vpc-b").unwrap();
    assert!(texts(snapshot.endpoint_in_vpc(vpc, ip("10.66.0.5"), NOW)).is_some());
    assert!(texts(snapshot.endpoint_in_vpc(vpc, ip("10.1.0.5"), NOW)).is_some());
    assert!(texts(snapshot.endpoint_in_vpc(vpc, ip("10.66.0.6"), NOW)).is_none());
}

#[test]
fn a_table_of_an_unlisted_vpc_is_counted_and_used_by_no_one() {
    let mut inventory = network();
    let before = snapshot(&inventory).counts().dangling_references;
    inventory.route_tables.push(table("rtb-x", "vpc-x", &["subnet-x"], &[("0.0.0.0/0", "igw-1")]));
    let snapshot = snapshot(&inventory);
    assert_eq!(snapshot.counts().dangling_references, before + 1);
    assert_eq!(snapshot.route_table_of_subnet(b"subnet-x"), None);
}
