//! The strings of a record.

use weir_inventory::{Endpoint, InterfaceEntry, VpcEntry};
use weir_ipfix::{InterfaceSide, RecordWriter};

use crate::decision::TextDecision;
use crate::line::{LineValues, SideValues};
use crate::place::Place;
use crate::sides::Sides;

/// The strings of both sides, in the layout's order.
#[inline]
pub(crate) fn push_sides(
    record: &mut RecordWriter<'_>,
    line: &LineValues<'_>,
    sides: &Sides<'_>,
    place: &Place<'_>,
) {
    let own = |side| (sides.interface_side == side).then_some((line, place));
    push_side(record, &line.source, sides.source, own(InterfaceSide::Source));
    push_side(record, &line.destination, sides.destination, own(InterfaceSide::Destination));
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
}

impl<'a> SideTexts<'a> {
    /// What the inventory does not know is taken from the line where the line has it: the
    /// interface's instance and region for its own side (`own`), the service that AWS names for
    /// the packet's address where that is the flow's address.
    #[inline]
    pub(crate) fn of(
        endpoint: Option<Endpoint<'a>>,
        own: Option<(&'a LineValues<'a>, &'a Place<'a>)>,
    ) -> Self {
        let strings = endpoint.unwrap_or(Endpoint::UNKNOWN).strings;
        // The service is the last of the strings; an unknown one is a single 0.
        let Some((0, known)) = strings.split_last() else { return Self::Known(strings) };
        match own {
            Some((line, place)) if strings == Endpoint::UNKNOWN.strings => {
                Self::OfLine(line, place)
            }
            _ => Self::WithoutService(known),
        }
    }
}

/// One side's strings.
#[inline]
fn push_side<'a>(
    record: &mut RecordWriter<'_>,
    side: &SideValues<'_>,
    endpoint: Option<Endpoint<'a>>,
    own: Option<(&'a LineValues<'a>, &'a Place<'a>)>,
) {
    match SideTexts::of(endpoint, own) {
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
