//! Every answer of a small random inventory against a scan through it.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv6Net};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use weir_inventory::{
    Interface, InterfaceAddress, InterfaceEntry, Inventory, NOW, Snapshot, VpcIndex,
};

use crate::build::{instance, interface, snapshot, texts, vpc};

/// More VPCs and instances are referred to than are listed.
const LISTED: u8 = 3;
const REFERRED: u8 = 5;

fn private(host: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, host)
}

fn elastic(host: u8) -> Ipv4Addr {
    Ipv4Addr::new(3, 5, 0, host)
}

fn global(host: u8) -> Ipv6Addr {
    Ipv6Addr::new(0x2a05, 0xd018, 0, 0, 0, 0, 0, host.into())
}

/// The prefix around all of [`global`] or, for odd numbers, around none of them.
fn delegated(number: u8) -> Ipv6Net {
    let first = Ipv6Addr::new(0x2a05, 0xd018, 0, 0, u16::from(number % 2), 0, 0, 0);
    Ipv6Net::new(first, 80).unwrap()
}

fn any_interface() -> impl Strategy<Value = Interface> {
    let addresses = vec((0..8_u8, option::of(0..8_u8)), 0..4);
    let ids = (0..12_u8, 0..REFERRED, option::of(0..REFERRED));
    let ipv6 = (vec(0..8_u8, 0..3), option::weighted(0.1, 0..2_u8));
    (ids, addresses, ipv6).prop_map(|((id, vpc, instance), addresses, (ipv6, prefix))| {
        let mut interface = interface(&format!("eni-{id}"), &format!("vpc-{vpc}"), &[]);
        interface.instance_id = instance.map(|instance| format!("i-{instance}"));
        interface.ipv6_addresses = ipv6.into_iter().map(global).collect();
        interface.ipv6_prefixes = prefix.into_iter().map(delegated).collect();
        interface.addresses = addresses
            .into_iter()
            .map(|(host, public)| InterfaceAddress {
                private: private(host),
                public: public.map(elastic),
            })
            .collect();
        interface
    })
}

fn any_inventory() -> impl Strategy<Value = Inventory> {
    vec(any_interface(), 0..12).prop_map(|interfaces| Inventory {
        vpcs: (0..LISTED).map(|n| vpc(&format!("vpc-{n}"), &["10.0.0.0/24"])).collect(),
        instances: (0..LISTED).map(|n| instance(&format!("i-{n}"), &format!("host {n}"))).collect(),
        interfaces,
        ..Inventory::default()
    })
}

/// The interfaces without those whose id came before.
fn different(inventory: &Inventory) -> Vec<&Interface> {
    let mut seen = BTreeSet::new();
    inventory.interfaces.iter().filter(|interface| seen.insert(&interface.id)).collect()
}

fn expected(inventory: &Inventory, interface: &Interface) -> [String; 4] {
    let id = interface.instance_id.clone().unwrap_or_default();
    let instance = inventory.instances.iter().find(|instance| instance.id == id);
    let name = instance.and_then(|instance| instance.name.clone()).unwrap_or_default();
    let vpc = inventory.vpcs.iter().find(|vpc| vpc.id == interface.vpc_id);
    [id, name, vpc.map(|vpc| vpc.region.clone()).unwrap_or_default(), String::new()]
}

fn id_of<'s>(snapshot: &'s Snapshot, found: Option<&'s InterfaceEntry>) -> Option<&'s [u8]> {
    found.map(|found| snapshot.interface_id(found))
}

fn addresses() -> impl Iterator<Item = IpAddr> {
    (0..9).flat_map(|host| [IpAddr::V4(private(host)), IpAddr::V6(global(host))])
}

proptest! {
    #[test]
    fn addresses_in_a_vpc_agree_with_a_scan(inventory in any_inventory()) {
        let snapshot = snapshot(&inventory);
        let interfaces = different(&inventory);
        for (vpc, address) in inventory.vpcs.iter().flat_map(|vpc| addresses().map(move |a| (vpc, a))) {
            let in_vpc = || interfaces.iter().filter(|interface| interface.vpc_id == vpc.id);
            let exact = in_vpc().find(|interface| interface.private_addresses().any(|own| own == address));
            let owner = exact.or_else(|| in_vpc().find(|interface| interface.owns(address)));
            let index = snapshot.vpc_by_id(vpc.id.as_bytes()).unwrap();
            let found = texts(snapshot.endpoint_in_vpc(index, address, NOW));
            prop_assert_eq!(found, owner.map(|owner| expected(&inventory, owner)));
            let found = snapshot.interface_in_vpc(index, address, NOW);
            prop_assert_eq!(id_of(&snapshot, found), owner.map(|owner| owner.id.as_bytes()));
            prop_assert!(snapshot.endpoint_in_vpc(VpcIndex::FALLBACK, address, NOW).is_none());
        }
    }

    #[test]
    fn public_addresses_agree_with_a_scan(inventory in any_inventory()) {
        let snapshot = snapshot(&inventory);
        let interfaces = different(&inventory);
        for host in 0..9 {
            let v4 = interfaces.iter().find(|interface| {
                interface.addresses.iter().any(|pair| pair.public == Some(elastic(host)))
            });
            let found = snapshot.endpoint_by_public_address(IpAddr::V4(elastic(host)), NOW);
            prop_assert_eq!(texts(found), v4.map(|owner| expected(&inventory, owner)));
            let found = snapshot.interface_by_public_address(IpAddr::V4(elastic(host)), NOW);
            prop_assert_eq!(id_of(&snapshot, found), v4.map(|owner| owner.id.as_bytes()));
            let v6 = interfaces.iter().find(|interface| {
                interface.ipv6_addresses.contains(&global(host))
            });
            let owns = |interface: &&&Interface| interface.owns(IpAddr::V6(global(host)));
            let v6 = v6.or_else(|| interfaces.iter().find(owns));
            let found = snapshot.endpoint_by_public_address(IpAddr::V6(global(host)), NOW);
            prop_assert_eq!(texts(found), v6.map(|owner| expected(&inventory, owner)));
            let found = snapshot.interface_by_public_address(IpAddr::V6(global(host)), NOW);
            prop_assert_eq!(id_of(&snapshot, found), v6.map(|owner| owner.id.as_bytes()));
        }
    }

    #[test]
    fn interfaces_agree_with_a_scan(inventory in any_inventory()) {
        let snapshot = snapshot(&inventory);
        for interface in different(&inventory) {
            let entry = snapshot.interface(interface.id.as_bytes()).unwrap();
            prop_assert_eq!(snapshot.interface_id(entry), interface.id.as_bytes());
            let vpc = snapshot.vpc_by_id(interface.vpc_id.as_bytes());
            prop_assert_eq!(entry.vpc(), vpc.unwrap_or(VpcIndex::FALLBACK));
            let primary = texts(Some(snapshot.primary_endpoint(entry, NOW)));
            prop_assert_eq!(primary, Some(expected(&inventory, interface)));
            for address in addresses() {
                let found = snapshot.endpoint_of_interface(entry, address, NOW);
                let owns = interface.owns(address);
                prop_assert_eq!(texts(found), owns.then(|| expected(&inventory, interface)));
                let own = interface.addresses.iter().find(|pair| IpAddr::V4(pair.private) == address);
                let public = own.and_then(|pair| pair.public);
                prop_assert_eq!(found.and_then(|found| found.public_address), public);
            }
        }
    }

    #[test]
    fn nothing_is_left_out_uncounted(inventory in any_inventory()) {
        let counts = snapshot(&inventory).counts();
        let interfaces = different(&inventory);
        let listed = |id: &str| inventory.vpcs.iter().any(|vpc| vpc.id == id);
        prop_assert_eq!(counts.interfaces, interfaces.len() as u64);
        let all = counts.interfaces + counts.duplicate_ids;
        prop_assert_eq!(all, inventory.interfaces.len() as u64);
        let in_vpcs = interfaces.iter().filter(|interface| listed(&interface.vpc_id));
        let held: BTreeSet<(&str, IpNet)> = in_vpcs
            .flat_map(|interface| {
                let prefixes = interface.ipv6_prefixes.iter().copied().map(IpNet::V6);
                let own = interface.private_addresses().map(IpNet::from).chain(prefixes);
                own.map(|own| (interface.vpc_id.as_str(), own))
            })
            .collect();
        prop_assert_eq!(counts.addresses, held.len() as u64);
    }
}
