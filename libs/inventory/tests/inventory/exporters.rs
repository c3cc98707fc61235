//! Exporter addresses, names and observation domains.

use std::collections::{BTreeMap, BTreeSet};

use weir_inventory::{
    AssignedExporter, AssignedExporters, ExporterAssignment, ExporterKind,
    FALLBACK_OBSERVATION_DOMAIN, Inventory, Snapshot, Vpc, VpcIndex,
};
use weir_ipfix::{MAX_STRING_LENGTH, split_string};

use crate::build::{interface, snapshot, transit_gateway, vpc};

fn of_vpc(vpc: Vpc) -> (String, String) {
    let id = vpc.id.clone();
    let snapshot = snapshot(&Inventory { vpcs: vec![vpc], ..Inventory::default() });
    let entry = snapshot.vpc(snapshot.vpc_by_id(id.as_bytes()).unwrap());
    let (encoded, rest) = split_string(&entry.encoded_exporter_name).unwrap();
    assert_eq!((encoded, rest), (entry.exporter_name.as_bytes(), [].as_slice()));
    (entry.exporter_address.to_string(), entry.exporter_name.clone())
}

#[test]
fn a_vpc_exports_from_its_routers_address_under_its_id() {
    let exporter = of_vpc(vpc("vpc-a", &["2001:db8::/56", "10.1.2.3/16", "172.16.0.0/16"]));
    assert_eq!(exporter, ("10.1.0.1".to_owned(), "vpc-a".to_owned()));
}

#[test]
fn vpcs_are_listed_in_order_without_gateways_and_the_fallback() {
    let snapshot = snapshot(&Inventory {
        vpcs: vec![vpc("vpc-b", &[]), vpc("vpc-a", &[]), vpc("vpc-b", &[])],
        transit_gateways: vec![transit_gateway("tgw-1")],
        ..Inventory::default()
    });
    let ids: Vec<_> = snapshot.vpcs().map(|index| snapshot.vpc(index).id.as_str()).collect();
    assert_eq!(ids, ["vpc-b", "vpc-a"]);
}

#[test]
fn a_name_tag_goes_before_the_id_and_an_assignment_before_both() {
    let mut named = vpc("vpc-a", &["10.1.0.0/16"]);
    named.name = Some("prod".to_owned());
    assert_eq!(of_vpc(named.clone()), ("10.1.0.1".to_owned(), "prod".to_owned()));

    let address = "192.0.2.7".parse().unwrap();
    named.exporter = Some(ExporterAssignment { address, name: None });
    assert_eq!(of_vpc(named.clone()), ("192.0.2.7".to_owned(), "prod".to_owned()));

    named.exporter = Some(ExporterAssignment { address, name: Some("edge".to_owned()) });
    assert_eq!(of_vpc(named), ("192.0.2.7".to_owned(), "edge".to_owned()));
}

#[test]
fn an_empty_name_tag_is_no_name() {
    let mut unnamed = vpc("vpc-a", &["10.1.0.0/16"]);
    unnamed.name = Some(String::new());
    assert_eq!(of_vpc(unnamed).1, "vpc-a");
}

#[test]
fn without_ipv4_the_fallback_address_is_used() {
    assert_eq!(of_vpc(vpc("vpc-a", &["2001:db8::/56"])).0, "192.0.0.8");
    assert_eq!(of_vpc(vpc("vpc-a", &["255.255.255.255/32"])).0, "192.0.0.8");
}

#[test]
fn the_fallback_has_an_observation_domain_of_its_own() {
    let snapshot = snapshot(&Inventory::default());
    let fallback = snapshot.vpc(VpcIndex::FALLBACK);
    assert_eq!(fallback.kind, ExporterKind::Fallback);
    assert_eq!(fallback.observation_domain_id, FALLBACK_OBSERVATION_DOMAIN);
    assert_eq!(fallback.exporter_name, "unknown-vpc");
    assert_eq!(fallback.encoded_exporter_name.as_ref(), b"\x0bunknown-vpc");
}

#[test]
fn a_transit_gateway_is_an_exporter_and_no_vpc() {
    let inventory = Inventory {
        vpcs: vec![vpc("vpc-a", &["10.1.0.0/16"])],
        transit_gateways: vec![transit_gateway("tgw-a")],
        ..Inventory::default()
    };
    let snapshot = snapshot(&inventory);
    let index = snapshot.transit_gateway_by_id(b"tgw-a").unwrap();
    let gateway = snapshot.vpc(index);
    assert_eq!(gateway.kind, ExporterKind::TransitGateway);
    assert_eq!(gateway.exporter_address.to_string(), "192.0.0.8");
    assert!(snapshot.vpc_by_id(b"tgw-a").is_none());
    assert!(snapshot.transit_gateway_by_id(b"vpc-a").is_none());
    assert_eq!((snapshot.counts().vpcs, snapshot.counts().transit_gateways), (1, 1));
}

#[test]
fn hostile_exporter_names_are_cleaned_cut_and_counted() {
    let mut long = vpc("vpc-a", &[]);
    long.name = Some(format!("a\0b\n{}", "ü".repeat(MAX_STRING_LENGTH)));
    let snapshot = snapshot(&Inventory { vpcs: vec![long], ..Inventory::default() });
    let entry = snapshot.vpc(snapshot.vpc_by_id(b"vpc-a").unwrap());
    assert!(entry.exporter_name.starts_with("a?b?ü"));
    assert_eq!(entry.exporter_name.len(), MAX_STRING_LENGTH);
    assert_eq!(snapshot.counts().strings_cut, 1);
}

fn domains(ids: &[String]) -> BTreeMap<String, u32> {
    let vpcs: Vec<Vpc> = ids.iter().map(|id| vpc(id, &[])).collect();
    let snapshot = snapshot(&Inventory { vpcs, ..Inventory::default() });
    ids.iter().map(|id| (id.clone(), domain(&snapshot, id))).collect()
}

fn domain(snapshot: &Snapshot, id: &str) -> u32 {
    snapshot.vpc(snapshot.vpc_by_id(id.as_bytes()).unwrap()).observation_domain_id
}

#[test]
fn observation_domains_do_not_depend_on_order_or_company() {
    let ids: Vec<String> = (0..500).map(|n| format!("vpc-{n:017x}")).collect();
    let reversed: Vec<String> = ids.iter().rev().cloned().collect();
    let together = domains(&ids);
    assert_eq!(together, domains(&reversed));
    assert_eq!(together[&ids[7]], domains(&ids[7..8])[&ids[7]]);
    let different: BTreeSet<u32> = together.values().copied().collect();
    assert_eq!(different.len(), ids.len());
    assert!(!different.contains(&0) && !different.contains(&FALLBACK_OBSERVATION_DOMAIN));
}

#[test]
fn observation_domains_stay_the_same_in_later_versions() {
    let id = "vpc-0123456789abcdef0".to_owned();
    assert_eq!(domains(std::slice::from_ref(&id))[&id], 355_220_670);
}

/// Two ids whose domains are equal when each is alone; the first in byte order first.
fn colliding_ids() -> [String; 2] {
    let ids: Vec<String> = (0..200_000).map(|n| format!("vpc-{n:017x}")).collect();
    let together = domains(&ids);
    let alone = |id: &String| domains(std::slice::from_ref(id))[id];
    // Of a colliding pair the later has the number after the first one's.
    let by_domain: BTreeMap<u32, &String> = together.iter().map(|(id, at)| (*at, id)).collect();
    let pair = by_domain.iter().find_map(|(at, id)| {
        let first = by_domain.get(&at.checked_sub(1)?)?;
        (alone(id) == at - 1).then(|| [(*first).clone(), (*id).clone()])
    });
    pair.unwrap()
}

#[test]
fn of_two_colliding_ids_the_later_takes_the_next_number() {
    let [first, later] = colliding_ids();
    assert!(first < later);
    let reversed = domains(&[later.clone(), first.clone()]);
    assert_eq!(reversed[&first] + 1, reversed[&later]);
    let alone = |id: &String| domains(std::slice::from_ref(id))[id];
    assert_eq!(alone(&first), alone(&later));
}

/// With this assigned to `vpc-a`.
fn assigned(ipv4: &str, ipv6: &str, name: &str) -> AssignedExporters {
    let exporter = AssignedExporter {
        ipv4: ipv4.parse().ok(),
        ipv6: ipv6.parse().ok(),
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
    };
    let exporters = BTreeMap::from([("vpc-a".to_owned(), exporter)]);
    AssignedExporters { exporters, domains: BTreeMap::new() }
}

#[test]
fn what_is_assigned_later_goes_before_everything_and_can_be_taken_back() {
    let mut vpc = vpc("vpc-a", &["10.1.0.0/16"]);
    vpc.exporter = Some(ExporterAssignment {
        address: "192.0.2.7".parse().unwrap(),
        name: Some("of the file".to_owned()),
    });
    let before = snapshot(&Inventory { vpcs: vec![vpc], ..Inventory::default() });
    let of = |snapshot: &Snapshot| {
        let entry = snapshot.vpc(snapshot.vpc_by_id(b"vpc-a").unwrap());
        let ipv6 = entry.exporter_ipv6_address.map(|address| address.to_string());
        (entry.exporter_address.to_string(), ipv6, entry.exporter_name.clone())
    };
    let after = before.with_exporters(&assigned("192.0.2.8", "2001:db8::8", "edge"));
    let ipv6 = Some("2001:db8::8".to_owned());
    assert_eq!(of(&after), ("192.0.2.8".to_owned(), ipv6.clone(), "edge".to_owned()));
    let name_alone = after.with_exporters(&assigned("", "", "border"));
    assert_eq!(of(&name_alone), ("192.0.2.7".to_owned(), None, "border".to_owned()));
    let back = after.with_exporters(&AssignedExporters::default());
    assert_eq!(of(&back), of(&before));
}

#[test]
fn an_assignment_indexes_nothing_anew() {
    let interfaces = vec![interface("eni-1", "vpc-a", &["10.1.0.5"])];
    let vpcs = vec![vpc("vpc-a", &["10.1.0.0/16"])];
    let before = snapshot(&Inventory { vpcs, interfaces, ..Inventory::default() });
    let after = before.with_exporters(&assigned("192.0.2.8", "", ""));
    let place = |snapshot: &Snapshot| std::ptr::from_ref(snapshot.interface(b"eni-1").unwrap());
    assert_eq!(place(&before), place(&after));
    assert_eq!(before.counts(), after.counts());
}

#[test]
fn a_kept_observation_domain_counts_and_nobody_else_gets_it() {
    let [first, later] = colliding_ids();
    let derived = domains(std::slice::from_ref(&first))[&first];
    let of = |kept: &[(&str, u32)]| {
        let vpcs = vec![vpc(&first, &[]), vpc(&later, &[])];
        let snapshot = snapshot(&Inventory { vpcs, ..Inventory::default() });
        let kept = kept.iter().map(|(id, domain)| ((*id).to_owned(), *domain)).collect();
        let assigned = AssignedExporters { exporters: BTreeMap::new(), domains: kept };
        let snapshot = snapshot.with_exporters(&assigned);
        [domain(&snapshot, &first), domain(&snapshot, &later)]
    };
    assert_eq!(of(&[(&first, 77)]), [77, derived]);
    // The later one was seen first.
    assert_eq!(of(&[(&later, derived)]), [derived + 1, derived]);
    // One that is gone has it.
    assert_eq!(of(&[("vpc-gone", derived)]), [derived + 1, derived + 2]);
}

#[test]
fn nothing_can_be_assigned_to_the_fallback() {
    let mut assigned = assigned("192.0.2.8", "", "edge");
    let exporter = assigned.exporters.remove("vpc-a").unwrap();
    assigned.exporters.insert(String::new(), exporter);
    let snapshot = snapshot(&Inventory::default()).with_exporters(&assigned);
    assert_eq!(snapshot.vpc(VpcIndex::FALLBACK).exporter_name, "unknown-vpc");
}
