//! What a window reads of a record.

use std::net::IpAddr;

use weir_ipfix::{
    InterfaceSide, Layout, LayoutRevision, RecordView, Slot, element as ie, split_string,
    standard as slot,
};

use super::entry::{View, bit};
use super::key::{End, Key};

/// How the records of one layout are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordPlan {
    pub(crate) revision: LayoutRevision,
    /// The addresses of the original packet; of each family's the ones that the layout has.
    packet: [Option<Slot>; 2],
    /// Which of the strings behind those of every record are the geographic regions.
    geo: [Option<usize>; 2],
}

/// The strings of every record, by the element that each group of them begins with.
const SIDE_STRINGS: usize = 4;
const INTERFACE_STRINGS: usize = 5;

/// One flow log record, as it is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) key: Key,
    /// It goes from the second end of its key to the first.
    pub(crate) is_back: bool,
    pub(crate) view: View,
    pub(crate) octets: u64,
    pub(crate) packets: u64,
    /// Unix seconds.
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) flags: u8,
    pub(crate) has_flags: bool,
    pub(crate) places: u8,
}

impl Flow {
    /// The first end of the key is local; the second has the next bit.
    pub(crate) const FIRST_IS_LOCAL: u8 = 1;
    pub(crate) const SECOND_IS_LOCAL: u8 = 2;
    pub(crate) const IS_OF_TRANSIT_GATEWAY: u8 = 4;
}

/// What is read how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Flows and the ones back have one key.
    pub(crate) stitches: bool,
    /// The addresses of the original packet count.
    pub(crate) reads_packet: bool,
}

/// The texts of a record by what they describe.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecordTexts<'a> {
    /// Instance, name, region and service of source and destination, encoded.
    pub(crate) sides: [&'a [u8]; 2],
    /// Their geographic regions, encoded; empty where the record has none.
    pub(crate) geo: [&'a [u8]; 2],
    /// The exporter's name, encoded.
    pub(crate) exporter_name: &'a [u8],
    /// Account, VPC, subnet, interface and type, encoded.
    pub(crate) interface: &'a [u8],
}

impl RecordPlan {
    pub(crate) fn new(layout: &Layout) -> Self {
        let packet = |v4, v6| layout.slot(&v4).or_else(|| layout.slot(&v6));
        let first_extra = 1 + 2 * SIDE_STRINGS + INTERFACE_STRINGS;
        let geo = |element| layout.string_index(&element)?.checked_sub(first_extra);
        Self {
            revision: layout.revision(),
            packet: [
                packet(ie::SOURCE_PACKET_IPV4_ADDRESS, ie::SOURCE_PACKET_IPV6_ADDRESS),
                packet(ie::DESTINATION_PACKET_IPV4_ADDRESS, ie::DESTINATION_PACKET_IPV6_ADDRESS),
            ],
            geo: [geo(ie::SOURCE_GEO_REGION), geo(ie::DESTINATION_GEO_REGION)],
        }
    }

    #[inline]
    pub(crate) fn read(
        &self,
        observation_domain_id: u32,
        record: &RecordView<'_>,
        reading: Reading,
    ) -> Flow {
        let [source_packet, destination_packet] =
            if reading.reads_packet { self.packet } else { [None; 2] };
        let packet = |place: Option<Slot>| record.address(place?);
        let source = packet(source_packet).or_else(|| record.source_address());
        let destination = packet(destination_packet).or_else(|| record.destination_address());
        let source = end_of(source, record.unsigned(slot::SOURCE_PORT));
        let destination = end_of(destination, record.unsigned(slot::DESTINATION_PORT));
        let is_whole = source.has(End::ADDRESS) && destination.has(End::ADDRESS);
        let is_back = reading.stitches && is_whole && destination < source;
        let ends = if is_back { [destination, source] } else { [source, destination] };
        let octet = |place| record.unsigned(place).map(|value| value as u8);
        let (protocol, status) = (octet(slot::PROTOCOL), octet(slot::FORWARDING_STATUS));
        let is_ipv6 = record.layout().family() == weir_ipfix::AddressFamily::V6;
        let shape = bit(is_ipv6, Key::IPV6)
            | bit(protocol.is_some(), Key::PROTOCOL)
            | bit(status.is_some(), Key::STATUS);
        let flags = octet(slot::TCP_FLAGS);
        Flow {
            key: Key {
                ends,
                observation_domain_id,
                protocol: protocol.unwrap_or(0),
                status: status.unwrap_or(0),
                shape,
            },
            is_back,
            view: view_of(record.interface_side()),
            octets: record.unsigned(slot::OCTETS).unwrap_or(0),
            packets: record.unsigned(slot::PACKETS).unwrap_or(0),
            start: seconds(record.unsigned(slot::START)),
            end: seconds(record.unsigned(slot::END)),
            flags: flags.unwrap_or(0),
            has_flags: flags.is_some(),
            places: places_of(record, is_back),
        }
    }

    /// The texts of a record; none of a damaged one.
    pub(crate) fn texts<'a>(&self, record: &RecordView<'a>) -> RecordTexts<'a> {
        self.split(record).unwrap_or_default()
    }

    fn split<'a>(&self, record: &RecordView<'a>) -> Option<RecordTexts<'a>> {
        let strings = record.data().get(record.layout().fixed_length()..)?;
        let (exporter_name, rest) = split_encoded(strings, 1)?;
        let (source, rest) = split_encoded(rest, SIDE_STRINGS)?;
        let (destination, rest) = split_encoded(rest, SIDE_STRINGS)?;
        let (interface, extras) = split_encoded(rest, INTERFACE_STRINGS)?;
        let geo = |place: Option<usize>| {
            let (_, rest) = split_encoded(extras, place?)?;
            Some(split_encoded(rest, 1)?.0)
        };
        let geo = self.geo.map(|place| geo(place).unwrap_or_default());
        Some(RecordTexts { sides: [source, destination], geo, exporter_name, interface })
    }
}

/// The first `count` strings as they are encoded, and the rest.
pub(crate) fn split_encoded(strings: &[u8], count: usize) -> Option<(&[u8], &[u8])> {
    let mut rest = strings;
    for _ in 0..count {
        rest = split_string(rest)?.1;
    }
    strings.split_at_checked(strings.len() - rest.len())
}

fn end_of(address: Option<IpAddr>, port: Option<u64>) -> End {
    let octets = match address {
        Some(IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(address)) => address.octets(),
        None => [0; 16],
    };
    let has = bit(address.is_some(), End::ADDRESS) | bit(port.is_some(), End::PORT);
    End { address: octets, port: port.unwrap_or(0) as u16, has }
}

fn view_of(side: InterfaceSide) -> View {
    match side {
        InterfaceSide::Destination => View::Destination,
        InterfaceSide::Source | InterfaceSide::Unknown => View::Source,
    }
}

fn places_of(record: &RecordView<'_>, is_back: bool) -> u8 {
    let ends = record.ends();
    let (first, second) = match is_back {
        false => (ends.source_is_local, ends.destination_is_local),
        true => (ends.destination_is_local, ends.source_is_local),
    };
    bit(first, Flow::FIRST_IS_LOCAL)
        | bit(second, Flow::SECOND_IS_LOCAL)
        | bit(ends.is_of_transit_gateway, Flow::IS_OF_TRANSIT_GATEWAY)
}

/// Flow logs have whole seconds, of which 32 bits last until 2106.
fn seconds(milliseconds: Option<u64>) -> u32 {
    u32::try_from(milliseconds.unwrap_or(0) / 1000).unwrap_or(u32::MAX)
}
