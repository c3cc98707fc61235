//! What people ask of a snapshot and records never do.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Snapshot;
use crate::addresses::{AddressRow, VpcIpv4};
use crate::exporters::{ExporterKind, VpcIndex};
use crate::histories::NOW;
use crate::interfaces::InterfaceEntry;
use crate::strings::Span;

impl Snapshot {
    /// Every VPC, in the inventory's order; transit gateways and the fallback are none.
    pub fn vpcs(&self) -> impl Iterator<Item = VpcIndex> + '_ {
        self.exporters.indexes().filter(|index| self.vpc(*index).kind == ExporterKind::Vpc)
    }

    /// The id of `entry` (`eni-…`), which must be of this snapshot.
    pub fn interface_id<'s>(&'s self, entry: &'s InterfaceEntry) -> &'s [u8] {
        entry.id(&self.tables.strings)
    }

    /// The interface behind [`Snapshot::endpoint_in_vpc`].
    pub fn interface_in_vpc(
        &self,
        vpc: VpcIndex,
        address: IpAddr,
        at: u64,
    ) -> Option<&InterfaceEntry> {
        match address {
            IpAddr::V4(address) => {
                let place = self.tables.ipv4.find_position(VpcIpv4 { vpc, address })?;
                self.holder(self.tables.ipv4.row(place)?, at, || {
                    self.tables.interfaces.of_row(place, InterfaceEntry::ipv4_rows)
                })
            }
            IpAddr::V6(address) => {
                let place = self.tables.ipv6_place(vpc, address)?;
                self.holder(self.tables.ipv6.row(place)?, at, || {
                    self.tables.interfaces.of_row(place, InterfaceEntry::ipv6_rows)
                })
            }
        }
    }

    /// The interface behind [`Snapshot::endpoint_by_public_address`].
    ///
    /// It is found by reading all addresses, a few milliseconds for a million of them.
    pub fn interface_by_public_address(&self, address: IpAddr, at: u64) -> Option<&InterfaceEntry> {
        match address {
            IpAddr::V4(address) => self.holder(self.tables.public_ipv4.find(address)?, at, || {
                let place = self.tables.ipv4.scan(|row| row.public_address() == Some(address))?;
                self.tables.interfaces.of_row(place, InterfaceEntry::ipv4_rows)
            }),
            IpAddr::V6(address) => {
                let found = self.tables.public_ipv6_row(address)?;
                self.holder(found, at, || {
                    let place = self.tables.ipv6.scan(|row| row.key.holding == found.key)?;
                    self.tables.interfaces.of_row(place, InterfaceEntry::ipv6_rows)
                })
            }
        }
    }

    /// Who is behind a row: `current` tells who has the address now.
    fn holder<'s, K>(
        &'s self,
        row: &AddressRow<K>,
        at: u64,
        current: impl FnOnce() -> Option<&'s InterfaceEntry>,
    ) -> Option<&'s InterfaceEntry> {
        if row.strings().history().is_none() {
            return current();
        }
        let holding = self.tables.histories.holding(row.strings(), at)?;
        self.tables.interfaces.get(holding.interface).or_else(current)
    }

    /// Up to when the holder at that time held an address in a VPC, in Unix seconds; `None` when
    /// it still does, or nobody did.
    pub fn held_in_vpc_until(&self, vpc: VpcIndex, address: IpAddr, at: u64) -> Option<u64> {
        let history = match address {
            IpAddr::V4(address) => self.tables.ipv4.find(VpcIpv4 { vpc, address })?.strings(),
            IpAddr::V6(address) => self.tables.ipv6_row(vpc, address)?.strings(),
        };
        self.held_until(history, at)
    }

    /// The same for a public address.
    pub fn held_in_public_until(&self, address: IpAddr, at: u64) -> Option<u64> {
        let history = match address {
            IpAddr::V4(address) => self.tables.public_ipv4.find(address)?.strings(),
            IpAddr::V6(address) => self.tables.public_ipv6_row(address)?.strings(),
        };
        self.held_until(history, at)
    }

    /// Up to when the interface was, under its primary address, what it was at that time.
    pub fn interface_until(&self, entry: &InterfaceEntry, at: u64) -> Option<u64> {
        self.held_until(entry.strings(), at)
    }

    fn held_until(&self, history: Span, at: u64) -> Option<u64> {
        let holding = self.tables.histories.holding(history, at)?;
        Some(holding.until).filter(|until| *until != NOW)
    }

    /// The prefix that [`Snapshot::aws_range`] is about. It is found by reading all of AWS's
    /// prefixes, some ten thousand.
    pub fn aws_prefix(&self, address: IpAddr) -> Option<IpNet> {
        self.tables.ranges.prefix(address)
    }
}
