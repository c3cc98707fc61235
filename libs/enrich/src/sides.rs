//! Which side of a flow the network interface is, and who is at either end.

use std::net::IpAddr;

use weir_flowlog::{Direction, Field, FlowLine};
use weir_inventory::{Endpoint, InterfaceEntry, Snapshot, VpcIndex};
use weir_ipfix::InterfaceSide;

/// Both ends of a flow as the inventory knows them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides<'s> {
    /// The side that the network interface is.
    pub(crate) interface_side: InterfaceSide,
    /// What is known of `srcaddr`.
    pub(crate) source: Endpoint<'s>,
    /// What is known of `dstaddr`.
    pub(crate) destination: Endpoint<'s>,
}

impl<'s> Sides<'s> {
    /// Finds both ends: the interface's own side from the interface, the other side in the same
    /// VPC, then among the public addresses of instances, then in AWS's ranges.
    #[inline]
    pub(crate) fn find(
        snapshot: &'s Snapshot,
        vpc: VpcIndex,
        interface: Option<&'s InterfaceEntry>,
        line: &FlowLine<'_>,
    ) -> Self {
        let source = line.address(Field::SrcAddr);
        let destination = line.address(Field::DstAddr);
        let own = |address| own_endpoint(snapshot, interface, address);
        let (own_source, own_destination) = (own(source), own(destination));
        let interface_side = one_side(own_source.is_some(), own_destination.is_some())
            .or_else(|| {
                let packet_source = own(line.address(Field::PktSrcAddr));
                let packet_destination = own(line.address(Field::PktDstAddr));
                one_side(packet_source.is_some(), packet_destination.is_some())
            })
            .unwrap_or_else(|| side_by_direction(line.direction()));
        let identity =
            |own: Option<Endpoint<'s>>| own.unwrap_or_else(|| identity_of(snapshot, interface));
        let other = |address| other_endpoint(snapshot, vpc, address);
        let (source, destination) = match interface_side {
            InterfaceSide::Source => (identity(own_source), other(destination)),
            InterfaceSide::Destination => (other(source), identity(own_destination)),
            InterfaceSide::Unknown => (other(source), other(destination)),
        };
        Self { interface_side, source, destination }
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

#[inline]
fn other_endpoint(snapshot: &Snapshot, vpc: VpcIndex, address: Option<IpAddr>) -> Endpoint<'_> {
    let Some(address) = address else { return Endpoint::UNKNOWN };
    snapshot
        .endpoint_in_vpc(vpc, address)
        .or_else(|| snapshot.endpoint_by_public_address(address))
        .or_else(|| snapshot.aws_range(address).map(|range| range.endpoint()))
        .unwrap_or(Endpoint::UNKNOWN)
}
