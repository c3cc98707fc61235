//! The flow record of the whole system: an IPFIX data record behind a prefix.
//!
//! The prefix has [`PREFIX_LENGTH`] octets and is never exported: the presence bitmap (eight
//! octets, little-endian, one bit for each fixed-length element: IPFIX has no null, so that an
//! absent value is exported as zero), one octet for the side of the flow that the network
//! interface is, one for where its ends lie, and six octets of zero. An absent string is an empty
//! one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::layout::{
    AddressFamily, Layout, LayoutRevision, MAX_FIXED_LENGTH, PREFIX_LENGTH, Slot, standard,
};
use crate::octets::Octets;
use crate::places::Places;
use crate::string::{push_string, skip_strings, split_string};

/// The side of a flow that its network interface is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InterfaceSide {
    /// The inventory and the line do not tell.
    #[default]
    Unknown,
    /// The interface sent the traffic.
    Source,
    /// The interface received the traffic.
    Destination,
}

const INTERFACE_SIDE: usize = 8;

/// Where the ends of a flow lie, for reports: never exported as such.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The source is in a VPC of the inventory, or is the interface that wrote the record.
    pub source_is_local: bool,
    /// The same for the destination.
    pub destination_is_local: bool,
    /// A transit gateway saw the flow.
    pub is_of_transit_gateway: bool,
    /// Both ends are interfaces of one VPC: each of them may report the flow.
    pub are_in_one_vpc: bool,
}

impl Ends {
    const SOURCE: u8 = 1;
    const DESTINATION: u8 = 2;
    const TRANSIT_GATEWAY: u8 = 4;
    const ONE_VPC: u8 = 8;

    #[inline]
    fn bits(self) -> u8 {
        bit(self.source_is_local, Self::SOURCE)
            | bit(self.destination_is_local, Self::DESTINATION)
            | bit(self.is_of_transit_gateway, Self::TRANSIT_GATEWAY)
            | bit(self.are_in_one_vpc, Self::ONE_VPC)
    }

    #[inline]
    fn from_bits(bits: u8) -> Self {
        Self {
            source_is_local: bits & Self::SOURCE != 0,
            destination_is_local: bits & Self::DESTINATION != 0,
            is_of_transit_gateway: bits & Self::TRANSIT_GATEWAY != 0,
            are_in_one_vpc: bits & Self::ONE_VPC != 0,
        }
    }
}

const ENDS: usize = 9;

#[inline]
fn bit(is_set: bool, bit: u8) -> u8 {
    if is_set { bit } else { 0 }
}

/// The prefix and the fixed-length elements of one record while it is made.
#[derive(Clone, Debug)]
pub struct FixedPart {
    bytes: [u8; PREFIX_LENGTH + MAX_FIXED_LENGTH],
    length: usize,
    presence: u64,
}

impl FixedPart {
    /// An empty record of `layout`: every element absent.
    pub fn new(layout: &Layout) -> Self {
        let length = PREFIX_LENGTH + layout.fixed_length();
        Self { bytes: [0; PREFIX_LENGTH + MAX_FIXED_LENGTH], length, presence: 0 }
    }

    /// Makes every element absent again.
    pub fn clear(&mut self) {
        if let Some(used) = self.bytes.get_mut(..self.length) {
            used.fill(0);
        }
        self.presence = 0;
    }

    /// Writes a one-octet value.
    #[inline]
    pub fn put_u8(&mut self, slot: Slot, value: u8) {
        self.put(slot, [value]);
    }

    /// Writes a two-octet value.
    #[inline]
    pub fn put_u16(&mut self, slot: Slot, value: u16) {
        self.put(slot, value.to_be_bytes());
    }

    /// Writes a four-octet value.
    #[inline]
    pub fn put_u32(&mut self, slot: Slot, value: u32) {
        self.put(slot, value.to_be_bytes());
    }

    /// Writes an eight-octet value.
    #[inline]
    pub fn put_u64(&mut self, slot: Slot, value: u64) {
        self.put(slot, value.to_be_bytes());
    }

    /// Writes an IPv4 address.
    #[inline]
    pub fn put_ipv4(&mut self, slot: Slot, value: Ipv4Addr) {
        self.put(slot, value.octets());
    }

    /// Writes an IPv6 address.
    #[inline]
    pub fn put_ipv6(&mut self, slot: Slot, value: Ipv6Addr) {
        self.put(slot, value.octets());
    }

    /// Notes which side of the flow the network interface is.
    #[inline]
    pub fn put_interface_side(&mut self, side: InterfaceSide) {
        self.bytes[INTERFACE_SIDE] = side as u8;
    }

    /// Notes where the ends of the flow lie.
    #[inline]
    pub fn put_ends(&mut self, ends: Ends) {
        self.bytes[ENDS] = ends.bits();
    }

    #[inline]
    fn put<const N: usize>(&mut self, slot: Slot, value: [u8; N]) {
        debug_assert_eq!(usize::from(slot.length), N);
        let start = PREFIX_LENGTH + usize::from(slot.offset);
        if let Some(place) = self.bytes.get_mut(start..start + N) {
            place.copy_from_slice(&value);
            self.presence |= 1 << slot.bit;
        }
    }
}

/// Records of one layout and one observation domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordGroup {
    /// The layout that the records follow.
    pub revision: LayoutRevision,
    /// The observation domain id: one for each VPC or transit gateway.
    pub observation_domain_id: u32,
    /// The records' lengths in octets, prefix included.
    pub lengths: Vec<u16>,
    /// The records, one after another.
    pub bytes: Octets,
    /// Which of its run's records they are, where the run's maker tells: it does not travel.
    pub places: Places,
}

impl RecordGroup {
    /// An empty group.
    pub fn new(revision: LayoutRevision, observation_domain_id: u32) -> Self {
        let (lengths, bytes, places) = (Vec::new(), Octets::new(), Places::NONE);
        Self { revision, observation_domain_id, lengths, bytes, places }
    }

    /// The group without its records, for others; it keeps its memory.
    pub fn renewed(self, revision: LayoutRevision, observation_domain_id: u32) -> Self {
        let Self { mut lengths, bytes, .. } = self;
        lengths.clear();
        let bytes = bytes.into_spare().into();
        Self { revision, observation_domain_id, lengths, bytes, places: Places::NONE }
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Starts a record. The strings of the layout follow, in order, each once, through the
    /// writer that is returned; [`RecordWriter::finish`] ends it.
    #[inline]
    pub fn start_record(&mut self, fixed: &FixedPart) -> RecordWriter<'_> {
        let Self { lengths, bytes, .. } = self;
        let bytes = bytes.to_mut();
        let start = bytes.len();
        bytes.extend_from_slice(fixed.bytes.get(..fixed.length).unwrap_or_default());
        if let Some(presence) = bytes.get_mut(start..start + 8) {
            presence.copy_from_slice(&fixed.presence.to_le_bytes());
        }
        RecordWriter { lengths, bytes, start, cut: 0 }
    }

    /// The records, in order.
    ///
    /// # Errors
    ///
    /// [`MalformedGroup`] when the group is not of `layout` or its lengths and strings do not
    /// add up: groups come from other processes.
    pub fn records<'a>(
        &'a self,
        layout: &'a Layout,
    ) -> Result<impl Iterator<Item = RecordView<'a>> + Clone, MalformedGroup> {
        self.check(layout)?;
        Ok(self.checked_records(layout))
    }

    /// The records of a group that [`Self::records`] has found to be well formed already: they
    /// are not walked a second time. Of a malformed group the views are cut short or empty.
    pub fn checked_records<'a>(
        &'a self,
        layout: &'a Layout,
    ) -> impl Iterator<Item = RecordView<'a>> + Clone {
        let mut rest = &*self.bytes;
        self.lengths.iter().map(move |length| {
            let (bytes, after) = rest.split_at_checked(usize::from(*length)).unwrap_or_default();
            rest = after;
            RecordView { layout, bytes }
        })
    }

    fn check(&self, layout: &Layout) -> Result<(), MalformedGroup> {
        if self.revision != layout.revision() {
            let (found, expected) = (self.revision, layout.revision());
            return Err(MalformedGroup::Revision { found, expected });
        }
        let mut rest = &*self.bytes;
        for (record, length) in self.lengths.iter().enumerate() {
            let (bytes, after) = rest
                .split_at_checked(usize::from(*length))
                .ok_or(MalformedGroup::Lengths { record })?;
            rest = after;
            check_record(layout, bytes).ok_or(MalformedGroup::Record { record })?;
        }
        if rest.is_empty() { Ok(()) } else { Err(MalformedGroup::Lengths { record: self.len() }) }
    }
}

/// Walks one record; `None` when it does not end exactly behind its last string.
fn check_record(layout: &Layout, bytes: &[u8]) -> Option<()> {
    let strings = bytes.get(PREFIX_LENGTH + layout.fixed_length()..)?;
    skip_strings(strings, layout.string_count())?.is_empty().then_some(())
}

/// Why a [`RecordGroup`] cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedGroup {
    /// The group follows another layout.
    #[error("records of layout {found} where {expected} was expected")]
    Revision {
        /// The group's revision.
        found: LayoutRevision,
        /// The layout's revision.
        expected: LayoutRevision,
    },
    /// The lengths do not add up to the group's octets.
    #[error("record lengths do not add up at record {record}")]
    Lengths {
        /// Position in the group, counted from 0.
        record: usize,
    },
    /// A record does not hold the layout's elements.
    #[error("record {record} does not hold the elements of its layout")]
    Record {
        /// Position in the group, counted from 0.
        record: usize,
    },
}

/// Appends the strings of one record.
#[derive(Debug)]
#[must_use = "a record that is not finished has no length"]
pub struct RecordWriter<'g> {
    lengths: &'g mut Vec<u16>,
    bytes: &'g mut Vec<u8>,
    start: usize,
    cut: u32,
}

impl RecordWriter<'_> {
    /// Appends the next string; `b""` when it is absent.
    #[inline]
    pub fn push_string(&mut self, text: &[u8]) {
        self.cut += u32::from(push_string(self.bytes, text));
    }

    /// Appends several strings that are encoded already.
    #[inline]
    pub fn push_encoded(&mut self, strings: &[u8]) {
        self.bytes.extend_from_slice(strings);
    }

    /// Ends the record. Returns how many of its strings were cut to
    /// [`crate::MAX_STRING_LENGTH`].
    #[inline]
    pub fn finish(self) -> u32 {
        let length = self.bytes.len() - self.start;
        // Every string is bounded and so is their number: 64 KiB is out of reach.
        debug_assert!(length <= usize::from(u16::MAX));
        self.lengths.push(u16::try_from(length).unwrap_or(u16::MAX));
        self.cut
    }
}

/// One record, read in place.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    layout: &'a Layout,
    bytes: &'a [u8],
}

impl<'a> RecordView<'a> {
    /// The layout that it follows.
    #[inline]
    pub fn layout(&self) -> &'a Layout {
        self.layout
    }

    /// The data record without its prefix: what IPFIX calls the record.
    #[inline]
    pub fn data(&self) -> &'a [u8] {
        self.bytes.get(PREFIX_LENGTH..).unwrap_or_default()
    }

    /// Which side of the flow the network interface is.
    #[inline]
    pub fn interface_side(&self) -> InterfaceSide {
        match self.bytes.get(INTERFACE_SIDE) {
            Some(1) => InterfaceSide::Source,
            Some(2) => InterfaceSide::Destination,
            _ => InterfaceSide::Unknown,
        }
    }

    /// Where the ends of the flow lie.
    #[inline]
    pub fn ends(&self) -> Ends {
        Ends::from_bits(self.bytes.get(ENDS).copied().unwrap_or(0))
    }

    /// Whether the fixed-length element at `slot` has a value.
    #[inline]
    pub fn is_present(&self, slot: Slot) -> bool {
        let presence = self.bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        presence >> slot.bit & 1 == 1
    }

    /// The unsigned integer at `slot`, `None` when absent.
    #[inline]
    pub fn unsigned(&self, slot: Slot) -> Option<u64> {
        let bytes = self.fixed(slot)?;
        Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// The address at `slot`, `None` when absent.
    #[inline]
    pub fn address(&self, slot: Slot) -> Option<IpAddr> {
        let bytes = self.fixed(slot)?;
        if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
            return Some(IpAddr::from(octets));
        }
        <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
    }

    /// srcaddr.
    #[inline]
    pub fn source_address(&self) -> Option<IpAddr> {
        self.address(match self.layout.family() {
            AddressFamily::V4 => standard::SOURCE_V4,
            AddressFamily::V6 => standard::SOURCE_V6,
        })
    }

    /// dstaddr.
    #[inline]
    pub fn destination_address(&self) -> Option<IpAddr> {
        self.address(match self.layout.family() {
            AddressFamily::V4 => standard::DESTINATION_V4,
            AddressFamily::V6 => standard::DESTINATION_V6,
        })
    }

    /// The strings in the layout's order; absent ones are empty.
    pub fn strings(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.data().get(self.layout.fixed_length()..).unwrap_or_default();
        (0..self.layout.string_count()).map_while(move |_| {
            let (text, after) = split_string(rest)?;
            rest = after;
            Some(text)
        })
    }

    /// Writes the place of each string in [`Self::data`] to `places`, in the layout's order, for
    /// readers that want strings in another order.
    pub fn locate_strings(&self, places: &mut Vec<Range<usize>>) {
        places.clear();
        let end = self.data().len();
        let mut rest = self.data().get(self.layout.fixed_length()..).unwrap_or_default();
        for _ in 0..self.layout.string_count() {
            let Some((text, after)) = split_string(rest) else { return };
            let text_end = end - after.len();
            places.push(text_end - text.len()..text_end);
            rest = after;
        }
    }

    #[inline]
    fn fixed(&self, slot: Slot) -> Option<&'a [u8]> {
        if !self.is_present(slot) {
            return None;
        }
        let start = usize::from(slot.offset);
        self.data().get(start..start + usize::from(slot.length))
    }
}
