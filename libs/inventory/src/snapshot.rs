//! One immutable snapshot of the inventory, which answers all lookups.

mod build;
mod questions;
mod search;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::addresses::{AddressRow, AddressTable, VpcIpv4, VpcIpv6};
use crate::counts::SnapshotCounts;
use crate::endpoint::Endpoint;
use crate::error::InventoryError;
use crate::exporters::{
    AssignedExporters, ExporterKind, ExporterTable, FallbackExporter, VpcEntry, VpcIndex,
};
use crate::histories::{Histories, Moment};
use crate::holding::Ipv6Holding;
use crate::instances::InstanceNames;
use crate::interfaces::{InterfaceEntry, Interfaces};
use crate::model::Inventory;
use crate::ranges::{AwsRange, Ranges};
use crate::routes::{RouteTableIndex, Routes};

pub use search::{Search, SearchedIn};

/// An inventory as an index. It never changes; a new inventory becomes a new snapshot.
///
/// No lookup allocates. Endpoints borrow from the snapshot, their strings already encoded.
pub struct Snapshot {
    /// Apart from the rest, which takes seconds to index: what people assign changes it alone.
    exporters: ExporterTable,
    tables: Arc<Tables>,
    counts: SnapshotCounts,
}

/// What does not depend on what people assign.
struct Tables {
    strings: Box<[u8]>,
    interfaces: Interfaces,
    ipv4: AddressTable<VpcIpv4>,
    ipv6: AddressTable<VpcIpv6>,
    public_ipv4: AddressTable<Ipv4Addr>,
    public_ipv6: AddressTable<Ipv6Holding>,
    ranges: Ranges,
    routes: Routes,
    histories: Histories,
    names: InstanceNames,
    /// How many different strings were cut.
    strings_cut: u64,
}

impl Snapshot {
    /// Indexes `inventory`.
    ///
    /// References to unknown ids and duplicates are no errors, a live inventory has them; they
    /// are counted ([`Snapshot::counts`]) and leave the rest as it is.
    ///
    /// # Errors
    ///
    /// When the inventory has more addresses or text than 32-bit positions reach, or an interface
    /// with more than 65535 addresses.
    pub fn build(
        inventory: &Inventory,
        fallback: &FallbackExporter,
    ) -> Result<Snapshot, InventoryError> {
        build::build(inventory, fallback)
    }

    /// The same inventory with other assignments and observation domains. It shares all tables
    /// but that of the exporters, so that it takes no longer than there are VPCs.
    pub fn with_exporters(&self, assigned: &AssignedExporters) -> Snapshot {
        let exporters = self.exporters.with(assigned);
        let strings_cut = self.tables.strings_cut + exporters.names_cut();
        let counts = SnapshotCounts { strings_cut, ..self.counts };
        Snapshot { exporters, tables: Arc::clone(&self.tables), counts }
    }

    /// The interface with this id (`eni-…`).
    pub fn interface(&self, eni_id: &[u8]) -> Option<&InterfaceEntry> {
        self.tables.interfaces.find(eni_id, &self.tables.strings)
    }

    /// Brings into the cache what [`Snapshot::interface`] reads first.
    ///
    /// Who looks many up calls it for all of them before: an inventory is larger than the
    /// processor's caches, and these reads wait for memory side by side. The result means
    /// nothing; its use keeps the read.
    #[inline]
    pub fn touch_interface(&self, eni_id: &[u8]) -> u64 {
        self.tables.interfaces.touch(eni_id)
    }

    /// Brings into the cache what [`Snapshot::endpoint_in_vpc`] reads first, or for an address
    /// outside of the VPC [`Snapshot::endpoint_by_public_address`], as
    /// [`Snapshot::touch_interface`] does.
    #[inline]
    pub fn touch_address(&self, vpc: VpcIndex, address: IpAddr) -> u64 {
        match address {
            IpAddr::V4(address) if !self.tables.routes.may_hold(vpc, address.into()) => {
                self.tables.public_ipv4.touch(address)
            }
            IpAddr::V4(address) => self.tables.ipv4.touch(VpcIpv4 { vpc, address }),
            IpAddr::V6(address) => {
                self.tables.ipv6.touch(VpcIpv6 { vpc, holding: Ipv6Holding::Address(address) })
            }
        }
    }

    /// The VPC with this id (`vpc-…`).
    pub fn vpc_by_id(&self, vpc_id: &[u8]) -> Option<VpcIndex> {
        self.exporters.find_kind(vpc_id, ExporterKind::Vpc)
    }

    /// The transit gateway with this id (`tgw-…`), which is an exporter like a VPC.
    pub fn transit_gateway_by_id(&self, transit_gateway_id: &[u8]) -> Option<VpcIndex> {
        self.exporters.find_kind(transit_gateway_id, ExporterKind::TransitGateway)
    }

    /// The exporter under `index`, which this snapshot gave out or is [`VpcIndex::FALLBACK`].
    pub fn vpc(&self, index: VpcIndex) -> &VpcEntry {
        self.exporters.get(index)
    }

    /// What had this address inside one VPC at a time, whatever it stands for in others.
    ///
    /// `at` is a flow's end in Unix seconds; [`crate::NOW`] asks who has it now. An address that
    /// changed hands is answered with its holder at that time, and one that was held without a
    /// change with its holder, whenever that was. Nothing is found in [`VpcIndex::FALLBACK`],
    /// which may stand for several VPCs.
    #[inline]
    pub fn endpoint_in_vpc(&self, vpc: VpcIndex, address: IpAddr, at: u64) -> Option<Endpoint<'_>> {
        if !self.tables.routes.may_hold(vpc, address) {
            return None;
        }
        match address {
            IpAddr::V4(address) => {
                self.tables.ipv4.find(VpcIpv4 { vpc, address })?.endpoint(self.at(at))
            }
            IpAddr::V6(address) => self.tables.ipv6_row(vpc, address)?.endpoint(self.at(at)),
        }
    }

    /// The instance or interface, in any VPC, that held this public address at that time: a
    /// public or Elastic IPv4 address, or an IPv6 address that is not private.
    pub fn endpoint_by_public_address(&self, address: IpAddr, at: u64) -> Option<Endpoint<'_>> {
        match address {
            IpAddr::V4(address) => self.tables.public_ipv4.find(address)?.endpoint(self.at(at)),
            IpAddr::V6(address) => self.tables.public_ipv6_row(address)?.endpoint(self.at(at)),
        }
    }

    /// The AWS range around this address: the longest prefix; of equal ones a specific service
    /// before EC2 before AMAZON.
    pub fn aws_range(&self, address: IpAddr) -> Option<AwsRange<'_>> {
        self.tables.ranges.find(address, &self.tables.strings)
    }

    /// The table that is associated with this subnet (`subnet-…`); without one the VPC's main
    /// table counts.
    pub fn route_table_of_subnet(&self, subnet_id: &[u8]) -> Option<RouteTableIndex> {
        self.tables.routes.of_subnet(subnet_id)
    }

    /// The interface itself as it was at that time, when `address` is one of its private IPv4 or
    /// IPv6 addresses.
    ///
    /// `entry` must be of this snapshot.
    pub fn endpoint_of_interface(
        &self,
        entry: &InterfaceEntry,
        address: IpAddr,
        at: u64,
    ) -> Option<Endpoint<'_>> {
        // Nearly always it is the primary address; EC2 allows some fifty others.
        match address {
            IpAddr::V4(address) if entry.is_primary(address) => {
                Some(entry.primary_endpoint(self.at(at)))
            }
            IpAddr::V4(address) => {
                let mut rows = self.tables.ipv4.rows(entry.ipv4_rows()).iter();
                self.own_endpoint(entry, rows.find(|row| row.key.address == address)?, at)
            }
            IpAddr::V6(address) => {
                let mut rows = self.tables.ipv6.rows(entry.ipv6_rows()).iter();
                self.own_endpoint(entry, rows.find(|row| row.key.holding.covers(address))?, at)
            }
        }
    }

    /// What a row of the interface says of it, also at a time when another one had the address.
    fn own_endpoint<K>(
        &self,
        entry: &InterfaceEntry,
        row: &AddressRow<K>,
        at: u64,
    ) -> Option<Endpoint<'_>> {
        if row.strings().history().is_none() {
            return row.endpoint(self.at(at));
        }
        let place =
            self.tables.interfaces.find_position(self.interface_id(entry), &self.tables.strings)?;
        let holding = self.tables.histories.holding_of(row.strings(), place, at)?;
        self.at(at).endpoint(holding)
    }

    /// The interface by its primary IPv4 address, as it was at that time; without one, what is
    /// known beside addresses.
    ///
    /// `entry` must be of this snapshot.
    #[inline]
    pub fn primary_endpoint(&self, entry: &InterfaceEntry, at: u64) -> Endpoint<'_> {
        entry.primary_endpoint(self.at(at))
    }

    /// The name of an instance of any interface, as an IPFIX variable-length string; empty when
    /// it has none.
    pub fn instance_name(&self, instance_id: &[u8]) -> Option<&[u8]> {
        self.tables.names.name(instance_id, &self.tables.strings)
    }

    #[inline]
    fn at(&self, at: u64) -> Moment<'_> {
        Moment { strings: &self.tables.strings, histories: &self.tables.histories, at }
    }

    /// What the snapshot holds and had to leave out.
    pub fn counts(&self) -> SnapshotCounts {
        self.counts
    }

    /// About how many bytes of memory the snapshot takes.
    pub fn memory_bytes(&self) -> usize {
        self.exporters.memory_bytes() + self.tables.memory_bytes()
    }
}

impl Tables {
    fn ipv6_place(&self, vpc: VpcIndex, address: Ipv6Addr) -> Option<usize> {
        self.ipv6.find_around(VpcIpv6 { vpc, holding: Ipv6Holding::Address(address) })
    }

    #[inline]
    fn ipv6_row(&self, vpc: VpcIndex, address: Ipv6Addr) -> Option<&AddressRow<VpcIpv6>> {
        self.ipv6.row(self.ipv6_place(vpc, address)?)
    }

    #[inline]
    fn public_ipv6_row(&self, address: Ipv6Addr) -> Option<&AddressRow<Ipv6Holding>> {
        self.public_ipv6.row(self.public_ipv6.find_around(Ipv6Holding::Address(address))?)
    }

    fn memory_bytes(&self) -> usize {
        let addresses = self.ipv4.memory_bytes() + self.ipv6.memory_bytes();
        let public = self.public_ipv4.memory_bytes() + self.public_ipv6.memory_bytes();
        self.strings.len()
            + self.interfaces.memory_bytes()
            + addresses
            + public
            + self.ranges.memory_bytes()
            + self.routes.memory_bytes()
            + self.histories.memory_bytes()
            + self.names.memory_bytes()
    }
}

impl fmt::Debug for Snapshot {
    /// The counts alone: a snapshot may hold a million addresses.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Snapshot").field("counts", &self.counts).finish_non_exhaustive()
    }
}
