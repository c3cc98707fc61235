//! Writes rows as records.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;
use weir_ipfix::{
    FixedPart, Layout, LayoutPair, LayoutRevision, RecordGroup, RecordWriter, Slot, element as ie,
    standard as slot,
};

use super::count::Count;
use super::entry::Entry;
use super::flow::{Flow, split_encoded};
use super::key::{End, Key};
use super::options::WindowOptions;
use super::others::Other;
use super::session::Client;
use super::texts::Texts;
use crate::field::Report;

/// Octets of an end's text before its strings: whether it has a public address, and that.
const SIDE_HEAD: usize = 5;
/// Octets of an interface's text before its strings: both interface indexes, whether there is an
/// exporter's address, and that.
const INTERFACE_HEAD: usize = 13;
/// Strings of an end that every record has.
const SIDE_STRINGS: usize = 4;
/// The index of the VPC's router: some collectors drop flows whose interfaces are both 0.
const ROUTER_INDEX: u32 = 1;
/// An absent string.
const EMPTY: &[u8] = &[0];

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
    pub(crate) fn write(&mut self, entry: &Entry, texts: &Texts, group: &mut RecordGroup) -> usize {
        let oriented = self.orient(entry);
        self.put_numbers(entry, &oriented);
        let sides = [oriented.source, oriented.destination]
            .map(|end| SideText::of(texts.get(entry.texts.ends[end])));
        let interface = InterfaceText::of(texts.get(entry.texts.interface));
        let rows = if entry.key.is(Key::IPV6) { &mut self.v6 } else { &mut self.v4 };
        put_texts(&mut rows.fixed, entry, &oriented, &sides, &interface);
        let before = group.bytes.len();
        let mut record = group.start_record(&rows.fixed);
        record.push_encoded(interface.exporter_name);
        sides.iter().for_each(|side| record.push_encoded(side.strings));
        record.push_encoded(interface.strings);
        self.push_extras(&mut record, Some((entry, &oriented)), sides.map(|side| side.geo));
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
        let interface = InterfaceText::of(&other.interface);
        interface.put_exporter(&mut rows.fixed);
        let before = group.bytes.len();
        let mut record = group.start_record(&rows.fixed);
        record.push_encoded(interface.exporter_name);
        (0..2 * SIDE_STRINGS).for_each(|_| record.push_encoded(EMPTY));
        // Account and VPC are the same for all of it, the subnet and what follows are not.
        record.push_encoded(split_encoded(interface.strings, 2).map_or(&[0, 0], |both| both.0));
        (0..3).for_each(|_| record.push_encoded(EMPTY));
        self.push_extras(&mut record, None, [EMPTY; 2]);
        record.finish();
        group.bytes.len() - before
    }

    /// The client is the source where halves are stitched; else the source is.
    fn orient(&self, entry: &Entry) -> Oriented {
        let client = match self.options.stitches {
            true => entry.client(),
            false => Client { is_first: true, is_certain: false },
        };
        let source = usize::from(!client.is_first);
        Oriented { client, source, destination: 1 - source }
    }

    fn put_numbers(&mut self, entry: &Entry, oriented: &Oriented) {
        let counts_once = self.options.counts_once;
        let rows = if entry.key.is(Key::IPV6) { &mut self.v6 } else { &mut self.v4 };
        let there = entry.halves[oriented.source].count(counts_once);
        let back = entry.halves[oriented.destination].count(counts_once);
        rows.fixed.clear();
        rows.fixed.put_u64(slot::OCTETS, there.octets);
        rows.fixed.put_u64(slot::PACKETS, there.packets);
        rows.put(rows.back_octets, back.octets);
        rows.put(rows.back_packets, back.packets);
        rows.put(rows.flow_count, there.flows.wrapping_add(back.flows));
        if let Some(place) = rows.biflow_direction {
            rows.fixed.put_u8(place, u8::from(oriented.client.is_certain));
        }
        let (start, end) = entry.times();
        rows.fixed.put_u64(slot::START, u64::from(start) * 1000);
        rows.fixed.put_u64(slot::END, u64::from(end) * 1000);
        if entry.key.is(Key::PROTOCOL) {
            rows.fixed.put_u8(slot::PROTOCOL, entry.key.protocol);
        }
        if entry.key.is(Key::STATUS) {
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
        row: Option<(&Entry, &Oriented)>,
        geo: [&[u8]; 2],
    ) {
        if self.options.report == Report::Conversations {
            let is_of_gateway =
                |(entry, _): &(&Entry, &Oriented)| entry.places & Flow::IS_OF_TRANSIT_GATEWAY != 0;
            let kind: &[u8] = match row.as_ref().map(is_of_gateway) {
                Some(true) => b"aws_tgw",
                Some(false) => b"aws_vpc",
                None => b"",
            };
            record.push_string(kind);
            let direction = row.map(|(entry, oriented)| self.direction_of(entry, oriented));
            record.push_string(direction.unwrap_or_default());
            let state = row.and_then(|(entry, _)| entry.state());
            record.push_string(state.map_or(b"", |state| state.letter()));
        }
        if self.options.has_geo_regions {
            geo.iter().for_each(|region| record.push_encoded(region));
        }
    }

    /// The way of a conversation over the border of the local networks.
    fn direction_of(&self, entry: &Entry, oriented: &Oriented) -> &'static [u8] {
        let is_local = [oriented.source, oriented.destination].map(|end| {
            if self.options.local_subnets.is_empty() {
                let bit = [Flow::FIRST_IS_LOCAL, Flow::SECOND_IS_LOCAL][end];
                return entry.places & bit != 0;
            }
            let address = Ipv6Addr::from(entry.key.ends[end].address).to_canonical();
            let is_in = |subnet: &IpNet| subnet.contains(&address);
            entry.key.ends[end].has(End::ADDRESS) && self.options.local_subnets.iter().any(is_in)
        });
        match is_local {
            [true, true] => b"internal",
            [true, false] => b"outbound",
            [false, true] => b"inbound",
            [false, false] => b"unknown",
        }
    }
}

/// What the texts of a row hold beside strings, and its ends.
fn put_texts(
    fixed: &mut FixedPart,
    entry: &Entry,
    oriented: &Oriented,
    sides: &[SideText<'_>; 2],
    interface: &InterfaceText<'_>,
) {
    interface.put_exporter(fixed);
    let indexes = [oriented.source, oriented.destination].map(|end| interface.indexes[end]);
    fixed.put_u32(slot::INGRESS_INTERFACE, indexes[0]);
    fixed.put_u32(slot::EGRESS_INTERFACE, indexes[1]);
    let is_v6 = entry.key.is(Key::IPV6);
    let (addresses, public) = match is_v6 {
        true => ([slot::SOURCE_V6, slot::DESTINATION_V6], [None; 2]),
        false => {
            let public = [slot::SOURCE_PUBLIC_V4, slot::DESTINATION_PUBLIC_V4].map(Some);
            ([slot::SOURCE_V4, slot::DESTINATION_V4], public)
        }
    };
    let ports = [slot::SOURCE_PORT, slot::DESTINATION_PORT];
    for (side, end) in [oriented.source, oriented.destination].into_iter().enumerate() {
        let end = &entry.key.ends[end];
        let address = Ipv6Addr::from(end.address);
        if end.has(End::ADDRESS) && is_v6 {
            fixed.put_ipv6(addresses[side], address);
        } else if let Some(address) = address.to_ipv4_mapped().filter(|_| end.has(End::ADDRESS)) {
            fixed.put_ipv4(addresses[side], address);
        }
        if end.has(End::PORT) {
            fixed.put_u16(ports[side], end.port);
        }
        if let (Some(place), Some(address)) = (public[side], sides[side].public) {
            fixed.put_ipv4(place, address);
        }
    }
}

/// An end's text, taken apart.
#[derive(Clone, Copy)]
struct SideText<'a> {
    public: Option<Ipv4Addr>,
    strings: &'a [u8],
    geo: &'a [u8],
}

impl<'a> SideText<'a> {
    fn of(text: &'a [u8]) -> Self {
        let nothing = Self { public: None, strings: &[0; SIDE_STRINGS], geo: EMPTY };
        let Some((head, rest)) = text.split_first_chunk::<SIDE_HEAD>() else { return nothing };
        let Some((strings, geo)) = split_encoded(rest, SIDE_STRINGS) else { return nothing };
        let [has_public, a, b, c, d] = *head;
        let public = (has_public == 1).then(|| Ipv4Addr::new(a, b, c, d));
        Self { public, strings, geo: if geo.is_empty() { EMPTY } else { geo } }
    }
}

/// An interface's text, taken apart.
struct InterfaceText<'a> {
    /// On the side of each end of the key.
    indexes: [u32; 2],
    exporter: Option<Ipv4Addr>,
    exporter_name: &'a [u8],
    strings: &'a [u8],
}

impl<'a> InterfaceText<'a> {
    fn of(text: &'a [u8]) -> Self {
        let nothing =
            Self { indexes: [0; 2], exporter: None, exporter_name: EMPTY, strings: &[0; 5] };
        let Some((head, rest)) = text.split_first_chunk::<INTERFACE_HEAD>() else {
            return nothing;
        };
        let Some((exporter_name, strings)) = split_encoded(rest, 1) else { return nothing };
        let [a, b, c, d, e, f, g, h, has_exporter, i, j, k, l] = *head;
        let indexes = [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])];
        let exporter = (has_exporter == 1).then(|| Ipv4Addr::new(i, j, k, l));
        Self { indexes, exporter, exporter_name, strings }
    }

    fn put_exporter(&self, fixed: &mut FixedPart) {
        if let Some(address) = self.exporter {
            fixed.put_ipv4(slot::EXPORTER_ADDRESS, address);
        }
    }
}
