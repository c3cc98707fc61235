//! What people ask of a snapshot and records never do.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Snapshot;
use crate::addresses::{VpcIpv4, VpcIpv6};
use crate::exporters::{ExporterKind, VpcIndex};
use crate::interfaces::InterfaceEntry;

impl Snapshot {
    /// Every VPC, in the inventory's order; transit gateways and the fallback are none.
    pub fn vpcs(&self) -> impl Iterator<Item = VpcIndex> + '_ {
        self.exporters.indexes().filter(|index| self.vpc(*index).kind == ExporterKind::Vpc)
    }

    /// The id of `entry` (`eni-…`), which must be of this snapshot.
    pub fn interface_id<'s>(&'s self, entry: &'s InterfaceEntry) -> &'s [u8] {
        entry.id(&self.strings)
    }

    /// The interface behind [`Snapshot::endpoint_in_vpc`].
    pub fn interface_in_vpc(&self, vpc: VpcIndex, address: IpAddr) -> Option<&InterfaceEntry> {
        match address {
            IpAddr::V4(address) => {
                let place = self.ipv4.find_position(VpcIpv4 { vpc, address })?;
                self.interfaces.of_row(place, InterfaceEntry::ipv4_rows)
            }
            IpAddr::V6(address) => {
                let place = self.ipv6.find_position(VpcIpv6 { vpc, address })?;
                self.interfaces.of_row(place, InterfaceEntry::ipv6_rows)
            }
        }
    }

    /// The interface behind [`Snapshot::endpoint_by_public_address`].
    ///
    /// It is found by reading all addresses, a few milliseconds for a million of them.
    pub fn interface_by_public_address(&self, address: IpAddr) -> Option<&InterfaceEntry> {
        self.endpoint_by_public_address(address)?;
        match address {
            IpAddr::V4(address) => {
                let place = self.ipv4.scan(|row| row.public_address() == Some(address))?;
                self.interfaces.of_row(place, InterfaceEntry::ipv4_rows)
            }
            IpAddr::V6(address) => {
                let place = self.ipv6.scan(|row| row.key.address == address)?;
                self.interfaces.of_row(place, InterfaceEntry::ipv6_rows)
            }
        }
    }

    /// The prefix that [`Snapshot::aws_range`] is about. It is found by reading all of AWS's
    /// prefixes, some ten thousand.
    pub fn aws_prefix(&self, address: IpAddr) -> Option<IpNet> {
        self.ranges.prefix(address)
    }
}
