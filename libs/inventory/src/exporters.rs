//! VPCs and transit gateways as IPFIX exporters.

mod source;

use std::net::Ipv4Addr;

use hashbrown::HashTable;
use ipnet::IpNet;
use weir_ipfix::{MAX_STRING_LENGTH, cut_at_character, push_string};

use crate::counts::SnapshotCounts;
use crate::error::InventoryError;
use crate::model::{Inventory, TransitGateway, Vpc};
use crate::observation_domain::{self, FALLBACK_OBSERVATION_DOMAIN};
use crate::strings::{Strings, clean, hash_of, position};
pub use source::{AddressSource, NameSource};

/// Names a VPC or transit gateway of one snapshot; another snapshot numbers them otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VpcIndex(u32);

impl VpcIndex {
    /// Flows whose VPC the inventory does not know.
    pub const FALLBACK: VpcIndex = VpcIndex(0);

    /// The place in a table with one element for each VPC; the fallback's is 0.
    pub const fn position(self) -> u32 {
        self.0
    }
}

/// Exporter of the flows whose VPC has no address of its own or is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FallbackExporter {
    /// Exporter address of flows from an unknown VPC, from a VPC without IPv4, and from a
    /// transit gateway without an assigned exporter.
    pub address: Ipv4Addr,
    /// Exporter name of flows from an unknown VPC.
    pub name: String,
}

impl Default for FallbackExporter {
    /// RFC 7600's dummy address and `unknown-vpc`.
    fn default() -> FallbackExporter {
        FallbackExporter { address: Ipv4Addr::new(192, 0, 0, 8), name: "unknown-vpc".to_owned() }
    }
}

/// What an exporter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExporterKind {
    /// A VPC.
    Vpc,
    /// A transit gateway.
    TransitGateway,
    /// Flows that no VPC or transit gateway of the inventory accounts for.
    Fallback,
}

/// A VPC or transit gateway as an IPFIX exporter. Control characters in its texts are replaced
/// by `?`.
#[derive(Clone, Debug)]
pub struct VpcEntry {
    /// What it stands for.
    pub kind: ExporterKind,
    /// `vpc-…` or `tgw-…`; empty for the fallback.
    pub id: String,
    /// Owner account; empty for the fallback.
    pub account_id: String,
    /// Region code; empty for the fallback.
    pub region: String,
    /// RFC 7011 section 3.1; unique in the snapshot, the same in every snapshot.
    pub observation_domain_id: u32,
    /// The assigned address; else the first IPv4 block's base address + 1, which AWS reserves
    /// for the VPC's router; else the fallback's.
    pub exporter_address: Ipv4Addr,
    /// Which of these it is.
    pub address_source: AddressSource,
    /// The assigned name, else the `Name` tag, else the id.
    pub exporter_name: String,
    /// Which of these it is.
    pub name_source: NameSource,
    /// [`VpcEntry::exporter_name`] as an IPFIX variable-length string (RFC 7011 section 7).
    pub encoded_exporter_name: Box<[u8]>,
}

/// All exporters of a snapshot; the first is the fallback.
pub(crate) struct Exporters {
    entries: Vec<VpcEntry>,
    by_id: HashTable<u32>,
}

impl Exporters {
    pub(crate) fn build(
        inventory: &Inventory,
        fallback: &FallbackExporter,
        strings: &mut Strings,
        counts: &mut SnapshotCounts,
    ) -> Result<Exporters, InventoryError> {
        let vpcs = inventory.vpcs.iter().map(|vpc| vpc_entry(vpc, fallback));
        let gateways = inventory.transit_gateways.iter();
        let gateways = gateways.map(|gateway| transit_gateway_entry(gateway, fallback));
        let mut exporters =
            Exporters { entries: vec![fallback_entry(fallback)], by_id: HashTable::new() };
        for entry in vpcs.chain(gateways) {
            exporters.add(entry, counts)?;
        }
        exporters.assign_observation_domains();
        for entry in &mut exporters.entries {
            strings.count_cut(entry.encode_name());
        }
        Ok(exporters)
    }

    fn add(&mut self, entry: VpcEntry, counts: &mut SnapshotCounts) -> Result<(), InventoryError> {
        if self.find(entry.id.as_bytes()).is_some() {
            counts.duplicate_ids += 1;
            return Ok(());
        }
        match entry.kind {
            ExporterKind::TransitGateway => counts.transit_gateways += 1,
            ExporterKind::Vpc | ExporterKind::Fallback => counts.vpcs += 1,
        }
        let at = position(self.entries.len(), "VPCs")?;
        let hash = hash_of(entry.id.as_bytes());
        self.entries.push(entry);
        let entries = &self.entries;
        let rehash = |at: &u32| entries.get(*at as usize).map_or(0, |e| hash_of(e.id.as_bytes()));
        self.by_id.insert_unique(hash, at, rehash);
        Ok(())
    }

    fn assign_observation_domains(&mut self) {
        let (fallback, listed) = match self.entries.split_first_mut() {
            Some(parts) => parts,
            None => return,
        };
        fallback.observation_domain_id = FALLBACK_OBSERVATION_DOMAIN;
        let ids: Vec<String> = listed.iter().map(|entry| entry.id.clone()).collect();
        let domains = observation_domain::assign(ids.iter().map(String::as_str));
        for entry in listed {
            if let Some(domain) = domains.get(entry.id.as_str()) {
                entry.observation_domain_id = *domain;
            }
        }
    }

    fn find(&self, id: &[u8]) -> Option<VpcIndex> {
        let is_id = |at: &u32| {
            self.entries.get(*at as usize).is_some_and(|entry| entry.id.as_bytes() == id)
        };
        self.by_id.find(hash_of(id), is_id).copied().map(VpcIndex)
    }

    pub(crate) fn find_kind(&self, id: &[u8], kind: ExporterKind) -> Option<VpcIndex> {
        self.find(id).filter(|index| self.get(*index).kind == kind)
    }

    /// The entry under `index`; the fallback for an index of another snapshot.
    pub(crate) fn get(&self, index: VpcIndex) -> &VpcEntry {
        self.entries.get(index.0 as usize).unwrap_or(&self.entries[0])
    }

    /// The index of each, the fallback's first.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = VpcIndex> + use<> {
        // No table has more than 32-bit positions reach.
        (0..self.entries.len() as u32).map(VpcIndex)
    }

    /// How many there are, the fallback included.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let texts = self.entries.iter().map(VpcEntry::text_bytes).sum::<usize>();
        self.entries.capacity() * size_of::<VpcEntry>() + self.by_id.allocation_size() + texts
    }
}

// === impl VpcEntry ===

impl VpcEntry {
    /// Cleans and cuts the exporter's name and sets its encoded form; tells whether it was cut.
    fn encode_name(&mut self) -> bool {
        let cleaned = clean(&self.exporter_name).into_owned();
        let kept = cut_at_character(cleaned.as_bytes(), MAX_STRING_LENGTH).len();
        let mut encoded = Vec::with_capacity(kept + 3);
        let was_cut = push_string(&mut encoded, cleaned.as_bytes());
        self.encoded_exporter_name = encoded.into_boxed_slice();
        self.exporter_name = cleaned.get(..kept).unwrap_or_default().to_owned();
        was_cut
    }

    fn text_bytes(&self) -> usize {
        let texts = [&self.id, &self.account_id, &self.region, &self.exporter_name];
        texts.iter().map(|text| text.capacity()).sum::<usize>() + self.encoded_exporter_name.len()
    }
}

fn fallback_entry(fallback: &FallbackExporter) -> VpcEntry {
    VpcEntry {
        kind: ExporterKind::Fallback,
        id: String::new(),
        account_id: String::new(),
        region: String::new(),
        observation_domain_id: FALLBACK_OBSERVATION_DOMAIN,
        exporter_address: fallback.address,
        address_source: AddressSource::Fallback,
        exporter_name: fallback.name.clone(),
        name_source: NameSource::Fallback,
        encoded_exporter_name: Box::default(),
    }
}

fn vpc_entry(vpc: &Vpc, fallback: &FallbackExporter) -> VpcEntry {
    let assigned = vpc.exporter.as_ref();
    let (address, address_source) =
        AddressSource::choose(assigned, router_address(&vpc.cidrs), fallback.address);
    let (name, name_source) = NameSource::choose(assigned, vpc.name.as_deref(), &vpc.id);
    VpcEntry {
        kind: ExporterKind::Vpc,
        id: clean(&vpc.id).into_owned(),
        account_id: clean(&vpc.account_id).into_owned(),
        region: clean(&vpc.region).into_owned(),
        observation_domain_id: FALLBACK_OBSERVATION_DOMAIN,
        exporter_address: address,
        address_source,
        exporter_name: name.to_owned(),
        name_source,
        encoded_exporter_name: Box::default(),
    }
}

fn transit_gateway_entry(gateway: &TransitGateway, fallback: &FallbackExporter) -> VpcEntry {
    let assigned = gateway.exporter.as_ref();
    let (address, address_source) = AddressSource::choose(assigned, None, fallback.address);
    let (name, name_source) = NameSource::choose(assigned, gateway.name.as_deref(), &gateway.id);
    VpcEntry {
        kind: ExporterKind::TransitGateway,
        id: clean(&gateway.id).into_owned(),
        account_id: clean(&gateway.account_id).into_owned(),
        region: clean(&gateway.region).into_owned(),
        observation_domain_id: FALLBACK_OBSERVATION_DOMAIN,
        exporter_address: address,
        address_source,
        exporter_name: name.to_owned(),
        name_source,
        encoded_exporter_name: Box::default(),
    }
}

/// The second address of the first IPv4 block, reserved by AWS for the VPC's router
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>).
fn router_address(cidrs: &[IpNet]) -> Option<Ipv4Addr> {
    cidrs.iter().find_map(|cidr| match cidr {
        IpNet::V4(block) => block.network().to_bits().checked_add(1).map(Ipv4Addr::from_bits),
        IpNet::V6(_) => None,
    })
}
