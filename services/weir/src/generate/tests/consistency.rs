//! The environment in itself, and the lines against it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use ipnet::IpNet;
use weir_inventory::{Interface, Inventory};

use super::sample::{Row, sample};
use crate::generate::ip_ranges::{excerpt, scattered_v4};
use crate::generate::subnets::{MAX_VPCS, vpc_block_v4};

fn interfaces(inventory: &Inventory) -> HashMap<&str, &Interface> {
    inventory.interfaces.iter().map(|x| (x.id.as_str(), x)).collect()
}

#[test]
fn every_line_agrees_with_the_inventory_entry_of_its_interface() {
    let sample = sample();
    let interfaces = interfaces(&sample.inventory);
    let vpcs: HashMap<_, _> = sample.inventory.vpcs.iter().map(|x| (x.id.as_str(), x)).collect();
    let subnets: HashMap<_, _> =
        sample.inventory.subnets.iter().map(|x| (x.id.as_str(), x)).collect();
    for row in &sample.rows {
        let interface = interfaces[row["interface-id"].as_str()];
        assert_eq!(row["account-id"], interface.account_id);
        assert_eq!(row["vpc-id"], interface.vpc_id);
        assert_eq!(Some(&row["subnet-id"]), interface.subnet_id.as_ref());
        assert_eq!(row["instance-id"], interface.instance_id.as_deref().unwrap_or("-"));
        assert_eq!(row["region"], vpcs[row["vpc-id"].as_str()].region);
        let zone = &subnets[row["subnet-id"].as_str()].availability_zone_id;
        assert_eq!(Some(&row["az-id"]), zone.as_ref());
    }
}

#[test]
fn every_flow_has_its_interface_s_primary_address_on_the_side_of_its_direction() {
    let sample = sample();
    let interfaces = interfaces(&sample.inventory);
    for row in sample.flows() {
        let side = if row["flow-direction"] == "egress" { "srcaddr" } else { "dstaddr" };
        let own: IpAddr = row[side].parse().unwrap();
        let interface = interfaces[row["interface-id"].as_str()];
        let is_own = match own {
            IpAddr::V4(own) => interface.addresses[0].private == own,
            IpAddr::V6(own) => interface.ipv6_addresses.contains(&own),
        };
        assert!(is_own, "{row:?}");
    }
}

#[test]
fn private_addresses_are_distinct_in_their_vpc_and_lie_in_their_subnets() {
    let inventory = &sample().inventory;
    let mut seen = HashSet::new();
    for interface in &inventory.interfaces {
        let subnet = inventory.subnets.iter().find(|x| Some(&x.id) == interface.subnet_id.as_ref());
        for address in interface.private_addresses() {
            assert!(seen.insert((&interface.vpc_id, address)), "{address}");
            let holds = |block: &IpNet| block.contains(&address);
            assert!(subnet.unwrap().cidrs.iter().any(holds), "{address}");
        }
    }
}

#[test]
fn subnets_lie_in_their_vpcs_and_do_not_meet_there() {
    let inventory = &sample().inventory;
    let mut seen: Vec<(&str, IpNet)> = Vec::new();
    for subnet in &inventory.subnets {
        let vpc = inventory.vpcs.iter().find(|x| x.id == subnet.vpc_id).unwrap();
        for block in &subnet.cidrs {
            assert!(vpc.cidrs.iter().any(|x| x.contains(block)), "{block}");
            let meets = |(in_vpc, x): &(&str, IpNet)| {
                *in_vpc == vpc.id && (x.contains(block) || block.contains(x))
            };
            assert!(!seen.iter().any(meets), "{block}");
            seen.push((&vpc.id, *block));
        }
    }
}

#[test]
fn public_addresses_are_distinct_and_lie_in_ec2_prefixes_of_their_region() {
    let inventory = &sample().inventory;
    let mut seen = HashSet::new();
    for interface in &inventory.interfaces {
        let vpc = inventory.vpcs.iter().find(|x| x.id == interface.vpc_id).unwrap();
        for public in interface.addresses.iter().filter_map(|x| x.public) {
            assert!(seen.insert(public), "{public}");
            assert_eq!(service(IpAddr::V4(public)), Some(("EC2", vpc.region.as_str())));
        }
    }
    assert!(seen.len() > 40);
}

#[test]
fn identifiers_are_distinct() {
    let inventory = &sample().inventory;
    let mut ids = HashSet::new();
    let all = (inventory.accounts.iter().map(|x| &x.id))
        .chain(inventory.vpcs.iter().map(|x| &x.id))
        .chain(inventory.subnets.iter().map(|x| &x.id))
        .chain(inventory.instances.iter().map(|x| &x.id))
        .chain(inventory.interfaces.iter().map(|x| &x.id))
        .chain(inventory.route_tables.iter().map(|x| &x.id))
        .chain(inventory.peering_connections.iter().map(|x| &x.id))
        .chain(inventory.transit_gateways.iter().map(|x| &x.id))
        .chain(inventory.transit_gateway_attachments.iter().map(|x| &x.id))
        .chain(inventory.transit_gateway_route_tables.iter().map(|x| &x.id));
    for id in all {
        assert!(ids.insert(id), "{id}");
    }
}

#[test]
fn the_environment_has_what_real_ones_have() {
    let inventory = &sample().inventory;
    let names: Vec<_> = inventory.instances.iter().map(|x| x.name.as_deref()).collect();
    assert!(names.contains(&None) && names.contains(&Some("web-01")));
    assert!(names.iter().flatten().any(|name| !name.is_ascii()));
    assert!(names.iter().flatten().any(|name| name.chars().count() > 150));
    assert!(names.iter().flatten().all(|name| name.chars().count() <= 256));
    for interface_type in ["interface", "nat_gateway", "vpc_endpoint", "transit_gateway"] {
        assert!(inventory.interfaces.iter().any(|x| x.interface_type == interface_type));
    }
    let mut of_instance: HashMap<_, u32> = HashMap::new();
    for interface in inventory.interfaces.iter().filter(|x| x.instance_id.is_some()) {
        *of_instance.entry(&interface.instance_id).or_default() += 1;
    }
    assert_eq!(of_instance.len(), inventory.instances.len());
    assert!(of_instance.values().any(|&count| count == 2));
    assert!(inventory.interfaces.iter().any(|x| x.addresses.len() == 2));
    assert!(inventory.interfaces.iter().any(|x| !x.ipv6_addresses.is_empty()));
}

#[test]
fn the_services_of_packets_are_those_of_the_published_ranges() {
    let named = |row: &Row, field: &str| Some(row[field].clone()).filter(|x| x != "-");
    for row in sample().flows() {
        for (address, field) in
            [("pkt-srcaddr", "pkt-src-aws-service"), ("pkt-dstaddr", "pkt-dst-aws-service")]
        {
            let address: IpAddr = row[address].parse().unwrap();
            let inside = sample()
                .inventory
                .vpcs
                .iter()
                .any(|x| x.cidrs.iter().any(|block| block.contains(&address)));
            let expected = service(address).filter(|_| !inside).map(|(name, _)| name.to_owned());
            assert_eq!(named(row, field), expected, "{address}");
        }
    }
}

#[test]
fn the_amazon_ranges_hold_those_of_every_service() {
    let ranges = excerpt().unwrap();
    assert!(ranges.prefixes.len() > 40 && ranges.ipv6_prefixes.len() > 10);
    for range in &ranges.prefixes {
        let holds = |x: &&weir_inventory::Ipv4Range| {
            x.service == "AMAZON" && x.ip_prefix.contains(&range.ip_prefix)
        };
        assert!(ranges.prefixes.iter().any(|x| holds(&x)), "{range:?}");
    }
}

#[test]
fn vpc_blocks_and_scattered_addresses_are_distinct() {
    let blocks: HashSet<_> = (0..MAX_VPCS as usize).map(vpc_block_v4).collect();
    assert_eq!(blocks.len() as u64, MAX_VPCS);
    let prefix = "192.0.2.0/24".parse().unwrap();
    let hosts: HashSet<_> = (0..256).map(|number| scattered_v4(prefix, number)).collect();
    assert_eq!(hosts.len(), 256);
    assert!(hosts.iter().all(|host| prefix.contains(host)));
}

/// The service and region of the longest prefix, a service's own before EC2 before AMAZON.
fn service(address: IpAddr) -> Option<(&'static str, &'static str)> {
    let ranges = &sample().inventory.ip_ranges;
    let v4 = ranges.prefixes.iter().map(|x| (IpNet::V4(x.ip_prefix), &x.service, &x.region));
    let v6 = ranges.ipv6_prefixes.iter().map(|x| (IpNet::V6(x.ipv6_prefix), &x.service, &x.region));
    let rank = |service: &str| match service {
        "AMAZON" => 0,
        "EC2" => 1,
        _ => 2,
    };
    v4.chain(v6)
        .filter(|(block, ..)| block.contains(&address))
        .max_by_key(|(block, service, _)| (block.prefix_len(), rank(service)))
        .map(|(_, service, region)| (service.as_str(), region.as_str()))
}
