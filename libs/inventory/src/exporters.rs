//! VPCs and transit gateways as IPFIX exporters.

mod assigned;
mod known;
mod source;
mod table;

use std::net::{Ipv4Addr, Ipv6Addr};

pub use assigned::{AssignedExporter, AssignedExporters};
pub use source::{AddressSource, NameSource};
pub use table::ExporterTable;

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
    /// RFC 7011 section 3.1; unique in the snapshot. The one that is kept for it
    /// ([`AssignedExporters::domains`]), else derived from its id.
    pub observation_domain_id: u32,
    /// The assigned address; else the first IPv4 block's base address + 1, which AWS reserves
    /// for the VPC's router; else the fallback's.
    pub exporter_address: Ipv4Addr,
    /// Which of these it is.
    pub address_source: AddressSource,
    /// The assigned IPv6 address; nothing else stands in for it.
    pub exporter_ipv6_address: Option<Ipv6Addr>,
    /// The assigned name, else the `Name` tag, else the id.
    pub exporter_name: String,
    /// Which of these it is.
    pub name_source: NameSource,
    /// [`VpcEntry::exporter_name`] as an IPFIX variable-length string (RFC 7011 section 7).
    pub encoded_exporter_name: Box<[u8]>,
}
