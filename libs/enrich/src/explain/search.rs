//! The rule behind the search for an address.

use std::net::IpAddr;

use weir_inventory::{
    Destination, InterfaceEntry, RouteTableIndex, Search, SearchedIn, Snapshot, VpcIndex,
};

use super::rule::Rule;

/// Where a search for an address began.
#[derive(Clone, Copy)]
pub(super) struct Origin<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) vpc: VpcIndex,
    pub(super) route_table: Option<RouteTableIndex>,
    /// Unix seconds.
    pub(super) at: u64,
}

impl<'s> Origin<'s> {
    /// Why `search`, which began here, ended as it did.
    pub(super) fn rule(&self, search: &Search<'_>, address: IpAddr) -> Rule {
        let found = self.rule_of_place(search, address);
        match self.until(search, address) {
            Some(until) => {
                let holder = self.interface(search, address);
                found.held_then(self.snapshot, holder, until)
            }
            None => found,
        }
    }

    /// Up to when what `search` found held the address, where it no longer does.
    fn until(&self, search: &Search<'_>, address: IpAddr) -> Option<u64> {
        search.endpoint?;
        match search.ended_in {
            SearchedIn::Vpc | SearchedIn::PeeredVpc | SearchedIn::TransitVpc => {
                let vpc = self.vpc_of(search, address);
                self.snapshot.held_in_vpc_until(vpc, address, self.at)
            }
            SearchedIn::PublicAddresses => self.snapshot.held_in_public_until(address, self.at),
            SearchedIn::AwsRanges | SearchedIn::Nowhere => None,
        }
    }

    fn rule_of_place(&self, search: &Search<'_>, address: IpAddr) -> Rule {
        let vpc_id = || self.snapshot.vpc(self.vpc_of(search, address)).id.clone();
        match (search.ended_in, search.endpoint.is_some()) {
            (SearchedIn::Vpc, true) => Rule::InVpc { vpc_id: vpc_id() },
            (SearchedIn::PeeredVpc, true) => Rule::InPeeredVpc { vpc_id: vpc_id() },
            (SearchedIn::TransitVpc, true) => Rule::InTransitVpc { vpc_id: vpc_id() },
            (SearchedIn::Vpc | SearchedIn::PeeredVpc | SearchedIn::TransitVpc, false) => {
                Rule::NobodyInVpc { vpc_id: vpc_id() }
            }
            (SearchedIn::PublicAddresses, _) => {
                Rule::PublicAddress { interface_id: self.holder_id(address) }
            }
            (SearchedIn::AwsRanges, true) => range_rule(self.snapshot, address),
            (SearchedIn::AwsRanges, false) => Rule::NobodyBeyond,
            (SearchedIn::Nowhere, _) => Rule::Nowhere,
        }
    }

    /// The interface that `search` found.
    pub(super) fn interface(
        &self,
        search: &Search<'_>,
        address: IpAddr,
    ) -> Option<&'s InterfaceEntry> {
        search.endpoint?;
        match search.ended_in {
            SearchedIn::Vpc | SearchedIn::PeeredVpc | SearchedIn::TransitVpc => {
                self.snapshot.interface_in_vpc(self.vpc_of(search, address), address, self.at)
            }
            SearchedIn::PublicAddresses => {
                self.snapshot.interface_by_public_address(address, self.at)
            }
            SearchedIn::AwsRanges | SearchedIn::Nowhere => None,
        }
    }

    /// The VPC where `search` ended.
    fn vpc_of(&self, search: &Search<'_>, address: IpAddr) -> VpcIndex {
        if search.ended_in == SearchedIn::Vpc {
            return self.vpc;
        }
        match self.snapshot.destination(self.vpc, self.route_table, address) {
            Destination::Vpc(vpc) => vpc,
            Destination::Beyond | Destination::Nowhere => self.vpc,
        }
    }

    fn holder_id(&self, address: IpAddr) -> String {
        let holder = self.snapshot.interface_by_public_address(address, self.at);
        let id = holder.map(|holder| self.snapshot.interface_id(holder)).unwrap_or_default();
        String::from_utf8_lossy(id).into_owned()
    }
}

/// The range that an address lies in.
pub(super) fn range_rule(snapshot: &Snapshot, address: IpAddr) -> Rule {
    snapshot.aws_prefix(address).map_or(Rule::NobodyBeyond, |prefix| Rule::AwsRange { prefix })
}
