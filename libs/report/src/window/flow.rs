//! What a window reads of a record.

use std::net::IpAddr;

use weir_ipfix::{
    AddressFamily, InterfaceSide, Layout, LayoutRevision, RecordView, Slot, element as ie,
    standard as slot,
};

use super::addresses::Addresses;
use super::entry::{View, bit};
use super::key::Key;
use super::record_texts::TextPlan;

/// How the records of one layout are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordPlan {
    pub(crate) revision: LayoutRevision,
    /// The addresses of the original packet; of each family's the ones that the layout has.
    packet: [Option<Slot>; 2],
    pub(crate) texts: TextPlan,
}

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
    /// Each end of the key is local.
    pub(crate) const IS_LOCAL: [u8; 2] = [1, 2];
    pub(crate) const IS_OF_TRANSIT_GATEWAY: u8 = 4;
    /// Both ends are interfaces of one VPC.
    pub(crate) const IS_IN_ONE_VPC: u8 = 8;
}

/// One end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    address: Option<IpAddr>,
    port: Option<u16>,
}

/// What is read how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Flows and the ones back have one key.
    pub(crate) stitches: bool,
    /// The addresses of the original packet count.
    pub(crate) reads_packet: bool,
}

impl RecordPlan {
    pub(crate) fn new(layout: &Layout) -> Self {
        let packet = |v4, v6| layout.slot(&v4).or_else(|| layout.slot(&v6));
        Self {
            revision: layout.revision(),
            packet: [
                packet(ie::SOURCE_PACKET_IPV4_ADDRESS, ie::SOURCE_PACKET_IPV6_ADDRESS),
                packet(ie::DESTINATION_PACKET_IPV4_ADDRESS, ie::DESTINATION_PACKET_IPV6_ADDRESS),
            ],
            texts: TextPlan::new(layout),
        }
    }

    /// Reads a record of this layout. Its addresses are kept.
    #[inline]
    pub(crate) fn read(
        &self,
        observation_domain_id: u32,
        record: &RecordView<'_>,
        reading: Reading,
        addresses: &mut Addresses,
    ) -> Flow {
        let mut ends = self.ends(record, reading);
        let is_whole = ends.iter().all(|end| end.address.is_some());
        let is_back = reading.stitches && is_whole && ends[1] < ends[0];
        if is_back {
            ends.swap(0, 1);
        }
        let octet = |place| record.unsigned(place).map(|value| value as u8);
        let (protocol, status) = (octet(slot::PROTOCOL), octet(slot::FORWARDING_STATUS));
        let flags = octet(slot::TCP_FLAGS);
        let is_ipv6 = record.layout().family() == AddressFamily::V6;
        let shape = bit(is_ipv6, Key::IPV6)
            | bit(protocol.is_some(), Key::PROTOCOL)
            | bit(status.is_some(), Key::STATUS)
            | bit(ends[0].address.is_some(), Key::ADDRESSES[0])
            | bit(ends[1].address.is_some(), Key::ADDRESSES[1])
            | bit(ends[0].port.is_some(), Key::PORTS[0])
            | bit(ends[1].port.is_some(), Key::PORTS[1]);
        Flow {
            key: Key {
                addresses: ends.map(|end| end.address.map_or(0, |address| addresses.keep(address))),
                ports: ends.map(|end| end.port.unwrap_or(0)),
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

    /// The source and the destination.
    #[inline]
    fn ends(&self, record: &RecordView<'_>, reading: Reading) -> [End; 2] {
        let [source_packet, destination_packet] =
            if reading.reads_packet { self.packet } else { [None; 2] };
        let packet = |place: Option<Slot>| record.address(place?);
        let port = |place| record.unsigned(place).map(|port| port as u16);
        [
            End {
                address: packet(source_packet).or_else(|| record.source_address()),
                port: port(slot::SOURCE_PORT),
            },
            End {
                address: packet(destination_packet).or_else(|| record.destination_address()),
                port: port(slot::DESTINATION_PORT),
            },
        ]
    }
}

#[inline]
fn view_of(side: InterfaceSide) -> View {
    match side {
        InterfaceSide::Destination => View::Destination,
        InterfaceSide::Source | InterfaceSide::Unknown => View::Source,
    }
}

#[inline]
fn places_of(record: &RecordView<'_>, is_back: bool) -> u8 {
    let ends = record.ends();
    let (first, second) = match is_back {
        false => (ends.source_is_local, ends.destination_is_local),
        true => (ends.destination_is_local, ends.source_is_local),
    };
    bit(first, Flow::IS_LOCAL[0])
        | bit(second, Flow::IS_LOCAL[1])
        | bit(ends.is_of_transit_gateway, Flow::IS_OF_TRANSIT_GATEWAY)
        | bit(ends.are_in_one_vpc, Flow::IS_IN_ONE_VPC)
}

/// Flow logs have whole seconds, of which 32 bits last until 2106.
#[inline]
fn seconds(milliseconds: Option<u64>) -> u32 {
    u32::try_from(milliseconds.unwrap_or(0) / 1000).unwrap_or(u32::MAX)
}
