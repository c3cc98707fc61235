//! The strings of a record.

use weir_inventory::{Endpoint, InterfaceEntry, Snapshot, VpcEntry};
use weir_ipfix::{InterfaceSide, RecordWriter, split_string};

use crate::decision::TextDecision;
use crate::line::{LineValues, SideValues};
use crate::place::Place;
use crate::sides::Sides;

/// The strings of both sides, in the layout's order.
#[inline]
pub(crate) fn push_sides(
    record: &mut RecordWriter<'_>,
    snapshot: &Snapshot,
    line: &LineValues<'_>,
    sides: &Sides<'_>,
    place: &Place<'_>,
) {
    let of = |end, side| {
        let own = (sides.interface_side == side).then_some((line, place));
        SideTexts::of(snapshot, end, own)
    };
    push_side(record, &line.source, of(sides.source, InterfaceSide::Source));
    push_side(record, &line.destination, of(sides.destination, InterfaceSide::Destination));
}

/// Who describes one side in a record's strings.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SideTexts<'a> {
    /// The inventory or an AWS range: these are all four strings.
    Known(&'a [u8]),
    /// The same, but for the service, the last of the strings, which the line may name.
    WithoutService(&'a [u8]),
    /// The line and its place: the side is the interface, of which nothing is known.
    OfLine(&'a LineValues<'a>, &'a Place<'a>),
    /// The line, which names another instance than the inventory has for the interface.
    OtherInstance {
        /// The instance's id, as the line has it.
        id: &'a [u8],
        /// Its name, encoded; an empty one when the inventory does not have the instance.
        name: &'a [u8],
        /// The interface's region, encoded.
        region: &'a [u8],
        /// The interface's service, encoded; the line may name one where it is empty.
        service: &'a [u8],
    },
}

impl<'a> SideTexts<'a> {
    /// What the inventory does not know is taken from the line where the line has it: the
    /// interface's instance and region for its own side (`own`), the service that AWS names for
    /// the packet's address where that is the flow's address. Which instance the interface
    /// served is the line's word in any case.
    #[inline]
    pub(crate) fn of(
        snapshot: &'a Snapshot,
        endpoint: Option<Endpoint<'a>>,
        own: Option<(&'a LineValues<'a>, &'a Place<'a>)>,
    ) -> Self {
        let strings = endpoint.unwrap_or(Endpoint::UNKNOWN).strings;
        if let Some((line, place)) = own {
            if strings == Endpoint::UNKNOWN.strings {
                return Self::OfLine(line, place);
            }
            if let Some(id) = line.instance_id.filter(|id| !begins_with(strings, id)) {
                return Self::other_instance(snapshot, strings, id);
            }
        }
        // The service is the last of the strings; an unknown one is a single 0.
        match strings.split_last() {
            Some((0, known)) => Self::WithoutService(known),
            _ => Self::Known(strings),
        }
    }

    /// The inventory is older, or newer, than the line.
    #[cold]
    fn other_instance(snapshot: &'a Snapshot, strings: &'a [u8], id: &'a [u8]) -> Self {
        let behind = |strings| split_string(strings).map_or(EMPTY, |(_, behind)| behind);
        let region_and_service = behind(behind(strings));
        let service = behind(region_and_service);
        let region = region_and_service.len() - service.len();
        Self::OtherInstance {
            id,
            name: snapshot.instance_name(id).unwrap_or(EMPTY),
            region: region_and_service.get(..region).unwrap_or(EMPTY),
            service,
        }
    }
}

/// An empty string, encoded.
const EMPTY: &[u8] = &[0];

/// Whether `text` is the first of the encoded `strings`.
#[inline]
fn begins_with(strings: &[u8], text: &[u8]) -> bool {
    match strings.split_first() {
        Some((length, rest)) if *length < LONG => {
            usize::from(*length) == text.len() && rest.starts_with(text)
        }
        _ => split_string(strings).is_some_and(|(first, _)| first == text),
    }
}

/// The first octet of strings whose length takes more than one (RFC 7011 section 7).
const LONG: u8 = 255;

/// One side's strings.
#[inline]
fn push_side(record: &mut RecordWriter<'_>, side: &SideValues<'_>, texts: SideTexts<'_>) {
    match texts {
        SideTexts::Known(strings) => {
            record.push_encoded(strings);
            return;
        }
        SideTexts::WithoutService(known) => record.push_encoded(known),
        SideTexts::OfLine(line, place) => {
            record.push_string(line.instance_id.unwrap_or_default());
            record.push_string(b"");
            record.push_string(own_region(line, place).0);
        }
        SideTexts::OtherInstance { id, name, region, service } => {
            record.push_string(id);
            record.push_encoded(name);
            record.push_encoded(region);
            if service != EMPTY {
                record.push_encoded(service);
                return;
            }
        }
    }
    record.push_string(side.own_service().unwrap_or_default());
}

/// The region of an interface that the inventory does not know.
#[inline]
pub(crate) fn own_region<'a>(line: &LineValues<'a>, place: &Place<'a>) -> (&'a [u8], TextDecision) {
    let of_line = line.region.map(|region| (region, TextDecision::Line));
    of_line.unwrap_or((place.region, TextDecision::Place))
}

/// Account, VPC, subnet, interface and type: the line's own words before the inventory's, and
/// these before the place's.
#[inline]
pub(crate) fn push_identifiers(
    record: &mut RecordWriter<'_>,
    line: &LineValues<'_>,
    interface: Option<&InterfaceEntry>,
    exporter: &VpcEntry,
    place: &Place<'_>,
) {
    record.push_string(account_of(line, interface, exporter, place).0);
    record.push_string(vpc_of(line, exporter).0);
    record.push_string(subnet_of(line, interface).0);
    record.push_string(line.interface_id.unwrap_or_default());
    record.push_string(line.traffic_type.unwrap_or_default());
}

/// The account; AWS writes `unknown` for interfaces of its services.
#[inline]
pub(crate) fn account_of<'a>(
    line: &LineValues<'a>,
    interface: Option<&'a InterfaceEntry>,
    exporter: &'a VpcEntry,
    place: &Place<'a>,
) -> (&'a [u8], TextDecision) {
    if let Some(account) = line.account_id.filter(|account| *account != b"unknown") {
        return (account, TextDecision::Line);
    }
    match interface {
        Some(interface) => (interface.account_id(), TextDecision::Interface),
        None if exporter.account_id.is_empty() => (place.account_id, TextDecision::Place),
        None => (exporter.account_id.as_bytes(), TextDecision::Exporter),
    }
}

/// The VPC; a transit gateway is none.
#[inline]
pub(crate) fn vpc_of<'a>(
    line: &LineValues<'a>,
    exporter: &'a VpcEntry,
) -> (&'a [u8], TextDecision) {
    match line.vpc_id {
        Some(vpc_id) => (vpc_id, TextDecision::Line),
        None if line.transit_gateway_id.is_some() => (b"", TextDecision::Exporter),
        None => (exporter.id.as_bytes(), TextDecision::Exporter),
    }
}

/// The subnet.
#[inline]
pub(crate) fn subnet_of<'a>(
    line: &LineValues<'a>,
    interface: Option<&'a InterfaceEntry>,
) -> (&'a [u8], TextDecision) {
    let subnet = || interface.map(InterfaceEntry::subnet_id).unwrap_or_default();
    let of_line = line.subnet_id.map(|subnet_id| (subnet_id, TextDecision::Line));
    of_line.unwrap_or_else(|| (subnet(), TextDecision::Interface))
}
