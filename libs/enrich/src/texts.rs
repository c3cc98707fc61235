//! The strings of a record.

use weir_inventory::{Endpoint, InterfaceEntry, VpcEntry};
use weir_ipfix::{InterfaceSide, RecordWriter};

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

/// One side's strings. What the inventory does not know is taken from the line where the line
/// has it: the interface's instance and region for its own side (`own`), the service that AWS
/// names for the packet's address where that is the flow's address.
#[inline]
fn push_side(
    record: &mut RecordWriter<'_>,
    side: &SideValues<'_>,
    endpoint: Option<Endpoint<'_>>,
    own: Option<(&LineValues<'_>, &Place<'_>)>,
) {
    let endpoint = endpoint.unwrap_or(Endpoint::UNKNOWN);
    // The service is the last of the strings; an unknown one is a single 0.
    let Some((0, known)) = endpoint.strings.split_last() else {
        record.push_encoded(endpoint.strings);
        return;
    };
    match own {
        Some((line, place)) if endpoint.strings == Endpoint::UNKNOWN.strings => {
            record.push_string(line.instance_id.unwrap_or_default());
            record.push_string(b"");
            record.push_string(line.region.unwrap_or(place.region));
        }
        _ => record.push_encoded(known),
    }
    record.push_string(side.own_service().unwrap_or_default());
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
    let account = line.account_id.filter(|account| *account != b"unknown");
    let account = account.or_else(|| interface.map(InterfaceEntry::account_id));
    let of_exporter = Some(exporter.account_id.as_bytes()).filter(|account| !account.is_empty());
    record.push_string(account.or(of_exporter).unwrap_or(place.account_id));
    let is_gateway = line.transit_gateway_id.is_some();
    let vpc = if is_gateway { "" } else { exporter.id.as_str() };
    record.push_string(line.vpc_id.unwrap_or(vpc.as_bytes()));
    let subnet = || interface.map(InterfaceEntry::subnet_id).unwrap_or_default();
    record.push_string(line.subnet_id.unwrap_or_else(subnet));
    record.push_string(line.interface_id.unwrap_or_default());
    record.push_string(line.traffic_type.unwrap_or_default());
}
