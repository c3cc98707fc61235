//! Writes the record of one line.

use std::net::IpAddr;

use weir_flowlog::{Action, Direction, Field, FlowLine};
use weir_inventory::{Endpoint, InterfaceEntry, Snapshot, VpcEntry, VpcIndex};
use weir_ipfix::{
    AddressFamily, FixedPart, InterfaceSide, LayoutPair, RecordWriter, standard as slot,
};

use crate::groups::RecordGroups;
use crate::interface_index::{VPC_INTERFACE_INDEX, interface_index};
use crate::sides::Sides;

/// forwardingStatus "Forwarded, Unknown" (IANA).
const FORWARDED: u8 = 64;
/// forwardingStatus "Dropped, Unknown" (IANA).
const DROPPED: u8 = 128;
/// flowDirection (IANA): 0 ingress, 1 egress.
const INGRESS: u8 = 0;
const EGRESS: u8 = 1;

/// Writes records under one pair of layouts. Reused from line to line, so that nothing is
/// allocated for a record.
#[derive(Debug)]
pub struct LineEnricher<'l> {
    layouts: &'l LayoutPair,
    v4: FixedPart,
    v6: FixedPart,
}

/// What there is to say of a line beside its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enriched {
    /// The inventory does not have the line's VPC: its record carries the fallback exporter.
    pub is_unknown_vpc: bool,
    /// How many strings were cut to the longest that is written.
    pub strings_cut: u32,
}

impl<'l> LineEnricher<'l> {
    /// A writer of records under `layouts`.
    pub fn new(layouts: &'l LayoutPair) -> Self {
        let (v4, v6) = (FixedPart::new(&layouts.v4), FixedPart::new(&layouts.v6));
        Self { layouts, v4, v6 }
    }

    /// Appends the record of `line` to the group of its observation domain.
    #[inline]
    pub fn enrich(
        &mut self,
        snapshot: &Snapshot,
        line: &FlowLine<'_>,
        groups: &mut RecordGroups,
    ) -> Enriched {
        let interface_id = line.text(Field::InterfaceId);
        let interface = interface_id.and_then(|id| snapshot.interface(id));
        let index = exporter_of(snapshot, interface, line);
        let exporter = snapshot.vpc(index);
        let sides = Sides::find(snapshot, index, interface, line);

        let family = if line.is_ipv6() { AddressFamily::V6 } else { AddressFamily::V4 };
        let fixed = match family {
            AddressFamily::V4 => &mut self.v4,
            AddressFamily::V6 => &mut self.v6,
        };
        fixed.clear();
        put_counters(fixed, line);
        put_addresses(fixed, line, &sides);
        put_interface(fixed, line, sides.interface_side);
        fixed.put_ipv4(slot::EXPORTER_ADDRESS, exporter.exporter_address);

        let mut enriched = Enriched { is_unknown_vpc: index == VpcIndex::FALLBACK, strings_cut: 0 };
        let domain = exporter.observation_domain_id;
        if let Some(group) = groups.group(self.layouts, family, domain) {
            let mut record = group.start_record(fixed);
            record.push_encoded(&exporter.encoded_exporter_name);
            push_sides(&mut record, line, &sides);
            push_identifiers(&mut record, line, interface, exporter);
            enriched.strings_cut = record.finish();
        }
        enriched
    }
}

/// The VPC or transit gateway that the line is of: as the line says, else as the interface's
/// inventory says, else the fallback.
#[inline]
fn exporter_of(
    snapshot: &Snapshot,
    interface: Option<&InterfaceEntry>,
    line: &FlowLine<'_>,
) -> VpcIndex {
    let of_interface = interface.map(InterfaceEntry::vpc);
    if let Some(id) = line.text(Field::VpcId) {
        // Nearly always the same VPC: a comparison saves a lookup.
        let is_same = |index: &VpcIndex| snapshot.vpc(*index).id.as_bytes() == id;
        let same = of_interface.filter(is_same);
        return same.or_else(|| snapshot.vpc_by_id(id)).unwrap_or(VpcIndex::FALLBACK);
    }
    let gateway = || snapshot.transit_gateway_by_id(line.text(Field::TgwId)?);
    of_interface.or_else(gateway).unwrap_or(VpcIndex::FALLBACK)
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
fn put_addresses(fixed: &mut FixedPart, line: &FlowLine<'_>, sides: &Sides<'_>) {
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
    // IPv6 addresses are not translated: the layout for them has no public addresses.
    if !line.is_ipv6() {
        if let Some(address) = sides.source.public_address {
            fixed.put_ipv4(slot::SOURCE_PUBLIC_V4, address);
        }
        if let Some(address) = sides.destination.public_address {
            fixed.put_ipv4(slot::DESTINATION_PUBLIC_V4, address);
        }
    }
}

/// Direction and interface indexes. The observation point is the VPC's router: traffic that the
/// interface sent enters the router through it.
#[inline]
fn put_interface(fixed: &mut FixedPart, line: &FlowLine<'_>, side: InterfaceSide) {
    fixed.put_interface_side(side);
    let index = line.text(Field::InterfaceId).map_or(VPC_INTERFACE_INDEX, interface_index);
    let (ingress, egress) = match side {
        InterfaceSide::Source => (index, VPC_INTERFACE_INDEX),
        InterfaceSide::Destination => (VPC_INTERFACE_INDEX, index),
        InterfaceSide::Unknown => (VPC_INTERFACE_INDEX, VPC_INTERFACE_INDEX),
    };
    fixed.put_u32(slot::INGRESS_INTERFACE, ingress);
    fixed.put_u32(slot::EGRESS_INTERFACE, egress);
    match (line.direction(), side) {
        (Some(Direction::Egress), _) | (None, InterfaceSide::Source) => {
            fixed.put_u8(slot::DIRECTION, EGRESS);
        }
        (Some(Direction::Ingress), _) | (None, InterfaceSide::Destination) => {
            fixed.put_u8(slot::DIRECTION, INGRESS);
        }
        (None, InterfaceSide::Unknown) => {}
    }
}

/// The strings of both sides, in the layout's order.
#[inline]
fn push_sides(record: &mut RecordWriter<'_>, line: &FlowLine<'_>, sides: &Sides<'_>) {
    let is_own = |side| sides.interface_side == side;
    push_side(record, line, &sides.source, &SOURCE, is_own(InterfaceSide::Source));
    push_side(record, line, &sides.destination, &DESTINATION, is_own(InterfaceSide::Destination));
}

/// The fields of a line that describe one side.
struct SideFields {
    address: Field,
    packet_address: Field,
    service: Field,
}

const SOURCE: SideFields = SideFields {
    address: Field::SrcAddr,
    packet_address: Field::PktSrcAddr,
    service: Field::PktSrcAwsService,
};

const DESTINATION: SideFields = SideFields {
    address: Field::DstAddr,
    packet_address: Field::PktDstAddr,
    service: Field::PktDstAwsService,
};

/// One side's strings. What the inventory does not know is taken from the line where the line
/// has it: the interface's instance and region for its own side, the service that AWS names for
/// the packet's address where that is the flow's address.
#[inline]
fn push_side(
    record: &mut RecordWriter<'_>,
    line: &FlowLine<'_>,
    endpoint: &Endpoint<'_>,
    fields: &SideFields,
    is_own: bool,
) {
    // The service is the last of the strings; an unknown one is a single 0.
    let Some((0, known)) = endpoint.strings.split_last() else {
        record.push_encoded(endpoint.strings);
        return;
    };
    if is_own && endpoint.strings == Endpoint::UNKNOWN.strings {
        record.push_string(line.text(Field::InstanceId).unwrap_or_default());
        record.push_string(b"");
        record.push_string(line.text(Field::Region).unwrap_or_default());
    } else {
        record.push_encoded(known);
    }
    record.push_string(service_of_line(line, fields).unwrap_or_default());
}

#[inline]
fn service_of_line<'t>(line: &FlowLine<'t>, fields: &SideFields) -> Option<&'t [u8]> {
    let service = line.text(fields.service)?;
    let packet_address = line.address(fields.packet_address);
    let is_same = packet_address.is_none() || packet_address == line.address(fields.address);
    is_same.then_some(service)
}

/// Account, VPC, subnet, interface and type: the line's own words before the inventory's.
#[inline]
fn push_identifiers(
    record: &mut RecordWriter<'_>,
    line: &FlowLine<'_>,
    interface: Option<&InterfaceEntry>,
    exporter: &VpcEntry,
) {
    let account = line.text(Field::AccountId).filter(|account| *account != b"unknown");
    let account = account.or(interface.map(InterfaceEntry::account_id));
    record.push_string(account.unwrap_or(exporter.account_id.as_bytes()));
    let is_gateway = line.text(Field::TgwId).is_some();
    let vpc = if is_gateway { "" } else { exporter.id.as_str() };
    record.push_string(line.text(Field::VpcId).unwrap_or(vpc.as_bytes()));
    let subnet = interface.map(InterfaceEntry::subnet_id).unwrap_or_default();
    record.push_string(line.text(Field::SubnetId).unwrap_or(subnet));
    record.push_string(line.text(Field::InterfaceId).unwrap_or_default());
    record.push_string(line.text(Field::Type).unwrap_or_default());
}
