//! What an address stands for.

use std::net::{IpAddr, Ipv4Addr};

use weir_inventory::{InterfaceEntry, Search, SearchedIn, Snapshot, VpcIndex};

use super::rule::Rule;
use super::search::Origin;
use crate::sides::search_other;

/// The most VPCs that an answer lists.
pub const MAX_LISTED_VPCS: usize = 100;

/// What an address stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressAnswer {
    /// To the interfaces of one VPC, as enrichment finds the other side of their flows.
    SeenFromVpc {
        /// Whether the inventory has the VPC; without it the address can only be a public one.
        is_known_vpc: bool,
        /// What it stands for there.
        meaning: AddressMeaning,
    },
    /// By itself.
    Anywhere(Box<AddressAnywhere>),
}

/// What an address stands for by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressAnywhere {
    /// The interface that has it as a public address.
    pub public: Option<AddressMeaning>,
    /// The range of AWS around it.
    pub range: Option<AddressMeaning>,
    /// What it stands for in each VPC that has it, [`MAX_LISTED_VPCS`] at most, in the
    /// inventory's order.
    pub in_vpcs: Vec<AddressMeaning>,
    /// How many VPCs have it.
    pub vpc_count: usize,
}

/// One thing that an address stands for. What is not known is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressMeaning {
    /// How it was found, or why nothing was.
    pub rule: Rule,
    /// The interface that has it: `eni-…`.
    pub interface_id: Option<String>,
    /// The VPC of the interface: `vpc-…`.
    pub vpc_id: Option<String>,
    /// The instance of the interface: `i-…`.
    pub instance_id: Option<String>,
    /// Its `Name` tag.
    pub instance_name: Option<String>,
    /// The public address that belongs to it.
    pub public_address: Option<Ipv4Addr>,
    /// Region code, or `GLOBAL`.
    pub region: Option<String>,
    /// The AWS service.
    pub service: Option<String>,
}

/// What `address` stood for at a time to interfaces in the VPC `vpc_id`, or without one by itself.
///
/// `at` is in Unix seconds, as a flow's end is; [`weir_inventory::NOW`] asks for what it stands for
/// now.
///
/// Routes are those of the subnet `subnet_id` where its table is known, else of the VPC's main
/// table.
pub fn lookup_address(
    snapshot: &Snapshot,
    vpc_id: Option<&[u8]>,
    subnet_id: Option<&[u8]>,
    address: IpAddr,
    at: u64,
) -> AddressAnswer {
    let Some(vpc_id) = vpc_id else {
        return AddressAnswer::Anywhere(Box::new(anywhere(snapshot, address, at)));
    };
    let vpc = snapshot.vpc_by_id(vpc_id);
    let route_table = subnet_id.and_then(|id| snapshot.route_table_of_subnet(id));
    let origin = Origin { snapshot, vpc: vpc.unwrap_or(VpcIndex::FALLBACK), route_table, at };
    let search = search_other(snapshot, origin.vpc, || route_table, address, at);
    let meaning = meaning_of(&origin, &search, address);
    AddressAnswer::SeenFromVpc { is_known_vpc: vpc.is_some(), meaning }
}

fn anywhere(snapshot: &Snapshot, address: IpAddr, at: u64) -> AddressAnywhere {
    let origin = |vpc| Origin { snapshot, vpc, route_table: None, at };
    let meaning = |vpc, endpoint, ended_in| {
        meaning_of(&origin(vpc), &Search { endpoint: Some(endpoint), ended_in }, address)
    };
    let holder = snapshot.endpoint_by_public_address(address, at);
    let range = snapshot.aws_range(address).map(|range| range.endpoint());
    let has_address = |vpc| Some((vpc, snapshot.endpoint_in_vpc(vpc, address, at)?));
    let mut in_vpcs: Vec<_> = snapshot.vpcs().filter_map(has_address).collect();
    let vpc_count = in_vpcs.len();
    in_vpcs.truncate(MAX_LISTED_VPCS);
    let in_vpcs = in_vpcs.into_iter().map(|(vpc, found)| meaning(vpc, found, SearchedIn::Vpc));
    let beyond = |found, ended_in| meaning(VpcIndex::FALLBACK, found, ended_in);
    AddressAnywhere {
        public: holder.map(|found| beyond(found, SearchedIn::PublicAddresses)),
        range: range.map(|found| beyond(found, SearchedIn::AwsRanges)),
        in_vpcs: in_vpcs.collect(),
        vpc_count,
    }
}

fn meaning_of(origin: &Origin<'_>, search: &Search<'_>, address: IpAddr) -> AddressMeaning {
    let interface = origin.interface(search, address);
    let texts = search.endpoint.map(|endpoint| endpoint.texts()).unwrap_or_default();
    let [instance_id, instance_name, region, service] = texts.map(known);
    AddressMeaning {
        rule: origin.rule(search, address),
        interface_id: interface.and_then(|entry| known(origin.snapshot.interface_id(entry))),
        vpc_id: interface.and_then(|entry| vpc_id_of(origin.snapshot, entry)),
        instance_id,
        instance_name,
        public_address: search.endpoint.and_then(|endpoint| endpoint.public_address),
        region,
        service,
    }
}

fn vpc_id_of(snapshot: &Snapshot, interface: &InterfaceEntry) -> Option<String> {
    known(snapshot.vpc(interface.vpc()).id.as_bytes())
}

fn known(text: &[u8]) -> Option<String> {
    (!text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned())
}
