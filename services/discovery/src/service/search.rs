//! Finds things by a text or an address.

use std::net::IpAddr;

use ipnet::IpNet;
use weir_inventory::Interface;
use weir_inventory::region::RegionSnapshot;
use weir_rpc::pb::InventoryMatch;

use crate::reader::Place;

/// What is looked for.
pub(super) enum Wanted {
    /// An address: who has it, and what it is in.
    Address(IpAddr),
    /// A text in lower case.
    Text(String),
}

/// A thing as the search sees it.
#[derive(Default)]
struct Thing<'s> {
    kind: &'static str,
    id: &'s str,
    name: Option<&'s str>,
    vpc_id: &'s str,
    /// Other texts that may match, such as an ARN.
    others: Vec<&'s str>,
    blocks: &'s [IpNet],
    interface: Option<&'s Interface>,
}

impl Wanted {
    pub(super) fn parse(query: &str) -> Self {
        match query.parse() {
            Ok(address) => Self::Address(address),
            Err(_) => Self::Text(query.to_lowercase()),
        }
    }

    /// Everything in the part that matches, with an id of its own in the part.
    pub(super) fn find(
        &self,
        place: &Place,
        snapshot: &RegionSnapshot,
        has_account: bool,
    ) -> Vec<(String, InventoryMatch)> {
        let mut found = Vec::new();
        let mut look = |thing: Thing<'_>| {
            if let Some(matched) = self.matched(&thing) {
                found.push((
                    format!("{} {}", thing.kind, thing.id),
                    message(place, &thing, matched),
                ));
            }
        };
        if has_account {
            accounts(snapshot).for_each(&mut look);
        }
        network(snapshot).for_each(&mut look);
        logs(snapshot).for_each(&mut look);
        found
    }

    /// What of the thing matches.
    fn matched(&self, thing: &Thing<'_>) -> Option<String> {
        match self {
            Self::Text(text) => {
                let texts = [Some(thing.id), thing.name].into_iter().flatten();
                let mut texts = texts.chain(thing.others.iter().copied());
                texts.find(|each| contains(each, text)).map(str::to_owned)
            }
            Self::Address(address) => {
                let block = thing.blocks.iter().find(|block| block.contains(address));
                let has = thing.interface.is_some_and(|interface| has(interface, *address));
                block.map(ToString::to_string).or_else(|| has.then(|| address.to_string()))
            }
        }
    }
}

fn contains(text: &str, wanted: &str) -> bool {
    // Most texts are ASCII: these are compared without a copy.
    if text.is_ascii() && wanted.is_ascii() {
        let mut windows = text.as_bytes().windows(wanted.len().max(1));
        return windows.any(|window| window.eq_ignore_ascii_case(wanted.as_bytes()));
    }
    text.to_lowercase().contains(wanted)
}

fn has(interface: &Interface, address: IpAddr) -> bool {
    let mut public = interface.addresses.iter().filter_map(|each| each.public);
    interface.owns(address) || public.any(|each| IpAddr::V4(each) == address)
}

fn accounts(snapshot: &RegionSnapshot) -> impl Iterator<Item = Thing<'_>> {
    snapshot.inventory.accounts.iter().map(|each| Thing {
        kind: "account",
        id: &each.id,
        name: each.name.as_deref(),
        ..Thing::default()
    })
}

fn network(snapshot: &RegionSnapshot) -> impl Iterator<Item = Thing<'_>> {
    let inventory = &snapshot.inventory;
    let vpcs = inventory.vpcs.iter().map(|each| Thing {
        kind: "vpc",
        id: &each.id,
        name: each.name.as_deref(),
        vpc_id: &each.id,
        blocks: &each.cidrs,
        ..Thing::default()
    });
    let subnets = inventory.subnets.iter().map(|each| Thing {
        kind: "subnet",
        id: &each.id,
        name: each.name.as_deref(),
        vpc_id: &each.vpc_id,
        blocks: &each.cidrs,
        ..Thing::default()
    });
    let instances = inventory.instances.iter().map(|each| Thing {
        kind: "instance",
        id: &each.id,
        name: each.name.as_deref(),
        ..Thing::default()
    });
    let interfaces = inventory.interfaces.iter().map(|each| Thing {
        kind: "interface",
        id: &each.id,
        name: Some(&each.description),
        vpc_id: &each.vpc_id,
        interface: Some(each),
        ..Thing::default()
    });
    let gateways = inventory.transit_gateways.iter().map(|each| Thing {
        kind: "transit gateway",
        id: &each.id,
        name: each.name.as_deref(),
        ..Thing::default()
    });
    vpcs.chain(subnets).chain(instances).chain(interfaces).chain(gateways)
}

fn logs(snapshot: &RegionSnapshot) -> impl Iterator<Item = Thing<'_>> {
    let flow_logs = snapshot.flow_logs.iter().map(|each| Thing {
        kind: "flow log",
        id: &each.id,
        name: each.name.as_deref(),
        others: vec![&each.resource_id],
        ..Thing::default()
    });
    let groups = snapshot.log_groups.iter().map(|each| Thing {
        kind: "log group",
        id: &each.name,
        others: vec![&each.arn],
        ..Thing::default()
    });
    let streams = snapshot.kinesis_streams.iter().map(|each| Thing {
        kind: "kinesis stream",
        id: &each.name,
        others: vec![&each.arn],
        ..Thing::default()
    });
    let buckets = snapshot.buckets.iter().map(|each| Thing {
        kind: "bucket",
        id: &each.name,
        others: each.notifications.iter().map(|queue| queue.queue_arn.as_str()).collect(),
        ..Thing::default()
    });
    flow_logs.chain(groups).chain(streams).chain(buckets)
}

fn message(place: &Place, thing: &Thing<'_>, matched: String) -> InventoryMatch {
    let region = if thing.kind == "account" { "" } else { place.region.as_str() };
    InventoryMatch {
        kind: thing.kind.to_owned(),
        account_id: place.account_id.clone(),
        region: region.to_owned(),
        id: thing.id.to_owned(),
        name: thing.name.unwrap_or_default().to_owned(),
        vpc_id: thing.vpc_id.to_owned(),
        matched,
    }
}
