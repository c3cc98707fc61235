//! Which side of a flow the network interface is, and who is at either end.

use std::net::IpAddr;

use weir_flowlog::Direction;
use weir_inventory::{Endpoint, InterfaceEntry, Snapshot, VpcIndex};
use weir_ipfix::InterfaceSide;

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
}

impl<'s> Sides<'s> {
    /// Nothing is known.
    pub(crate) const UNKNOWN: Sides<'static> =
        Sides { interface_side: InterfaceSide::Unknown, source: None, destination: None };

    /// Finds the side of a flow that a network interface is. The interface tells all about it;
    /// the other side is left open.
    #[inline]
    pub(crate) fn of_interface(
        snapshot: &'s Snapshot,
        interface: Option<&'s InterfaceEntry>,
        line: &LineValues<'_>,
    ) -> Self {
        if let Some(sides) = Self::of_primary(snapshot, interface, line) {
            return sides;
        }
        let own = |address| own_endpoint(snapshot, interface, address);
        let (own_source, own_destination) =
            (own(line.source.address), own(line.destination.address));
        let interface_side = one_side(own_source.is_some(), own_destination.is_some())
            .or_else(|| {
                let packet_source = own(line.source.packet_address);
                let packet_destination = own(line.destination.packet_address);
                one_side(packet_source.is_some(), packet_destination.is_some())
            })
            .unwrap_or_else(|| side_by_direction(line.direction));
        let identity = |own: Option<Endpoint<'s>>| {
            Some(own.unwrap_or_else(|| identity_of(snapshot, interface)))
        };
        let (source, destination) = match interface_side {
            InterfaceSide::Source => (identity(own_source), None),
            InterfaceSide::Destination => (None, identity(own_destination)),
            InterfaceSide::Unknown => (None, None),
        };
        Self { interface_side, source, destination }
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
        let own = Some(snapshot.primary_endpoint(interface));
        let (source, destination) = match side {
            InterfaceSide::Source => (own, None),
            InterfaceSide::Destination | InterfaceSide::Unknown => (None, own),
        };
        Some(Self { interface_side: side, source, destination })
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

    /// Finds what is left open, where routes lead from the interface's subnet.
    #[inline]
    pub(crate) fn find_other(
        &mut self,
        snapshot: &'s Snapshot,
        vpc: VpcIndex,
        interface: Option<&InterfaceEntry>,
        line: &LineValues<'_>,
    ) {
        let find = |address| other_endpoint(snapshot, vpc, interface, line, address);
        self.source = self.source.or_else(|| find(line.source.address?));
        self.destination = self.destination.or_else(|| find(line.destination.address?));
    }

    /// Finds both ends of a flow that a transit gateway saw: each in the VPC that the line names
    /// for it. Neither is an interface of the transit gateway.
    pub(crate) fn of_transit_gateway(snapshot: &'s Snapshot, line: &LineValues<'_>) -> Self {
        let find = |side: &SideValues<'_>| {
            let vpc = side.vpc_id.and_then(|id| snapshot.vpc_by_id(id));
            snapshot.endpoint_across_transit(vpc, side.address?)
        };
        Self { source: find(&line.source), destination: find(&line.destination), ..Self::UNKNOWN }
    }
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

fn side_by_direction(direction: Option<Direction>) -> InterfaceSide {
    match direction {
        Some(Direction::Egress) => InterfaceSide::Source,
        Some(Direction::Ingress) => InterfaceSide::Destination,
        None => InterfaceSide::Unknown,
    }
}

#[inline]
fn own_endpoint<'s>(
    snapshot: &'s Snapshot,
    interface: Option<&InterfaceEntry>,
    address: Option<IpAddr>,
) -> Option<Endpoint<'s>> {
    snapshot.endpoint_of_interface(interface?, address?)
}

/// The interface by itself, for an address that the inventory does not have as yet. A public
/// address belongs to a private one and is then unknown.
fn identity_of<'s>(snapshot: &'s Snapshot, interface: Option<&InterfaceEntry>) -> Endpoint<'s> {
    let primary = interface.map(|interface| snapshot.primary_endpoint(interface));
    Endpoint { public_address: None, ..primary.unwrap_or(Endpoint::UNKNOWN) }
}

/// Mostly an address of the same VPC or of the internet: only what the VPC itself does not have
/// needs a look at routes.
#[inline]
fn other_endpoint<'s>(
    snapshot: &'s Snapshot,
    vpc: VpcIndex,
    interface: Option<&InterfaceEntry>,
    line: &LineValues<'_>,
    address: IpAddr,
) -> Option<Endpoint<'s>> {
    let by_route = || {
        let of_subnet = || snapshot.route_table_of_subnet(line.subnet_id?);
        let route_table = interface.map_or_else(of_subnet, InterfaceEntry::route_table);
        snapshot.endpoint_by_route(vpc, route_table, address)
    };
    let in_vpc = snapshot.endpoint_in_vpc(vpc, address);
    in_vpc.or_else(by_route)
}
