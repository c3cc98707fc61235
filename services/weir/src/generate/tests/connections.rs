//! Overlapping VPCs, and the traffic between connected ones.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use weir_inventory::Interface;

use super::routes::{End, follow};
use super::sample::{Row, number, sample};

/// The interfaces that have an address, in whatever VPC.
fn owners() -> HashMap<IpAddr, Vec<&'static Interface>> {
    let mut owners: HashMap<_, Vec<_>> = HashMap::new();
    for interface in &sample().inventory.interfaces {
        for address in interface.private_addresses() {
            owners.entry(address).or_default().push(interface);
        }
    }
    owners
}

fn interface(id: &str) -> &'static Interface {
    sample().inventory.interfaces.iter().find(|x| x.id == id).unwrap()
}

/// The flows whose other side has a private address outside the reporter's VPC, with the
/// reporter and that address.
fn flows_beyond_the_vpc() -> Vec<(&'static Row, &'static Interface, IpAddr)> {
    let beyond = |row: &'static Row| {
        let reporter = interface(&row["interface-id"]);
        let far = if row["flow-direction"] == "egress" { "dstaddr" } else { "srcaddr" };
        let far: IpAddr = row[far].parse().unwrap();
        let vpc = sample().inventory.vpcs.iter().find(|x| x.id == reporter.vpc_id).unwrap();
        let is_private = ["10.0.0.0/8", "192.168.0.0/16"]
            .iter()
            .any(|block| block.parse::<ipnet::IpNet>().unwrap().contains(&far));
        let is_inside = vpc.cidrs.iter().any(|block| block.contains(&far));
        (is_private && !is_inside).then_some((row, reporter, far))
    };
    sample().flows().filter_map(beyond).collect()
}

#[test]
fn some_vpcs_and_addresses_overlap() {
    let inventory = &sample().inventory;
    let blocks: HashSet<_> = inventory.vpcs.iter().map(|vpc| vpc.cidrs[0]).collect();
    assert!(blocks.len() < inventory.vpcs.len());
    assert!(owners().values().filter(|interfaces| interfaces.len() > 1).count() > 50);
}

#[test]
fn every_other_side_is_the_one_interface_that_the_routes_lead_to_and_it_reports_the_same() {
    let owners = owners();
    let mut reports: HashSet<_> = HashSet::new();
    let key = |row: &'static Row, reporter: &'static str| {
        let fields = ["srcaddr", "dstaddr", "srcport", "dstport", "start", "bytes"];
        (reporter, fields.map(|field| row[field].as_str()))
    };
    for row in sample().flows() {
        reports.insert(key(row, &row["interface-id"]));
    }
    let (mut through, mut ambiguous, mut lost) = (HashSet::new(), 0, 0);
    for (row, reporter, far) in flows_beyond_the_vpc() {
        match follow(&sample().inventory, reporter, far) {
            End::Vpc(vpc, by) => {
                let candidates = &owners[&far];
                ambiguous += usize::from(candidates.len() > 1);
                let there: Vec<_> = candidates.iter().filter(|x| x.vpc_id == vpc).collect();
                assert_eq!(there.len(), 1, "{row:?}");
                assert!(reports.contains(&key(row, &there[0].id)), "{row:?}");
                through.insert(&by[..4]);
            }
            End::Blackhole => {
                assert!(!owners.contains_key(&far) && row["flow-direction"] == "egress");
                lost += 1;
            }
            End::Other => panic!("{row:?}"),
        }
    }
    assert_eq!(through, HashSet::from(["pcx-", "tgw-"]));
    assert!(ambiguous > 50 && lost > 0, "{ambiguous} {lost}");
}

#[test]
fn traffic_to_other_vpcs_is_a_few_per_cent() {
    let beyond = flows_beyond_the_vpc().len();
    let all = sample().flows().count();
    assert!((all / 50..all / 12).contains(&beyond), "{beyond} of {all}");
}

#[test]
fn the_way_of_a_flow_to_another_vpc_agrees_with_its_route() {
    let inventory = &sample().inventory;
    let vpc = |id: &str| inventory.vpcs.iter().find(|x| x.id == id).unwrap();
    for (row, reporter, far) in flows_beyond_the_vpc() {
        if row["flow-direction"] == "ingress" {
            continue;
        }
        let next_hop = row["next-hop-interface-type"].as_str();
        let expected = match follow(inventory, reporter, far) {
            End::Vpc(there, by) if by.starts_with("pcx-") => {
                let is_same = vpc(there).region == vpc(&reporter.vpc_id).region;
                (if is_same { "4" } else { "5" }, "-")
            }
            _ => ("1", "transit_gateway"),
        };
        assert_eq!((row["traffic-path"].as_str(), next_hop), expected, "{row:?}");
        if next_hop == "transit_gateway" {
            let gateway = interface(&row["next-hop-interface-id"]);
            assert_eq!(gateway.vpc_id, reporter.vpc_id);
            assert_eq!(row["next-hop-az-id"], row["az-id"]);
        }
    }
}

#[test]
fn every_subnet_has_its_routes_and_every_table_a_blackhole() {
    let inventory = &sample().inventory;
    for vpc in &inventory.vpcs {
        let tables: Vec<_> = inventory.route_tables.iter().filter(|x| x.vpc_id == vpc.id).collect();
        assert_eq!(tables.iter().filter(|table| table.is_main).count(), 1);
        for subnet in tables.iter().flat_map(|table| &table.subnet_ids) {
            let subnet = inventory.subnets.iter().find(|x| x.id == *subnet).unwrap();
            assert_eq!(subnet.vpc_id, vpc.id);
        }
        for table in tables {
            let default = if table.is_main { "nat-" } else { "igw-" };
            let to = |prefix: &str| table.routes.iter().any(|x| x.target.starts_with(prefix));
            assert!(to("local") && to("vpce-") && to(default));
            assert_eq!(table.routes.iter().filter(|route| route.is_blackhole).count(), 1);
        }
    }
}

#[test]
fn every_gateway_row_agrees_with_the_inventory() {
    let inventory = &sample().inventory;
    let attachment =
        |id: &str| inventory.transit_gateway_attachments.iter().find(|x| x.id == id).unwrap();
    let gateways = &inventory.transit_gateways;
    for row in &sample().gateway_rows {
        let gateway = gateways.iter().find(|x| x.id == row["tgw-id"]).unwrap();
        assert_eq!((&row["account-id"], &row["region"]), (&gateway.account_id, &gateway.region));
        assert_eq!(
            (row["version"].as_str(), row["resource-type"].as_str()),
            ("6", "TransitGateway")
        );
        let is_egress = row["flow-direction"] == "egress";
        let (here, there) = if is_egress { ("dst", "src") } else { ("src", "dst") };
        for (side, field) in [(here, "tgw-attachment-id"), (there, "tgw-pair-attachment-id")] {
            let of = |name: &str| row[format!("tgw-{side}-{name}").as_str()].as_str();
            if of("vpc-id") == "-" {
                assert_eq!((side, row[field].as_str(), of("eni")), ("dst", "-", "-"), "{row:?}");
                assert_eq!(row["packets-lost-blackhole"], row["packets"]);
                continue;
            }
            let attached = attachment(&row[field]);
            assert_eq!(attached.transit_gateway_id, gateway.id);
            assert_eq!(attached.resource_id, of("vpc-id"));
            let eni = interface(of("eni"));
            assert_eq!(eni.interface_type, "transit_gateway");
            assert_eq!(
                (eni.vpc_id.as_str(), eni.account_id.as_str()),
                (of("vpc-id"), of("vpc-account-id"))
            );
            assert_eq!(eni.subnet_id.as_deref(), Some(of("subnet-id")));
            let address: IpAddr = row[format!("{side}addr").as_str()].parse().unwrap();
            let vpc = inventory.vpcs.iter().find(|x| x.id == eni.vpc_id).unwrap();
            assert!(vpc.cidrs.iter().any(|block| block.contains(&address)), "{row:?}");
        }
    }
}

#[test]
fn gateway_rows_are_those_conversations_that_interfaces_report() {
    let fields =
        ["srcaddr", "dstaddr", "srcport", "dstport", "protocol", "start", "end", "packets"];
    let key = |row: &'static Row| fields.map(|field| row[field].as_str());
    let mut reported: HashMap<_, u32> = HashMap::new();
    for (row, ..) in flows_beyond_the_vpc() {
        if row["next-hop-interface-type"] == "transit_gateway" {
            *reported.entry(key(row)).or_default() += 1;
        }
    }
    let mut ingress = HashMap::new();
    for row in sample().gateway_rows.iter().filter(|row| row["flow-direction"] == "ingress") {
        *ingress.entry(key(row)).or_default() += 1;
    }
    assert_eq!(reported, ingress);
    let lost: Vec<_> =
        sample().gateway_rows.iter().filter(|x| number(x, "packets-lost-blackhole") > 0).collect();
    assert!(!lost.is_empty() && lost.len() * 10 < sample().gateway_rows.len());
}
