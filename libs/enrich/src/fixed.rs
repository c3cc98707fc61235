//! The fixed-length elements of a record.

use std::net::IpAddr;

use weir_flowlog::{Action, Direction, Field, FlowLine};
use weir_ipfix::{AddressFamily, FixedPart, InterfaceSide, Slot, standard as slot};

use crate::interface_index::{VPC_INTERFACE_INDEX, interface_index};
use crate::line::LineValues;
use crate::native::NativePlan;
use crate::sides::Sides;

/// forwardingStatus "Forwarded, Unknown" (IANA).
const FORWARDED: u8 = 64;
/// forwardingStatus "Dropped, Unknown" (IANA).
const DROPPED: u8 = 128;
/// flowDirection (IANA): 0 ingress, 1 egress.
const INGRESS: u8 = 0;
const EGRESS: u8 = 1;

/// What the line alone tells.
#[inline]
pub(crate) fn put_line(fixed: &mut FixedPart, line: &FlowLine<'_>, plan: &NativePlan) {
    put_counters(fixed, line);
    put_traffic(fixed, line);
    put_addresses(fixed, line);
    for (field, slot) in &plan.numbers {
        put_added(fixed, line, *field, *slot);
    }
    for (packet, slot) in &plan.packets {
        put_packet(fixed, line, *packet, *slot);
    }
}

#[inline]
fn put_counters(fixed: &mut FixedPart, line: &FlowLine<'_>) {
    if let Some(octets) = line.number(Field::Bytes) {
        fixed.put_u64(slot::OCTETS, octets);
    }
    if let Some(packets) = line.number(Field::Packets) {
        fixed.put_u64(slot::PACKETS, packets);
    }
    if let Some(seconds) = line.number(Field::Start) {
        fixed.put_u64(slot::START, seconds.saturating_mul(1000));
    }
    if let Some(seconds) = line.number(Field::End) {
        fixed.put_u64(slot::END, seconds.saturating_mul(1000));
    }
}

#[inline]
fn put_traffic(fixed: &mut FixedPart, line: &FlowLine<'_>) {
    // The parser has bounded the numbers by the size of their fields.
    if let Some(port) = line.number(Field::SrcPort) {
        fixed.put_u16(slot::SOURCE_PORT, port as u16);
    }
    if let Some(port) = line.number(Field::DstPort) {
        fixed.put_u16(slot::DESTINATION_PORT, port as u16);
    }
    if let Some(protocol) = line.number(Field::Protocol) {
        fixed.put_u8(slot::PROTOCOL, protocol as u8);
    }
    if let Some(flags) = line.number(Field::TcpFlags) {
        fixed.put_u8(slot::TCP_FLAGS, flags as u8);
    }
    match line.action() {
        Some(Action::Accept) => fixed.put_u8(slot::FORWARDING_STATUS, FORWARDED),
        Some(Action::Reject) => fixed.put_u8(slot::FORWARDING_STATUS, DROPPED),
        None => {}
    }
}

#[inline]
fn put_addresses(fixed: &mut FixedPart, line: &FlowLine<'_>) {
    match line.address(Field::SrcAddr) {
        Some(IpAddr::V4(address)) => fixed.put_ipv4(slot::SOURCE_V4, address),
        Some(IpAddr::V6(address)) => fixed.put_ipv6(slot::SOURCE_V6, address),
        None => {}
    }
    match line.address(Field::DstAddr) {
        Some(IpAddr::V4(address)) => fixed.put_ipv4(slot::DESTINATION_V4, address),
        Some(IpAddr::V6(address)) => fixed.put_ipv6(slot::DESTINATION_V6, address),
        None => {}
    }
}

/// A number that was added to the layout; its element is as long as the field's numbers need.
fn put_added(fixed: &mut FixedPart, line: &FlowLine<'_>, field: Field, slot: Slot) {
    let Some(number) = line.number(field) else { return };
    match slot.length {
        1 => fixed.put_u8(slot, number as u8),
        2 => fixed.put_u16(slot, number as u16),
        4 => fixed.put_u32(slot, number as u32),
        _ => fixed.put_u64(slot, number),
    }
}

/// An address of the original packet, where it is another than the flow's. One of the other
/// family has no place in the layout.
fn put_packet(fixed: &mut FixedPart, line: &FlowLine<'_>, field: Field, slot: Slot) {
    let own = if field == Field::PktSrcAddr { Field::SrcAddr } else { Field::DstAddr };
    let Some(address) = line.address(field) else { return };
    if line.address(own) == Some(address) {
        return;
    }
    match (address, slot.length) {
        (IpAddr::V4(address), 4) => fixed.put_ipv4(slot, address),
        (IpAddr::V6(address), 16) => fixed.put_ipv6(slot, address),
        _ => {}
    }
}

/// What the lookups tell.
#[inline]
pub(crate) fn put_sides(fixed: &mut FixedPart, line: &LineValues<'_>, sides: &Sides<'_>) {
    // IPv6 addresses are not translated: the layout for them has no public addresses.
    if line.family == AddressFamily::V4 {
        if let Some(address) = sides.source.and_then(|end| end.public_address) {
            fixed.put_ipv4(slot::SOURCE_PUBLIC_V4, address);
        }
        if let Some(address) = sides.destination.and_then(|end| end.public_address) {
            fixed.put_ipv4(slot::DESTINATION_PUBLIC_V4, address);
        }
    }
    fixed.put_ends(sides.ends);
    put_interface(fixed, line, sides.interface_side);
}

/// Direction and interface indexes. The observation point is the VPC's router: traffic that the
/// interface sent enters the router through it.
#[inline]
fn put_interface(fixed: &mut FixedPart, line: &LineValues<'_>, side: InterfaceSide) {
    fixed.put_interface_side(side);
    let index = line.interface_id.map_or(VPC_INTERFACE_INDEX, interface_index);
    let (ingress, egress) = match side {
        InterfaceSide::Source => (index, VPC_INTERFACE_INDEX),
        InterfaceSide::Destination => (VPC_INTERFACE_INDEX, index),
        InterfaceSide::Unknown => (VPC_INTERFACE_INDEX, VPC_INTERFACE_INDEX),
    };
    fixed.put_u32(slot::INGRESS_INTERFACE, ingress);
    fixed.put_u32(slot::EGRESS_INTERFACE, egress);
    match (line.direction, side) {
        (Some(Direction::Egress), _) | (None, InterfaceSide::Source) => {
            fixed.put_u8(slot::DIRECTION, EGRESS);
        }
        (Some(Direction::Ingress), _) | (None, InterfaceSide::Destination) => {
            fixed.put_u8(slot::DIRECTION, INGRESS);
        }
        (None, InterfaceSide::Unknown) => {}
    }
}
