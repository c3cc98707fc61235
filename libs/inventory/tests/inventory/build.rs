//! Short ways to write an inventory down.

use std::net::IpAddr;

use weir_inventory::{
    Endpoint, FallbackExporter, Instance, Interface, InterfaceAddress, Inventory, Ipv4Range,
    Snapshot, TransitGateway, Vpc,
};

pub(crate) fn snapshot(inventory: &Inventory) -> Snapshot {
    Snapshot::build(inventory, &FallbackExporter::default()).unwrap()
}

pub(crate) fn vpc(id: &str, cidrs: &[&str]) -> Vpc {
    Vpc {
        id: id.to_owned(),
        account_id: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        name: None,
        cidrs: cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect(),
        exporter: None,
    }
}

pub(crate) fn transit_gateway(id: &str) -> TransitGateway {
    TransitGateway {
        id: id.to_owned(),
        account_id: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        name: None,
        exporter: None,
    }
}

pub(crate) fn instance(id: &str, name: &str) -> Instance {
    Instance { id: id.to_owned(), name: Some(name.to_owned()) }
}

/// An interface without an instance and with one private address for each given text.
pub(crate) fn interface(id: &str, vpc_id: &str, addresses: &[&str]) -> Interface {
    let private = |text: &&str| InterfaceAddress { private: text.parse().unwrap(), public: None };
    Interface {
        id: id.to_owned(),
        account_id: "444455556666".to_owned(),
        vpc_id: vpc_id.to_owned(),
        subnet_id: Some("subnet-1".to_owned()),
        instance_id: None,
        interface_type: "interface".to_owned(),
        description: String::new(),
        addresses: addresses.iter().map(private).collect(),
        ipv6_addresses: Vec::new(),
        ipv6_prefixes: Vec::new(),
    }
}

pub(crate) fn attached(mut interface: Interface, instance_id: &str) -> Interface {
    interface.instance_id = Some(instance_id.to_owned());
    interface
}

/// The interface with a public address for its first private one.
pub(crate) fn public(mut interface: Interface, address: &str) -> Interface {
    interface.addresses[0].public = Some(address.parse().unwrap());
    interface
}

pub(crate) fn range(prefix: &str, region: &str, service: &str) -> Ipv4Range {
    Ipv4Range {
        ip_prefix: prefix.parse().unwrap(),
        region: region.to_owned(),
        service: service.to_owned(),
    }
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Instance id, instance name, region and service.
pub(crate) fn texts(endpoint: Option<Endpoint<'_>>) -> Option<[String; 4]> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    endpoint.map(|endpoint| endpoint.texts().map(text))
}

pub(crate) fn known(texts: [&str; 4]) -> Option<[String; 4]> {
    Some(texts.map(str::to_owned))
}
