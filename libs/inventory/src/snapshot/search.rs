//! The search for an address along routes.

use std::net::IpAddr;

use super::Snapshot;
use crate::endpoint::Endpoint;
use crate::exporters::VpcIndex;
use crate::routes::{Destination, Passage, RouteTableIndex, Way};

/// What a search found for an address, and where it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search<'s> {
    /// What has the address; `None` when nothing has it there.
    pub endpoint: Option<Endpoint<'s>>,
    /// Where the search ended, with success or without.
    pub ended_in: SearchedIn,
}

/// Where the search for an address may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchedIn {
    /// In the VPC where it began.
    Vpc,
    /// In a VPC to which a peering connection leads.
    PeeredVpc,
    /// In a VPC to which transit gateways lead.
    TransitVpc,
    /// Beyond all VPCs, among the public addresses of interfaces.
    PublicAddresses,
    /// Beyond all VPCs, in AWS's published ranges, which are asked last.
    AwsRanges,
    /// Nowhere: no route leads to a place.
    Nowhere,
}

impl Snapshot {
    /// Where `address` lies for an interface in `vpc` whose subnet is associated with
    /// `route_table`; without one, or with one of another VPC, the VPC's main table counts.
    ///
    /// As AWS routes it (<https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>):
    /// inside the VPC's own blocks it is the VPC, else the longest prefix of the table decides.
    /// A peering connection leads to the peer and no further. A transit gateway leads on by the
    /// table that is associated with the VPC's attachment, over peered transit gateways and
    /// through VPCs that send traffic back to a transit gateway.
    pub fn destination(
        &self,
        vpc: VpcIndex,
        route_table: Option<RouteTableIndex>,
        address: IpAddr,
    ) -> Destination {
        self.way(vpc, route_table, address).destination
    }

    /// The same, with what the way leads over.
    pub fn way(&self, vpc: VpcIndex, route_table: Option<RouteTableIndex>, address: IpAddr) -> Way {
        self.tables.routes.way(vpc, route_table, address)
    }

    /// What had `address` at that time (see [`Snapshot::endpoint_in_vpc`]) where
    /// [`Snapshot::destination`] says that it lies: in that VPC alone, or beyond all of them by
    /// its public address, else its AWS range.
    pub fn endpoint_by_route(
        &self,
        vpc: VpcIndex,
        route_table: Option<RouteTableIndex>,
        address: IpAddr,
        at: u64,
    ) -> Option<Endpoint<'_>> {
        self.search_by_route(vpc, route_table, address, at).endpoint
    }

    /// The same, with where the search ended.
    pub fn search_by_route(
        &self,
        vpc: VpcIndex,
        route_table: Option<RouteTableIndex>,
        address: IpAddr,
        at: u64,
    ) -> Search<'_> {
        let way = self.tables.routes.way(vpc, route_table, address);
        match way.destination {
            Destination::Vpc(vpc) => {
                let endpoint = self.endpoint_in_vpc(vpc, address, at);
                Search { endpoint, ended_in: SearchedIn::over(way.passage) }
            }
            Destination::Beyond => self.search_public(address, at),
            Destination::Nowhere => Search { endpoint: None, ended_in: SearchedIn::Nowhere },
        }
    }

    /// What has `address` in the VPC that a transit gateway names for one side of a flow. There,
    /// or without a VPC, an address outside of the VPC's blocks is a public one or unknown.
    pub fn endpoint_across_transit(
        &self,
        vpc: Option<VpcIndex>,
        address: IpAddr,
        at: u64,
    ) -> Option<Endpoint<'_>> {
        self.search_across_transit(vpc, address, at).endpoint
    }

    /// The same, with where the search ended.
    pub fn search_across_transit(
        &self,
        vpc: Option<VpcIndex>,
        address: IpAddr,
        at: u64,
    ) -> Search<'_> {
        let Some(vpc) = vpc else { return self.search_public(address, at) };
        let endpoint = self.endpoint_in_vpc(vpc, address, at);
        if endpoint.is_none() && !self.tables.routes.is_inside(vpc, address) {
            return self.search_public(address, at);
        }
        Search { endpoint, ended_in: SearchedIn::Vpc }
    }

    /// What has `address` in the world, wherever one is: an interface by its public address, else
    /// an AWS range.
    pub fn search_public(&self, address: IpAddr, at: u64) -> Search<'_> {
        if let Some(holder) = self.endpoint_by_public_address(address, at) {
            return Search { endpoint: Some(holder), ended_in: SearchedIn::PublicAddresses };
        }
        let range = self.aws_range(address).map(|range| range.endpoint());
        Search { endpoint: range, ended_in: SearchedIn::AwsRanges }
    }
}

impl SearchedIn {
    /// Where the VPC lies to which a way leads over `passage`.
    fn over(passage: Passage) -> SearchedIn {
        match passage {
            Passage::Peering => SearchedIn::PeeredVpc,
            Passage::TransitGateway => SearchedIn::TransitVpc,
            Passage::Local | Passage::Other | Passage::NoRoute => SearchedIn::Vpc,
        }
    }
}
