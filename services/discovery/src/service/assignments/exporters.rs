//! All exporters, with what each is by default, what is assigned, and who shares an address.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use tonic::{Code, Status};
use weir_control::exporters::{Assignments, Domains};
use weir_inventory::{
    AddressSource, AssignedExporter, AssignedExporters, ExporterKind, ExporterTable,
    FallbackExporter, TransitGateway, Vpc, VpcEntry,
};
use weir_rpc::pb;
use weir_rpc::status::Failure;

use super::values::message_of;
use crate::publish::Edition;

/// How many of those that share an address are named.
const MAX_NAMED: usize = 10;

/// All exporters of the inventory, and those that are gone and have something assigned.
pub(super) struct Exporters<'e> {
    vpcs: HashMap<&'e str, &'e Vpc>,
    defaults: ExporterTable,
    current: ExporterTable,
    assigned: AssignedExporters,
    by_address: HashMap<IpAddr, Vec<String>>,
}

/// Where an exporter stands in the list: account, region and id.
pub(super) type Position = (String, String, String);

impl<'e> Exporters<'e> {
    pub(super) fn new(
        edition: &'e Edition,
        assignments: Assignments,
        domains: Domains,
    ) -> Result<Self, Status> {
        let assigned =
            AssignedExporters { exporters: assignments.exporters, domains: domains.domains };
        let vpcs = vpcs_of(edition);
        let gateways = gateways_of(edition);
        let fallback = FallbackExporter::default();
        let defaults =
            ExporterTable::build(vpcs.values().copied(), gateways.values().copied(), &fallback);
        let defaults = defaults.map_err(|error| {
            let message = format!("the inventory has too many VPCs: {error}");
            Status::from(Failure::new(Code::ResourceExhausted, "TOO_MANY_VPCS", message))
        })?;
        let current = defaults.with(&assigned);
        let mut by_address: HashMap<IpAddr, Vec<String>> = HashMap::new();
        for entry in current.entries() {
            for address in addresses_of(entry) {
                by_address.entry(address).or_default().push(entry.id.clone());
            }
        }
        Ok(Self { vpcs, defaults, current, assigned, by_address })
    }

    /// Whether the inventory has it.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.current.by_id(id).is_some()
    }

    /// What is assigned.
    pub(super) fn assigned(&self, id: &str) -> Option<&AssignedExporter> {
        self.assigned.exporters.get(id)
    }

    /// All, in order.
    pub(super) fn positions(&self) -> BTreeSet<Position> {
        let known = self.current.entries().iter();
        let known = known.map(|it| (it.account_id.clone(), it.region.clone(), it.id.clone()));
        let gone = self.assigned.exporters.keys().filter(|id| !self.is_known(id));
        known.chain(gone.map(|id| (String::new(), String::new(), id.clone()))).collect()
    }

    /// Whether it shares an address.
    pub(super) fn is_colliding(&self, id: &str) -> bool {
        let entry = self.current.by_id(id);
        entry.is_some_and(|entry| !self.others_of(entry).is_empty())
    }

    fn others_of(&self, entry: &VpcEntry) -> BTreeSet<&str> {
        let ids = addresses_of(entry).filter_map(|address| self.by_address.get(&address)).flatten();
        ids.map(String::as_str).filter(|id| *id != entry.id).collect()
    }

    /// The exporter as calls show it.
    pub(super) fn message(&self, id: &str) -> pb::ExporterAssignment {
        let assigned = self.assigned(id).map(message_of);
        let (Some(entry), Some(default)) = (self.current.by_id(id), self.defaults.by_id(id)) else {
            let domain = self.assigned.domains.get(id).copied();
            return pb::ExporterAssignment {
                id: id.to_owned(),
                kind: pb::ExporterKind::Gone.into(),
                observation_domain_id: domain.unwrap_or_default(),
                assigned,
                ..Default::default()
            };
        };
        let others = self.others_of(entry);
        let kind = match entry.kind {
            ExporterKind::TransitGateway => pb::ExporterKind::TransitGateway,
            ExporterKind::Vpc | ExporterKind::Fallback => pb::ExporterKind::Vpc,
        };
        let cidrs = self.vpcs.get(id).into_iter().flat_map(|vpc| &vpc.cidrs);
        let ipv6 = entry.exporter_ipv6_address;
        pb::ExporterAssignment {
            id: entry.id.clone(),
            kind: kind.into(),
            account_id: entry.account_id.clone(),
            region: entry.region.clone(),
            cidrs: cidrs.map(ToString::to_string).collect(),
            default_ipv4: address_of(default),
            default_name: default.exporter_name.clone(),
            assigned,
            exporter_ipv4: address_of(entry),
            exporter_ipv6: ipv6.map(|address| address.to_string()).unwrap_or_default(),
            exporter_name: entry.exporter_name.clone(),
            observation_domain_id: entry.observation_domain_id,
            collisions: u32::try_from(others.len()).unwrap_or(u32::MAX),
            collides_with: others.into_iter().take(MAX_NAMED).map(str::to_owned).collect(),
        }
    }
}

/// The addresses that tell an exporter from others; the fallback's does not.
fn addresses_of(entry: &VpcEntry) -> impl Iterator<Item = IpAddr> + use<> {
    let is_own = entry.address_source != AddressSource::Fallback;
    let ipv4 = is_own.then_some(IpAddr::V4(entry.exporter_address));
    ipv4.into_iter().chain(entry.exporter_ipv6_address.map(IpAddr::V6))
}

fn address_of(entry: &VpcEntry) -> String {
    match entry.address_source {
        AddressSource::Fallback => String::new(),
        _ => entry.exporter_address.to_string(),
    }
}

/// A shared VPC is seen by several accounts: its owner sees its tags.
fn vpcs_of(edition: &Edition) -> HashMap<&str, &Vpc> {
    let mut vpcs = HashMap::new();
    for (place, snapshot) in edition.snapshots() {
        for vpc in &snapshot.inventory.vpcs {
            if vpc.account_id == place.account_id {
                vpcs.insert(vpc.id.as_str(), vpc);
            } else {
                vpcs.entry(vpc.id.as_str()).or_insert(vpc);
            }
        }
    }
    vpcs
}

fn gateways_of(edition: &Edition) -> BTreeMap<&str, &TransitGateway> {
    let mut gateways = BTreeMap::new();
    for (place, snapshot) in edition.snapshots() {
        for gateway in &snapshot.inventory.transit_gateways {
            if gateway.account_id == place.account_id {
                gateways.insert(gateway.id.as_str(), gateway);
            } else {
                gateways.entry(gateway.id.as_str()).or_insert(gateway);
            }
        }
    }
    gateways
}
