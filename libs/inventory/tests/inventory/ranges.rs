//! AWS ranges against a scan through all of them.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use weir_inventory::{Inventory, IpRanges, Ipv4Range, Ipv6Range, Snapshot};

use crate::build::{ip, range, snapshot};

type Listed = (IpNet, &'static str, &'static str);

fn indexed(ranges: &[Listed]) -> Snapshot {
    let mut ip_ranges = IpRanges::default();
    for (prefix, region, service) in ranges.iter().copied() {
        let (region, service) = (region.to_owned(), service.to_owned());
        match prefix {
            IpNet::V4(ip_prefix) => {
                ip_ranges.prefixes.push(Ipv4Range { ip_prefix, region, service });
            }
            IpNet::V6(ipv6_prefix) => {
                ip_ranges.ipv6_prefixes.push(Ipv6Range { ipv6_prefix, region, service });
            }
        }
    }
    snapshot(&Inventory { ip_ranges, ..Inventory::default() })
}

fn found(snapshot: &Snapshot, address: IpAddr) -> Option<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    snapshot.aws_range(address).map(|range| (text(range.region()), text(range.service())))
}

/// Longest prefix, then a specific service, then EC2, then AMAZON, then the first by name.
fn best(ranges: &[Listed], address: IpAddr) -> Option<(String, String)> {
    let rank = |service: &str| ["AMAZON", "EC2"].iter().position(|known| *known == service);
    let around = ranges.iter().filter(|(prefix, ..)| prefix.contains(&address));
    let order = |(prefix, region, service): &&Listed| {
        (prefix.prefix_len(), rank(service).unwrap_or(2), Reverse((*service, *region)))
    };
    let (_, region, service) = around.max_by_key(order)?;
    Some(((*region).to_owned(), (*service).to_owned()))
}

fn longest(ranges: &[Listed], address: IpAddr) -> Option<IpNet> {
    let around = ranges.iter().map(|(prefix, ..)| prefix.trunc());
    around.filter(|prefix| prefix.contains(&address)).max_by_key(IpNet::prefix_len)
}

fn kind() -> impl Strategy<Value = (&'static str, &'static str)> {
    let regions = select(vec!["GLOBAL", "eu-west-1", "us-east-1"]);
    (regions, select(vec!["AMAZON", "EC2", "S3", "CLOUDFRONT"]))
}

/// Few different upper bits, so that prefixes nest and touch.
fn ipv4_bits() -> impl Strategy<Value = u32> {
    let close =
        (0..4_u32, 0..64_u32).prop_map(|(upper, lower)| 0x0305_fffe_u32 + (upper << 15) + lower);
    prop_oneof![4 => close, 1 => any::<u32>(), 1 => Just(0), 1 => Just(u32::MAX)]
}

fn ipv4_ranges() -> impl Strategy<Value = Vec<Listed>> {
    let length = prop_oneof![1 => 0..=32_u8, 4 => 14..=32_u8];
    let range = (ipv4_bits(), length, kind()).prop_map(|(bits, length, (region, service))| {
        // With host bits set, as a careless file may have it.
        let prefix = Ipv4Net::new(Ipv4Addr::from_bits(bits), length).unwrap();
        (IpNet::V4(prefix), region, service)
    });
    vec(range, 0..40)
}

fn ipv6_bits() -> impl Strategy<Value = u128> {
    let close = (0..4_u128, 0..64_u128)
        .prop_map(|(upper, lower)| (0x2600_1f18 << 96) + (upper << 63) + lower);
    prop_oneof![4 => close, 1 => any::<u128>(), 1 => Just(0), 1 => Just(u128::MAX)]
}

fn ipv6_ranges() -> impl Strategy<Value = Vec<Listed>> {
    let length = prop_oneof![1 => 0..=128_u8, 2 => 30..=66_u8, 2 => 120..=128_u8];
    let range = (ipv6_bits(), length, kind()).prop_map(|(bits, length, (region, service))| {
        let prefix = Ipv6Net::new(Ipv6Addr::from_bits(bits), length).unwrap();
        (IpNet::V6(prefix), region, service)
    });
    vec(range, 0..40)
}

/// First and last address of each range and their neighbours outside.
fn edges(ranges: &[Listed]) -> Vec<IpAddr> {
    let mut edges = Vec::new();
    for (prefix, ..) in ranges {
        match prefix {
            IpNet::V4(prefix) => {
                let (first, last) = (prefix.network().to_bits(), prefix.broadcast().to_bits());
                let bits = [first, last, first.wrapping_sub(1), last.wrapping_add(1)];
                edges.extend(bits.map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))));
            }
            IpNet::V6(prefix) => {
                let (first, last) = (prefix.network().to_bits(), prefix.broadcast().to_bits());
                let bits = [first, last, first.wrapping_sub(1), last.wrapping_add(1)];
                edges.extend(bits.map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))));
            }
        }
    }
    edges
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn ipv4_search_agrees_with_a_scan(ranges in ipv4_ranges(), others in vec(ipv4_bits(), 30)) {
        let snapshot = indexed(&ranges);
        let others = others.into_iter().map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
        for address in edges(&ranges).into_iter().chain(others) {
            prop_assert_eq!(found(&snapshot, address), best(&ranges, address), "{}", address);
            prop_assert_eq!(snapshot.aws_prefix(address), longest(&ranges, address));
        }
    }

    #[test]
    fn ipv6_search_agrees_with_a_scan(ranges in ipv6_ranges(), others in vec(ipv6_bits(), 30)) {
        let snapshot = indexed(&ranges);
        let others = others.into_iter().map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)));
        for address in edges(&ranges).into_iter().chain(others) {
            prop_assert_eq!(found(&snapshot, address), best(&ranges, address), "{}", address);
            prop_assert_eq!(snapshot.aws_prefix(address), longest(&ranges, address));
        }
    }

    #[test]
    fn the_order_of_the_ranges_does_not_matter(ranges in ipv4_ranges().prop_shuffle(), seed in ipv4_bits()) {
        let reversed: Vec<Listed> = ranges.iter().rev().copied().collect();
        let (one, other) = (indexed(&ranges), indexed(&reversed));
        let any = IpAddr::V4(Ipv4Addr::from_bits(seed));
        for address in edges(&ranges).into_iter().chain([any]) {
            prop_assert_eq!(found(&one, address), found(&other, address));
        }
    }
}

#[test]
fn a_range_is_an_endpoint_with_region_and_service_alone() {
    let mut inventory = Inventory::default();
    inventory.ip_ranges.prefixes = vec![
        range("3.5.0.0/16", "eu-west-1", "AMAZON"),
        range("3.5.0.0/16", "eu-west-1", "S3"),
        range("3.5.0.0/16", "eu-west-1", "EC2"),
        range("3.5.7.0/24", "GLOBAL", "AMAZON"),
    ];
    let snapshot = snapshot(&inventory);
    let endpoint = |text| snapshot.aws_range(ip(text)).unwrap().endpoint();
    assert_eq!(endpoint("3.5.0.9").strings, b"\0\0\x09eu-west-1\x02S3");
    assert_eq!(endpoint("3.5.7.255").strings, b"\0\0\x06GLOBAL\x06AMAZON");
    assert_eq!(endpoint("3.5.0.9").public_address, None);
    assert!(snapshot.aws_range(ip("3.4.255.255")).is_none());
    assert!(snapshot.aws_range(ip("3.6.0.0")).is_none());
    assert_eq!(snapshot.counts().prefixes, 4);
}
