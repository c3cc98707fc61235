//! Writes rows as records.

use std::net::IpAddr;
use std::sync::Arc;

use weir_ipfix::{
    FixedPart, Layout, LayoutPair, LayoutRevision, RecordGroup, RecordWriter, Slot, element as ie,
    standard as slot,
};

use super::contents::Contents;
use super::count::Count;
use super::entry::Entry;
use super::flow::Flow;
use super::key::Key;
use super::options::WindowOptions;
use super::others::Other;
use super::peers::Peers;
use super::record_texts::{
    EMPTY, INTERFACE_STRINGS, OwnText, SIDE_STRINGS, SideText, split_encoded,
};
use super::session::Client;
use crate::field::Report;

/// The index of the VPC's router: some collectors drop flows whose interfaces are both 0.
const ROUTER_INDEX: u32 = 1;
/// Writes the rows of one window.
#[derive(Debug)]
pub(crate) struct RowWriter {
    options: Arc<WindowOptions>,
    v4: FamilyRows,
    v6: FamilyRows,
}

/// The rows of one address family.
#[derive(Debug)]
struct FamilyRows {
    revision: LayoutRevision,
    fixed: FixedPart,
    flow_count: Option<Slot>,
    back_octets: Option<Slot>,
    back_packets: Option<Slot>,
    biflow_direction: Option<Slot>,
}

impl FamilyRows {
    fn new(layout: &Layout) -> Self {
        Self {
            revision: layout.revision(),
            fixed: FixedPart::new(layout),
            flow_count: layout.slot(&ie::DELTA_FLOW_COUNT),
            back_octets: layout.slot(&ie::REVERSE_OCTET_DELTA_COUNT),
            back_packets: layout.slot(&ie::REVERSE_PACKET_DELTA_COUNT),
            biflow_direction: layout.slot(&ie::BIFLOW_DIRECTION),
        }
    }

    fn put(&mut self, place: Option<Slot>, value: u64) {
        if let Some(place) = place {
            self.fixed.put_u64(place, value);
        }
    }
}

/// The two ends and halves of an entry as its row has them.
struct Oriented {
    client: Client,
    /// The places in the entry of the row's source and destination.
    source: usize,
    destination: usize,
}

impl RowWriter {
    pub(crate) fn new(options: &Arc<WindowOptions>, rows: &LayoutPair) -> Self {
        Self {
            options: Arc::clone(options),
            v4: FamilyRows::new(&rows.v4),
            v6: FamilyRows::new(&rows.v6),
        }
    }

    pub(crate) fn family_of(&self, is_v6: bool) -> LayoutRevision {
        if is_v6 { self.v6.revision } else { self.v4.revision }
    }

    /// Writes the row of an entry. Returns the octets that it takes.
    pub(crate) fn write(
        &mut self,
        entry: &Entry,
        contents: &Contents,
        group: &mut RecordGroup,
    ) -> usize {
        let oriented = self.orient(entry, &contents.peers);
        self.put_numbers(entry, contents, &oriented);
        let row_ends = [oriented.source, oriented.destination];
        let addresses = row_ends.map(|end| contents.addresses.get(&entry.key, end));
        let direction = self.direction_of(entry, row_ends, addresses);
        let texts = RowTexts::new(entry, contents, row_ends);
        let rows = if entry.key.has(Key::IPV6) { &mut self.v6 } else { &mut self.v4 };
        put_ends(&mut rows.fixed, entry, row_ends, addresses);
        texts.put(&mut rows.fixed);
        let rows = if entry.key.has(Key::IPV6) { &self.v6 } else { &self.v4 };
        let before = group.bytes.len();
        let mut record = group.start_record(&rows.fixed);
        record.push_encoded(texts.own.exporter_name);
        texts.sides.iter().for_each(|side| record.push_encoded(side.strings));
        record.push_encoded(texts.own.strings);
        self.push_extras(&mut record, Some((entry, direction)), texts.sides.map(|side| side.geo));
        record.finish();
        group.bytes.len() - before
    }

    /// Writes the row of the rest of a VPC: no addresses, no ports.
    pub(crate) fn write_other(&mut self, other: &Other, group: &mut RecordGroup) -> usize {
        let rows = &mut self.v4;
        let Count { octets, packets, flows } = other.count;
        rows.fixed.clear();
        rows.fixed.put_u64(slot::OCTETS, octets);
        rows.fixed.put_u64(slot::PACKETS, packets);
        rows.put(rows.flow_count, flows);
        rows.fixed.put_u32(slot::INGRESS_INTERFACE, ROUTER_INDEX);
        rows.fixed.put_u32(slot::EGRESS_INTERFACE, ROUTER_INDEX);
        let own = OwnText::of(&other.own_text);
        own.put_exporter(&mut rows.fixed);
        let before = group.bytes.len();
        let mut record = group.start_record(&rows.fixed);
        record.push_encoded(own.exporter_name);
        (0..2 * SIDE_STRINGS).for_each(|_| record.push_encoded(EMPTY));
        // Account and VPC are the same for all of it, the subnet and what follows are not.
        record.push_encoded(split_encoded(own.strings, 2).map_or(&[0, 0], |both| both.0));
        (2..INTERFACE_STRINGS).for_each(|_| record.push_encoded(EMPTY));
        self.push_extras(&mut record, None, [EMPTY; 2]);
        record.finish();
        group.bytes.len() - before
    }

    /// The client is the source where halves are stitched; else the source is.
    fn orient(&self, entry: &Entry, peers: &Peers) -> Oriented {
        let client = match self.options.stitches {
            true => entry.client(peers),
            false => Client { is_first: true, is_certain: false },
        };
        let source = usize::from(!client.is_first);
        Oriented { client, source, destination: 1 - source }
    }

    fn put_numbers(&mut self, entry: &Entry, contents: &Contents, oriented: &Oriented) {
        let counts_once = self.options.counts_once;
        let rows = if entry.key.has(Key::IPV6) { &mut self.v6 } else { &mut self.v4 };
        let there = entry.halves[oriented.source].count(&contents.wide, counts_once);
        let back = entry.halves[oriented.destination].count(&contents.wide, counts_once);
        rows.fixed.clear();
        rows.fixed.put_u64(slot::OCTETS, there.octets);
        rows.fixed.put_u64(slot::PACKETS, there.packets);
        rows.put(rows.back_octets, back.octets);
        rows.put(rows.back_packets, back.packets);
        rows.put(rows.flow_count, there.flows.wrapping_add(back.flows));
        if let Some(place) = rows.biflow_direction {
            rows.fixed.put_u8(place, u8::from(oriented.client.is_certain));
        }
        let (start, end) = contents.times(entry);
        rows.fixed.put_u64(slot::START, u64::from(start) * 1000);
        rows.fixed.put_u64(slot::END, u64::from(end) * 1000);
        if entry.key.has(Key::PROTOCOL) {
            rows.fixed.put_u8(slot::PROTOCOL, entry.key.protocol);
        }
        if entry.key.has(Key::STATUS) {
            rows.fixed.put_u8(slot::FORWARDING_STATUS, entry.key.status);
        }
        if entry.is(Entry::HAS_FLAGS) {
            rows.fixed.put_u8(slot::TCP_FLAGS, entry.flags[0] | entry.flags[1]);
        }
    }

    /// The strings that only rows have, in the order of [`WindowOptions::row_elements`].
    fn push_extras(
        &self,
        record: &mut RecordWriter<'_>,
        row: Option<(&Entry, &'static [u8])>,
        geo: [&[u8]; 2],
    ) {
        if self.options.report == Report::Conversations {
            let is_of_gateway = |entry: &Entry| entry.places & Flow::IS_OF_TRANSIT_GATEWAY != 0;
            let kind: &[u8] = match row.map(|(entry, _)| is_of_gateway(entry)) {
                Some(true) => b"aws_tgw",
                Some(false) => b"aws_vpc",
                None => b"",
            };
            record.push_string(kind);
            record.push_string(row.map_or(b"", |(_, direction)| direction));
            let state = row.and_then(|(entry, _)| entry.state());
            record.push_string(state.map_or(b"", |state| state.letter()));
        }
        if self.options.has_geo_regions {
            geo.iter().for_each(|region| record.push_encoded(region));
        }
    }

    /// The way of a conversation over the border of the local networks.
    fn direction_of(
        &self,
        entry: &Entry,
        row_ends: [usize; 2],
        addresses: [Option<IpAddr>; 2],
    ) -> &'static [u8] {
        let subnets = &self.options.local_subnets;
        let is_in_subnet = |address: IpAddr| subnets.iter().any(|each| each.contains(&address));
        let is_local = [0, 1].map(|side| match subnets.is_empty() {
            true => entry.places & Flow::IS_LOCAL[row_ends[side]] != 0,
            false => addresses[side].is_some_and(is_in_subnet),
        });
        match is_local {
            [true, true] => b"internal",
            [true, false] => b"outbound",
            [false, true] => b"inbound",
            [false, false] => b"unknown",
        }
    }
}

/// Addresses and ports of a row's source and destination.
fn put_ends(
    fixed: &mut FixedPart,
    entry: &Entry,
    row_ends: [usize; 2],
    addresses: [Option<IpAddr>; 2],
) {
    let ports = [slot::SOURCE_PORT, slot::DESTINATION_PORT];
    let v4 = [slot::SOURCE_V4, slot::DESTINATION_V4];
    let v6 = [slot::SOURCE_V6, slot::DESTINATION_V6];
    for (side, end) in row_ends.into_iter().enumerate() {
        match addresses[side] {
            Some(IpAddr::V4(address)) => fixed.put_ipv4(v4[side], address),
            Some(IpAddr::V6(address)) => fixed.put_ipv6(v6[side], address),
            None => {}
        }
        if entry.key.has(Key::PORTS[end]) {
            fixed.put_u16(ports[side], entry.key.ports[end]);
        }
    }
}

/// The texts of an entry as its row has them.
struct RowTexts<'a> {
    own: OwnText<'a>,
    /// Of the row's source and destination.
    sides: [SideText<'a>; 2],
    /// The interface indexes on these sides.
    indexes: [u32; 2],
}

impl<'a> RowTexts<'a> {
    fn new(entry: &Entry, contents: &'a Contents, row_ends: [usize; 2]) -> Self {
        let own = OwnText::of(contents.texts.get(entry.texts.own));
        let far = SideText::of_far(contents.texts.get(entry.texts.far));
        let mut sides = [own.side, far];
        let mut indexes = own.indexes;
        if row_ends[0] != usize::from(entry.is(Entry::SECOND_IS_OWN)) {
            sides.swap(0, 1);
            indexes.swap(0, 1);
        }
        Self { own, sides, indexes }
    }

    /// What they hold beside strings.
    fn put(&self, fixed: &mut FixedPart) {
        self.own.put_exporter(fixed);
        fixed.put_u32(slot::INGRESS_INTERFACE, self.indexes[0]);
        fixed.put_u32(slot::EGRESS_INTERFACE, self.indexes[1]);
        let places = [slot::SOURCE_PUBLIC_V4, slot::DESTINATION_PUBLIC_V4];
        for (place, side) in places.into_iter().zip(&self.sides) {
            // Only of IPv4: there is none in the text of any other.
            if let Some(address) = side.public {
                fixed.put_ipv4(place, address);
            }
        }
    }
}
