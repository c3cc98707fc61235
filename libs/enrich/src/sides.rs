//! Which side of a flow the network interface is, and who is at either end.

use std::net::IpAddr;

use weir_flowlog::Direction;
use weir_inventory::{
    Endpoint, InterfaceEntry, RouteTableIndex, Search, SearchedIn, Snapshot, VpcIndex,
};
use weir_ipfix::{Ends, InterfaceSide};

use crate::decision::{EndDecision, SideDecision};
use crate::line::{LineValues, SideValues};

/// Both ends of a flow as the inventory knows them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides<'s> {
    /// The side that the network interface is.
    pub(crate) interface_side: InterfaceSide,
    /// What is known of `srcaddr`; `None` until the other side is looked up.
    pub(crate) source: Option<Endpoint<'s>>,
    /// What is known of `dstaddr`; `None` as well.
    pub(crate) destination: Option<Endpoint<'s>>,
    /// Where they lie.
    pub(crate) ends: Ends,
}

impl<'s> Sides<'s> {
    /// Nothing is known.
    pub(crate) const UNKNOWN: Sides<'static> = Sides {
        interface_side: InterfaceSide::Unknown,
        source: None,
        destination: None,
        ends: Ends {
            source_is_local: false,
            destination_is_local: false,
            is_of_transit_gateway: false,
            are_in_one_vpc: false,
        },
    };

    /// Finds the side of a flow that a network interface is, and tells how it was told and how
    /// that side was found. The interface tells all about it; the other side is left open.
    #[inline]
    pub(crate) fn of_interface(
        snapshot: &'s Snapshot,
        interface: Option<&'s InterfaceEntry>,
        line: &LineValues<'_>,
    ) -> (Self, SideDecision, EndDecision) {
        if let Some(sides) = Self::of_primary(snapshot, interface, line) {
            return (sides, SideDecision::PrimaryAddress, EndDecision::OwnAddress);
        }
        let own = |address| own_endpoint(snapshot, interface, address, line.at);
        let (own_source, own_destination) =
            (own(line.source.address), own(line.destination.address));
        let by_packet = || {
            let packet_source = own(line.source.packet_address);
            let packet_destination = own(line.destination.packet_address);
            let side = one_side(packet_source.is_some(), packet_destination.is_some())?;
            Some((side, SideDecision::PacketAddress))
        };
        let (interface_side, decision) = one_side(own_source.is_some(), own_destination.is_some())
            .map(|side| (side, SideDecision::OwnAddress))
            .or_else(by_packet)
            .unwrap_or_else(|| side_by_direction(line.direction));
        let own = match interface_side {
            InterfaceSide::Source => own_source,
            InterfaceSide::Destination => own_destination,
            InterfaceSide::Unknown => return (Self::UNKNOWN, decision, EndDecision::Open),
        };
        let found = match own {
            Some(_) => EndDecision::OwnAddress,
            None => EndDecision::Identity,
        };
        let own = own.unwrap_or_else(|| identity_of(snapshot, interface, line.at));
        (Self::of_own(interface_side, own), decision, found)
    }

    /// What is known of the side that the interface is.
    #[inline]
    fn of_own(interface_side: InterfaceSide, own: Endpoint<'s>) -> Self {
        let (source, destination) = match interface_side {
            InterfaceSide::Source => (Some(own), None),
            InterfaceSide::Destination | InterfaceSide::Unknown => (None, Some(own)),
        };
        let source_is_local = source.is_some();
        let ends =
            Ends { source_is_local, destination_is_local: !source_is_local, ..Ends::default() };
        Self { interface_side, source, destination, ends }
    }

    /// The common case: one side has the interface's primary address, under which flow logs show
    /// the interface whatever address it used.
    #[inline]
    fn of_primary(
        snapshot: &'s Snapshot,
        interface: Option<&'s InterfaceEntry>,
        line: &LineValues<'_>,
    ) -> Option<Self> {
        let interface = interface?;
        let is_primary = |side: &SideValues<'_>| matches!(side.address, Some(IpAddr::V4(address)) if interface.is_primary(address));
        let side = one_side(is_primary(&line.source), is_primary(&line.destination))?;
        Some(Self::of_own(side, snapshot.primary_endpoint(interface, line.at)))
    }

    /// Brings what the lookup of the other side reads first into the cache.
    #[inline]
    pub(crate) fn touch_other(
        &self,
        snapshot: &Snapshot,
        vpc: VpcIndex,
        line: &LineValues<'_>,
    ) -> u64 {
        let other = match self.interface_side {
            InterfaceSide::Destination => &line.source,
            InterfaceSide::Source | InterfaceSide::Unknown => &line.destination,
        };
        other.address.map_or(0, |address| snapshot.touch_address(vpc, address))
    }

    /// Finds what is left open, where routes lead from the interface's subnet, and tells how the
    /// source and the destination were looked for.
    #[inline]
    pub(crate) fn find_other(
        &mut self,
        snapshot: &'s Snapshot,
        vpc: VpcIndex,
        interface: Option<&InterfaceEntry>,
        line: &LineValues<'_>,
    ) -> [EndDecision; 2] {
        let route_table = || route_table_of(snapshot, interface, line);
        let find = |address| search_other(snapshot, vpc, route_table, address, line.at);
        let source = find_open(&mut self.source, line.source.address, find);
        let destination = find_open(&mut self.destination, line.destination.address, find);
        self.note_ends(source, destination);
        let found_here = EndDecision::Searched(SearchedIn::Vpc);
        self.ends.are_in_one_vpc = [source, destination].contains(&found_here)
            && self.source.is_some()
            && self.destination.is_some();
        [source, destination]
    }

    /// Finds both ends of a flow that a transit gateway saw, each in the VPC that the line names
    /// for it, and tells how they were looked for. Neither is an interface of the transit
    /// gateway.
    pub(crate) fn of_transit_gateway(
        snapshot: &'s Snapshot,
        line: &LineValues<'_>,
    ) -> (Self, [EndDecision; 2]) {
        let mut sides = Self::UNKNOWN;
        let find = |side: &SideValues<'_>, address| {
            let vpc = side.vpc_id.and_then(|id| snapshot.vpc_by_id(id));
            snapshot.search_across_transit(vpc, address, line.at)
        };
        let source =
            find_open(&mut sides.source, line.source.address, |each| find(&line.source, each));
        let destination = find_open(&mut sides.destination, line.destination.address, |each| {
            find(&line.destination, each)
        });
        sides.note_ends(source, destination);
        sides.ends.is_of_transit_gateway = true;
        (sides, [source, destination])
    }

    /// An end is local that was looked for in a VPC, found or not: a VPC's addresses are its own.
    #[inline]
    fn note_ends(&mut self, source: EndDecision, destination: EndDecision) {
        self.ends.source_is_local |= is_in_vpc(source);
        self.ends.destination_is_local |= is_in_vpc(destination);
    }
}

#[inline]
fn is_in_vpc(end: EndDecision) -> bool {
    use SearchedIn::{PeeredVpc, TransitVpc, Vpc};
    matches!(end, EndDecision::Searched(Vpc | PeeredVpc | TransitVpc))
}

/// Finds an end that is open as yet, by its address.
#[inline]
fn find_open<'s>(
    end: &mut Option<Endpoint<'s>>,
    address: Option<IpAddr>,
    find: impl FnOnce(IpAddr) -> Search<'s>,
) -> EndDecision {
    let (None, Some(address)) = (*end, address) else { return EndDecision::Open };
    let search = find(address);
    *end = search.endpoint;
    EndDecision::Searched(search.ended_in)
}

/// The interface is the side whose address it owns. Where both or none are its own, the
/// addresses of the original packet tell (secondary addresses are seen only there), then
/// `flow-direction`, which is as the interface sees it.
#[inline]
fn one_side(is_source: bool, is_destination: bool) -> Option<InterfaceSide> {
    match (is_source, is_destination) {
        (true, false) => Some(InterfaceSide::Source),
        (false, true) => Some(InterfaceSide::Destination),
        _ => None,
    }
}

fn side_by_direction(direction: Option<Direction>) -> (InterfaceSide, SideDecision) {
    match direction {
        Some(Direction::Egress) => (InterfaceSide::Source, SideDecision::Direction),
        Some(Direction::Ingress) => (InterfaceSide::Destination, SideDecision::Direction),
        None => (InterfaceSide::Unknown, SideDecision::Nothing),
    }
}

#[inline]
fn own_endpoint<'s>(
    snapshot: &'s Snapshot,
    interface: Option<&InterfaceEntry>,
    address: Option<IpAddr>,
    at: u64,
) -> Option<Endpoint<'s>> {
    snapshot.endpoint_of_interface(interface?, address?, at)
}

/// The interface by itself, for an address that the inventory does not have as yet. A public
/// address belongs to a private one and is then unknown.
fn identity_of<'s>(
    snapshot: &'s Snapshot,
    interface: Option<&InterfaceEntry>,
    at: u64,
) -> Endpoint<'s> {
    let primary = interface.map(|interface| snapshot.primary_endpoint(interface, at));
    Endpoint { public_address: None, ..primary.unwrap_or(Endpoint::UNKNOWN) }
}

/// The table that routes from the interface's subnet; without one the VPC's main table counts.
#[inline]
pub(crate) fn route_table_of(
    snapshot: &Snapshot,
    interface: Option<&InterfaceEntry>,
    line: &LineValues<'_>,
) -> Option<RouteTableIndex> {
    let of_subnet = || snapshot.route_table_of_subnet(line.subnet_id?);
    interface.map_or_else(of_subnet, InterfaceEntry::route_table)
}

/// Mostly an address of the same VPC or of the internet: only what the VPC itself does not have
/// needs a look at routes.
#[inline]
pub(crate) fn search_other<'s>(
    snapshot: &'s Snapshot,
    vpc: VpcIndex,
    route_table: impl FnOnce() -> Option<RouteTableIndex>,
    address: IpAddr,
    at: u64,
) -> Search<'s> {
    match snapshot.endpoint_in_vpc(vpc, address, at) {
        in_vpc @ Some(_) => Search { endpoint: in_vpc, ended_in: SearchedIn::Vpc },
        None => snapshot.search_by_route(vpc, route_table(), address, at),
    }
}
