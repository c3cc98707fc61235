//! Who has an address, in which VPC.

use weir_inventory::{
    Endpoint, FallbackExporter, Inventory, InventoryError, NOW, Snapshot, VpcIndex,
};

use crate::build::{attached, instance, interface, ip, known, public, range, snapshot, texts, vpc};

fn two_vpcs_with_one_cidr() -> Inventory {
    let mut other = vpc("vpc-b", &["10.0.0.0/16"]);
    other.region = "us-east-1".to_owned();
    Inventory {
        vpcs: vec![vpc("vpc-a", &["10.0.0.0/16"]), other],
        instances: vec![instance("i-a", "web"), instance("i-b", "db")],
        interfaces: vec![
            attached(interface("eni-a", "vpc-a", &["10.0.0.5"]), "i-a"),
            attached(interface("eni-b", "vpc-b", &["10.0.0.5"]), "i-b"),
        ],
        ..Inventory::default()
    }
}

#[test]
fn the_same_address_in_two_vpcs_is_two_endpoints() {
    let snapshot = snapshot(&two_vpcs_with_one_cidr());
    let in_vpc = |id: &[u8]| {
        let vpc = snapshot.vpc_by_id(id).unwrap();
        texts(snapshot.endpoint_in_vpc(vpc, ip("10.0.0.5"), NOW))
    };
    assert_eq!(in_vpc(b"vpc-a"), known(["i-a", "web", "eu-west-1", ""]));
    assert_eq!(in_vpc(b"vpc-b"), known(["i-b", "db", "us-east-1", ""]));
    assert_eq!(snapshot.counts().duplicate_addresses, 0);
}

#[test]
fn an_interface_tells_vpc_account_and_subnet() {
    let snapshot = snapshot(&two_vpcs_with_one_cidr());
    let entry = snapshot.interface(b"eni-b").unwrap();
    assert_eq!(entry.vpc(), snapshot.vpc_by_id(b"vpc-b").unwrap());
    assert_eq!(snapshot.vpc(entry.vpc()).id, "vpc-b");
    assert_eq!(entry.account_id(), b"444455556666");
    assert_eq!(entry.subnet_id(), b"subnet-1");
    assert!(snapshot.interface(b"eni-c").is_none());
    assert!(snapshot.interface(b"").is_none());
}

#[test]
fn an_interface_owns_all_its_addresses_and_no_other() {
    let mut inventory = two_vpcs_with_one_cidr();
    let private = |text: &str| interface("", "", &[text]).addresses[0];
    inventory.interfaces[0].addresses.push(private("10.0.0.6"));
    inventory.interfaces[0].ipv6_addresses.push("2001:db8::6".parse().unwrap());
    let snapshot = snapshot(&inventory);
    let entry = snapshot.interface(b"eni-a").unwrap();
    let own = |text: &str| texts(snapshot.endpoint_of_interface(entry, ip(text), NOW));
    for address in ["10.0.0.5", "10.0.0.6", "2001:db8::6"] {
        assert_eq!(own(address), known(["i-a", "web", "eu-west-1", ""]), "{address}");
    }
    assert_eq!(own("10.0.0.7"), None);
    assert_eq!(own("2001:db8::7"), None);
    assert_eq!(snapshot.counts().addresses, 4);
}

#[test]
fn an_address_of_a_delegated_prefix_is_its_interface_s_unless_another_one_has_it() {
    let mut inventory = two_vpcs_with_one_cidr();
    inventory.interfaces[0].ipv6_prefixes = vec!["2001:db8:0:0:1::/80".parse().unwrap()];
    let mut other = attached(interface("eni-c", "vpc-a", &["10.0.0.9"]), "i-b");
    other.ipv6_addresses.push("2001:db8:0:0:1::9".parse().unwrap());
    inventory.interfaces.push(other);
    let snapshot = snapshot(&inventory);
    let entry = snapshot.interface(b"eni-a").unwrap();
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let holder = |text: &str| {
        let public = texts(snapshot.endpoint_by_public_address(ip(text), NOW));
        assert_eq!(texts(snapshot.endpoint_in_vpc(vpc, ip(text), NOW)), public, "{text}");
        let by = snapshot.interface_by_public_address(ip(text), NOW)?;
        Some(snapshot.interface_id(by))
    };
    assert_eq!(holder("2001:db8:0:0:1:2:3:4"), Some(b"eni-a".as_slice()));
    assert_eq!(holder("2001:db8:0:0:1::9"), Some(b"eni-c".as_slice()));
    assert_eq!(holder("2001:db8:0:0:2::1"), None);
    assert!(snapshot.endpoint_of_interface(entry, ip("2001:db8:0:0:1:2:3:4"), NOW).is_some());
    assert!(snapshot.endpoint_of_interface(entry, ip("2001:db8:0:0:2::1"), NOW).is_none());
}

#[test]
fn a_public_address_leads_to_its_instance_with_the_service_of_its_range() {
    let mut inventory = two_vpcs_with_one_cidr();
    inventory.interfaces[0] = public(inventory.interfaces[0].clone(), "3.5.0.9");
    inventory.ip_ranges.prefixes = vec![range("3.5.0.0/19", "eu-central-1", "EC2")];
    let snapshot = snapshot(&inventory);
    let found = snapshot.endpoint_by_public_address(ip("3.5.0.9"), NOW);
    assert_eq!(texts(found), known(["i-a", "web", "eu-west-1", "EC2"]));
    assert_eq!(found.unwrap().public_address, "3.5.0.9".parse().ok());

    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let inside = snapshot.endpoint_in_vpc(vpc, ip("10.0.0.5"), NOW).unwrap();
    assert_eq!(inside.public_address, "3.5.0.9".parse().ok());
    assert_eq!(inside.texts()[3], b"");
    assert_eq!(snapshot.counts().public_addresses, 1);
}

#[test]
fn a_global_ipv6_address_is_found_from_anywhere_and_a_private_one_is_not() {
    let mut inventory = two_vpcs_with_one_cidr();
    inventory.interfaces[0].ipv6_addresses =
        ["2a05:d018::1", "fd00::1", "fe80::1"].map(|text| text.parse().unwrap()).to_vec();
    let snapshot = snapshot(&inventory);
    let public = |text: &str| texts(snapshot.endpoint_by_public_address(ip(text), NOW));
    assert_eq!(public("2a05:d018::1"), known(["i-a", "web", "eu-west-1", ""]));
    assert_eq!(public("fd00::1"), None);
    assert_eq!(public("fe80::1"), None);
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    assert!(snapshot.endpoint_in_vpc(vpc, ip("fd00::1"), NOW).is_some());
}

#[test]
fn an_interface_in_an_unlisted_vpc_keeps_what_is_known_of_it() {
    let mut inventory = two_vpcs_with_one_cidr();
    inventory.vpcs.clear();
    inventory.instances.clear();
    inventory.interfaces[0] = public(inventory.interfaces[0].clone(), "3.5.0.9");
    inventory.ip_ranges.prefixes = vec![range("3.5.0.0/19", "eu-central-1", "EC2")];
    let snapshot = snapshot(&inventory);
    let entry = snapshot.interface(b"eni-a").unwrap();
    assert_eq!(entry.vpc(), VpcIndex::FALLBACK);
    let own = snapshot.endpoint_of_interface(entry, ip("10.0.0.5"), NOW);
    assert_eq!(texts(own), known(["i-a", "", "", ""]));
    let public = snapshot.endpoint_by_public_address(ip("3.5.0.9"), NOW);
    assert_eq!(texts(public), known(["i-a", "", "eu-central-1", "EC2"]));
    // Two VPCs and two instances.
    assert_eq!(snapshot.counts().dangling_references, 4);
}

#[test]
fn addresses_of_unlisted_vpcs_do_not_mix() {
    let mut inventory = two_vpcs_with_one_cidr();
    inventory.vpcs.clear();
    let snapshot = snapshot(&inventory);
    assert_eq!(snapshot.endpoint_in_vpc(VpcIndex::FALLBACK, ip("10.0.0.5"), NOW), None);
    assert_eq!(snapshot.counts().duplicate_addresses, 0);
}

#[test]
fn of_two_equal_ids_or_addresses_the_first_stays_and_the_other_is_counted() {
    let mut inventory = two_vpcs_with_one_cidr();
    inventory.vpcs.push(vpc("vpc-a", &["172.16.0.0/16"]));
    inventory.instances.push(instance("i-a", "impostor"));
    inventory.interfaces.push(attached(interface("eni-a", "vpc-b", &["10.0.9.9"]), "i-b"));
    inventory.interfaces.push(attached(interface("eni-c", "vpc-a", &["10.0.0.5"]), "i-b"));
    let snapshot = snapshot(&inventory);
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    assert_eq!(snapshot.vpc(vpc).exporter_address.to_string(), "10.0.0.1");
    let found = texts(snapshot.endpoint_in_vpc(vpc, ip("10.0.0.5"), NOW));
    assert_eq!(found, known(["i-a", "web", "eu-west-1", ""]));
    // An interface still knows its own address.
    let late = snapshot.interface(b"eni-c").unwrap();
    let own = texts(snapshot.endpoint_of_interface(late, ip("10.0.0.5"), NOW));
    assert_eq!(own, known(["i-b", "db", "eu-west-1", ""]));
    let counts = snapshot.counts();
    assert_eq!((counts.duplicate_ids, counts.duplicate_addresses), (3, 1));
    assert_eq!((counts.vpcs, counts.instances, counts.interfaces), (2, 2, 3));
}

#[test]
fn an_interface_without_addresses_still_names_its_instance() {
    let mut inventory = two_vpcs_with_one_cidr();
    inventory.interfaces[0].addresses.clear();
    let snapshot = snapshot(&inventory);
    let entry = snapshot.interface(b"eni-a").unwrap();
    let primary = snapshot.primary_endpoint(entry, NOW);
    assert_eq!(texts(Some(primary)), known(["i-a", "web", "eu-west-1", ""]));
}

#[test]
fn interface_ids_of_any_length_are_found() {
    let ids = [0, 1, 12, 21, 22, 23, 300].map(|length| "e".repeat(length));
    let interfaces = ids.iter().map(|id| interface(id, "vpc-a", &[])).collect();
    let snapshot = snapshot(&Inventory { interfaces, ..Inventory::default() });
    for id in &ids {
        assert!(snapshot.interface(id.as_bytes()).is_some(), "{} bytes", id.len());
    }
    assert!(snapshot.interface("e".repeat(24).as_bytes()).is_none());
    assert_eq!(snapshot.counts().duplicate_ids, 0);
}

#[test]
fn an_interface_with_absurdly_many_addresses_is_an_error() {
    let mut inventory = two_vpcs_with_one_cidr();
    let address = inventory.interfaces[0].addresses[0];
    inventory.interfaces[0].addresses = vec![address; 65_536];
    let result = Snapshot::build(&inventory, &FallbackExporter::default());
    assert!(matches!(result, Err(InventoryError::TooLarge { limit: 65_535, .. })));
}

#[test]
fn an_empty_inventory_answers_nothing() {
    let snapshot = snapshot(&Inventory::default());
    assert!(snapshot.interface(b"eni-a").is_none());
    assert!(snapshot.vpc_by_id(b"").is_none());
    assert!(snapshot.aws_range(ip("3.5.0.9")).is_none());
    assert!(snapshot.aws_range(ip("2a05:d018::1")).is_none());
    assert!(snapshot.endpoint_by_public_address(ip("3.5.0.9"), NOW).is_none());
    assert_eq!(Endpoint::UNKNOWN.texts(), [b""; 4]);
}

#[test]
fn a_snapshot_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Snapshot>();
}
