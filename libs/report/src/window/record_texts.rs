//! The texts of a record: what describes its interface and both ends.
//!
//! Nearly all of it is the same in all records of an interface, so that it makes two texts: the
//! *own* one is of the interface and the end that it is, the *far* one of the other end.
//!
//! | text | octets | what |
//! |---|---:|---|
//! | own | 4, 4 | the interface indexes on the own and on the far side |
//! | | 5 | whether there is an exporter's address, and that |
//! | own, far | 5 | whether the end has a public address, and that |
//! | own, far | | instance, name, region and service of the end |
//! | own | | account, VPC, subnet, interface and type |
//! | own | | the exporter's name |
//! | own, far | | the geographic region of the end; nothing where records have none |
//!
//! Strings are encoded as in the record.

use std::net::Ipv4Addr;

use weir_ipfix::{
    AddressFamily, FixedPart, InterfaceSide, Layout, RecordView, element as ie, split_string,
    standard as slot,
};

use super::texts::Parts;

const OWN_HEAD: usize = 18;
const FAR_HEAD: usize = 5;
/// An own text as a record has it.
pub(crate) type OwnParts<'a> = Parts<'a, OWN_HEAD, 4>;
/// A far text as a record has it.
pub(crate) type FarParts<'a> = Parts<'a, FAR_HEAD, 2>;
/// Strings of an end that every record has.
pub(crate) const SIDE_STRINGS: usize = 4;
/// Strings of an interface.
pub(crate) const INTERFACE_STRINGS: usize = 5;
/// An absent string.
pub(crate) const EMPTY: &[u8] = &[0];

/// Where the texts are in the records of one layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextPlan {
    /// Which of the strings behind those of every record are the geographic regions.
    geo: [Option<usize>; 2],
}

impl TextPlan {
    pub(crate) fn new(layout: &Layout) -> Self {
        let first_extra = 1 + 2 * SIDE_STRINGS + INTERFACE_STRINGS;
        let geo = |element| layout.string_index(&element)?.checked_sub(first_extra);
        Self { geo: [geo(ie::SOURCE_GEO_REGION), geo(ie::DESTINATION_GEO_REGION)] }
    }

    /// The own and the far text of a record; of a damaged one without strings.
    #[inline]
    pub(crate) fn split<'a>(&self, record: &RecordView<'a>) -> (OwnParts<'a>, FarParts<'a>) {
        let strings = self.strings(record).unwrap_or_default();
        let (own, far) = match record.interface_side() {
            InterfaceSide::Source | InterfaceSide::Unknown => (0, 1),
            InterfaceSide::Destination => (1, 0),
        };
        let Strings { exporter, sides, geo, interface } = strings;
        let own_strings = [sides[own], interface, exporter, geo[own]];
        let far_strings = [sides[far], geo[far]];
        (
            Parts { head: own_head(record, own, far), strings: own_strings },
            Parts { head: public_address(record, far), strings: far_strings },
        )
    }

    #[inline]
    fn strings<'a>(&self, record: &RecordView<'a>) -> Option<Strings<'a>> {
        let strings = record.data().get(record.layout().fixed_length()..)?;
        let (exporter, rest) = split_encoded(strings, 1)?;
        let (source, rest) = split_encoded(rest, SIDE_STRINGS)?;
        let (destination, rest) = split_encoded(rest, SIDE_STRINGS)?;
        let (interface, extras) = split_encoded(rest, INTERFACE_STRINGS)?;
        let geo = |place: Option<usize>| {
            let (_, rest) = split_encoded(extras, place?)?;
            Some(split_encoded(rest, 1)?.0)
        };
        let [source_geo, destination_geo] = self.geo;
        let geo = [geo(source_geo), geo(destination_geo)].map(Option::unwrap_or_default);
        Some(Strings { exporter, sides: [source, destination], geo, interface })
    }
}

/// The strings of a record by what they describe, encoded.
#[derive(Clone, Copy, Debug, Default)]
struct Strings<'a> {
    exporter: &'a [u8],
    sides: [&'a [u8]; 2],
    geo: [&'a [u8]; 2],
    interface: &'a [u8],
}

#[inline]
fn own_head(record: &RecordView<'_>, own: usize, far: usize) -> [u8; OWN_HEAD] {
    let indexes = [slot::INGRESS_INTERFACE, slot::EGRESS_INTERFACE];
    let index = |side: usize| (record.unsigned(indexes[side]).unwrap_or(0) as u32).to_be_bytes();
    let mut head = [0; OWN_HEAD];
    head[..4].copy_from_slice(&index(own));
    head[4..8].copy_from_slice(&index(far));
    head[8..13].copy_from_slice(&optional_address(record.unsigned(slot::EXPORTER_ADDRESS)));
    head[13..].copy_from_slice(&public_address(record, own));
    head
}

/// The public address of the source or destination.
#[inline]
fn public_address(record: &RecordView<'_>, side: usize) -> [u8; 5] {
    // Addresses of IPv6 are not translated: the place is another's there.
    let is_v4 = record.layout().family() == AddressFamily::V4;
    let place = [slot::SOURCE_PUBLIC_V4, slot::DESTINATION_PUBLIC_V4][side];
    optional_address(if is_v4 { record.unsigned(place) } else { None })
}

/// Whether there is an IPv4 address, and that.
#[inline]
fn optional_address(address: Option<u64>) -> [u8; 5] {
    let [a, b, c, d] = (address.unwrap_or(0) as u32).to_be_bytes();
    [u8::from(address.is_some()), a, b, c, d]
}

fn address_of([is_present, a, b, c, d]: [u8; 5]) -> Option<Ipv4Addr> {
    (is_present == 1).then(|| Ipv4Addr::new(a, b, c, d))
}

/// The first `count` strings as they are encoded, and the rest.
#[inline]
pub(crate) fn split_encoded(strings: &[u8], count: usize) -> Option<(&[u8], &[u8])> {
    let mut rest = strings;
    for _ in 0..count {
        rest = split_string(rest)?.1;
    }
    strings.split_at_checked(strings.len() - rest.len())
}

/// What a text tells of one end.
#[derive(Clone, Copy)]
pub(crate) struct SideText<'a> {
    pub(crate) public: Option<Ipv4Addr>,
    pub(crate) strings: &'a [u8],
    pub(crate) geo: &'a [u8],
}

impl<'a> SideText<'a> {
    const NONE: Self = Self { public: None, strings: &[0; SIDE_STRINGS], geo: EMPTY };

    /// Of a far text.
    pub(crate) fn of_far(text: &'a [u8]) -> Self {
        Self::split_far(text).unwrap_or(Self::NONE)
    }

    fn split_far(text: &'a [u8]) -> Option<Self> {
        let (public, rest) = text.split_first_chunk::<FAR_HEAD>()?;
        let (strings, geo) = split_encoded(rest, SIDE_STRINGS)?;
        Some(Self::new(*public, strings, geo))
    }

    fn new(public: [u8; 5], strings: &'a [u8], geo: &'a [u8]) -> Self {
        let geo = if geo.is_empty() { EMPTY } else { geo };
        Self { public: address_of(public), strings, geo }
    }
}

/// What an own text tells of the interface.
pub(crate) struct OwnText<'a> {
    /// On the own and on the far side.
    pub(crate) indexes: [u32; 2],
    exporter: Option<Ipv4Addr>,
    pub(crate) exporter_name: &'a [u8],
    pub(crate) side: SideText<'a>,
    /// Account, VPC, subnet, interface and type.
    pub(crate) strings: &'a [u8],
}

impl<'a> OwnText<'a> {
    pub(crate) fn of(text: &'a [u8]) -> Self {
        Self::split(text).unwrap_or(Self {
            indexes: [0; 2],
            exporter: None,
            exporter_name: EMPTY,
            side: SideText::NONE,
            strings: &[0; INTERFACE_STRINGS],
        })
    }

    fn split(text: &'a [u8]) -> Option<Self> {
        let (own_index, rest) = text.split_first_chunk::<4>()?;
        let (far_index, rest) = rest.split_first_chunk::<4>()?;
        let (exporter, rest) = rest.split_first_chunk::<5>()?;
        let (public, rest) = rest.split_first_chunk::<5>()?;
        let (of_side, rest) = split_encoded(rest, SIDE_STRINGS)?;
        let (strings, rest) = split_encoded(rest, INTERFACE_STRINGS)?;
        let (exporter_name, geo) = split_encoded(rest, 1)?;
        let side = SideText::new(*public, of_side, geo);
        let indexes = [*own_index, *far_index].map(u32::from_be_bytes);
        Some(Self { indexes, exporter: address_of(*exporter), exporter_name, side, strings })
    }

    pub(crate) fn put_exporter(&self, fixed: &mut FixedPart) {
        if let Some(address) = self.exporter {
            fixed.put_ipv4(slot::EXPORTER_ADDRESS, address);
        }
    }
}
