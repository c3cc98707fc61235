//! Writes the records of lines, a batch at a time.

use std::fmt;
use std::hint::black_box;
use std::net::IpAddr;

use weir_flowlog::{Field, FlowLine};
use weir_inventory::{InterfaceEntry, Snapshot, VpcIndex};
use weir_ipfix::{AddressFamily, FixedPart, InterfaceSide, LayoutPair, push_string, standard};

use crate::decision::{Decisions, ExporterDecision, SideDecision};
use crate::fixed::{put_line, put_sides};
use crate::groups::RecordGroups;
use crate::line::{LineValues, family_of};
use crate::native::{AddedText, NativePlan};
use crate::place::Place;
use crate::sides::Sides;
use crate::texts::{push_identifiers, push_sides};

/// How many lines are looked up together.
///
/// An inventory is larger than the processor's caches. Lookups side by side wait for memory
/// together, one after another each would wait by itself.
const BATCH: usize = 32;

/// Writes records under one pair of layouts. Reused from line to line, so that nothing is
/// allocated for a record.
#[derive(Debug)]
pub struct LineEnricher<'l, 't> {
    layouts: &'l LayoutPair,
    v4: FamilyParts,
    v6: FamilyParts,
    lines: Vec<LineValues<'t>>,
    /// The encoded strings of added elements of all lines that wait.
    added: Vec<u8>,
    totals: Totals,
    place: Place<'l>,
    regions: Option<&'l mut dyn GeoRegions>,
}

/// What records of one address family are made with.
#[derive(Debug)]
struct FamilyParts {
    plan: NativePlan,
    /// One for each line of a batch.
    fixed: Vec<FixedPart>,
}

/// Knows the geographic regions of public addresses.
pub trait GeoRegions: fmt::Debug {
    /// The region of `address` as ISO 3166 writes it, such as `DE` or `US-VA`.
    fn region(&mut self, address: IpAddr) -> Option<&str>;
}

/// What there is to say of many lines beside their records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Lines whose VPC or transit gateway the inventory does not have: their records carry the
    /// fallback exporter.
    pub unknown_vpc: u64,
    /// How many strings were cut to the longest that is written.
    pub strings_cut: u64,
}

/// What was found for a line.
#[derive(Clone, Copy)]
pub(crate) struct Found<'s> {
    pub(crate) interface: Option<&'s InterfaceEntry>,
    pub(crate) exporter: VpcIndex,
    pub(crate) sides: Sides<'s>,
}

impl<'l, 't> LineEnricher<'l, 't> {
    /// A writer of records under `layouts`.
    pub fn new(layouts: &'l LayoutPair) -> Self {
        let parts = |family| {
            let layout = layouts.of(family);
            let fixed = vec![FixedPart::new(layout); BATCH];
            FamilyParts { plan: NativePlan::new(layout), fixed }
        };
        Self {
            layouts,
            v4: parts(AddressFamily::V4),
            v6: parts(AddressFamily::V6),
            lines: Vec::with_capacity(BATCH),
            added: Vec::new(),
            totals: Totals::default(),
            place: Place::default(),
            regions: None,
        }
    }

    /// The same writer, for lines that come from `place`.
    pub fn at(self, place: Place<'l>) -> Self {
        Self { place, ..self }
    }

    /// The same writer, which asks `regions` where the layouts hold regions of addresses.
    pub fn with_regions(self, regions: &'l mut dyn GeoRegions) -> Self {
        Self { regions: Some(regions), ..self }
    }

    /// Takes `line`, whose record is appended to the group of its observation domain when enough
    /// lines wait to be looked up together, and at [`LineEnricher::finish`] at the latest.
    ///
    /// All lines that wait must be queued with one snapshot and one set of groups.
    #[inline]
    pub fn queue(&mut self, snapshot: &Snapshot, line: &FlowLine<'t>, groups: &mut RecordGroups) {
        let parts = match family_of(line) {
            AddressFamily::V4 => &mut self.v4,
            AddressFamily::V6 => &mut self.v6,
        };
        if let Some(fixed) = parts.fixed.get_mut(self.lines.len()) {
            fixed.clear();
            put_line(fixed, line, &parts.plan);
        }
        let start = self.added.len();
        for added in &parts.plan.texts {
            let text = match added {
                AddedText::Native(field) => line.text(*field),
                AddedText::GeoRegion(field) => region_of(&mut self.regions, line, *field),
                AddedText::Nothing => None,
            };
            let was_cut = push_string(&mut self.added, text.unwrap_or_default());
            self.totals.strings_cut += u64::from(was_cut);
        }
        self.lines.push(LineValues::of(line, start..self.added.len()));
        if self.lines.len() == BATCH {
            self.write(snapshot, groups);
        }
    }

    /// Writes the records of the lines that wait, and tells of all lines since the last time.
    pub fn finish(&mut self, snapshot: &Snapshot, groups: &mut RecordGroups) -> Totals {
        self.write(snapshot, groups);
        std::mem::take(&mut self.totals)
    }

    fn write(&mut self, snapshot: &Snapshot, groups: &mut RecordGroups) {
        if self.lines.is_empty() {
            return;
        }
        let mut found = [Found::NOTHING; BATCH];
        find(snapshot, &self.lines, &mut found);
        for (place, (line, found)) in self.lines.iter().zip(&found).enumerate() {
            let parts = match line.family {
                AddressFamily::V4 => &mut self.v4,
                AddressFamily::V6 => &mut self.v6,
            };
            let added = self.added.get(line.added.clone()).unwrap_or_default();
            if let Some(fixed) = parts.fixed.get_mut(place) {
                let exporter = snapshot.vpc(found.exporter);
                put_sides(fixed, line, &found.sides);
                fixed.put_ipv4(standard::EXPORTER_ADDRESS, exporter.exporter_address);
                if let (Some(slot), Some(address)) =
                    (parts.plan.exporter_ipv6, exporter.exporter_ipv6_address)
                {
                    fixed.put_ipv6(slot, address);
                }
                let domain = exporter.observation_domain_id;
                let Some(group) = groups.group(self.layouts, line.family, domain) else { continue };
                let mut record = group.start_record(fixed);
                record.push_encoded(&exporter.encoded_exporter_name);
                push_sides(&mut record, snapshot, line, &found.sides, &self.place);
                push_identifiers(&mut record, line, found.interface, exporter, &self.place);
                record.push_encoded(added);
                self.totals.strings_cut += u64::from(record.finish());
                self.totals.unknown_vpc += u64::from(found.exporter == VpcIndex::FALLBACK);
            }
        }
        self.lines.clear();
        self.added.clear();
    }
}

impl<'s> Found<'s> {
    const NOTHING: Found<'static> =
        Found { interface: None, exporter: VpcIndex::FALLBACK, sides: Sides::UNKNOWN };

    /// What is found for one line, as for the lines of a batch, and how.
    pub(crate) fn explained(snapshot: &'s Snapshot, line: &LineValues<'_>) -> (Self, Decisions) {
        let mut found = [Found::NOTHING; BATCH];
        find(snapshot, std::slice::from_ref(line), &mut found);
        let [found, ..] = found;
        // A batch has no use for decisions. They are told by the functions that it asked.
        let exporter = exporter_of(snapshot, found.interface, line).1;
        if line.transit_gateway_id.is_some() {
            let (_, [source, destination]) = Sides::of_transit_gateway(snapshot, line);
            let side = SideDecision::TransitGateway;
            return (found, Decisions { exporter, side, source, destination });
        }
        let (mut sides, side, own) = Sides::of_interface(snapshot, found.interface, line);
        let [source, destination] =
            sides.find_other(snapshot, found.exporter, found.interface, line);
        let (source, destination) = match sides.interface_side {
            InterfaceSide::Source => (own, destination),
            InterfaceSide::Destination => (source, own),
            InterfaceSide::Unknown => (source, destination),
        };
        (found, Decisions { exporter, side, source, destination })
    }
}

fn region_of<'r>(
    regions: &'r mut Option<&mut dyn GeoRegions>,
    line: &FlowLine<'_>,
    field: Field,
) -> Option<&'r [u8]> {
    let address = line.address(field)?;
    regions.as_mut()?.region(address).map(str::as_bytes)
}

/// Looks all lines up, step by step: what a step reads was brought into the cache by the one
/// before, for all lines side by side.
fn find<'s>(snapshot: &'s Snapshot, lines: &[LineValues<'_>], found: &mut [Found<'s>; BATCH]) {
    let ids = lines.iter().filter_map(|line| line.interface_id);
    let mut touched = ids.fold(0, |all, id| all ^ snapshot.touch_interface(id));
    find_interfaces(snapshot, lines, found);
    for (line, found) in lines.iter().zip(&mut *found) {
        let interface = found.interface;
        found.exporter = exporter_of(snapshot, interface, line).0;
        if line.transit_gateway_id.is_some() {
            found.sides = Sides::of_transit_gateway(snapshot, line).0;
        } else {
            found.sides = Sides::of_interface(snapshot, interface, line).0;
        }
    }
    for (line, found) in lines.iter().zip(&*found) {
        touched ^= found.sides.touch_other(snapshot, found.exporter, line);
    }
    for (line, found) in lines.iter().zip(&mut *found) {
        if line.transit_gateway_id.is_none() {
            found.sides.find_other(snapshot, found.exporter, found.interface, line);
        }
    }
    for found in found.iter().take(lines.len()) {
        for end in [found.sides.source, found.sides.destination].into_iter().flatten() {
            // They may lie across two cache lines.
            let ends = [end.strings.first(), end.strings.last()];
            touched ^= ends.into_iter().flatten().fold(0, |all, byte| all ^ u64::from(*byte));
        }
    }
    black_box(touched);
}

/// Neighbouring lines are often of one interface.
fn find_interfaces<'s>(
    snapshot: &'s Snapshot,
    lines: &[LineValues<'_>],
    found: &mut [Found<'s>; BATCH],
) {
    let mut last = (None, None);
    for (line, found) in lines.iter().zip(found) {
        if line.interface_id != last.0 {
            let interface = line.interface_id.and_then(|id| snapshot.interface(id));
            last = (line.interface_id, interface);
        }
        found.interface = last.1;
    }
}

/// The transit gateway or VPC that the line is of: as the line says, else as the interface's
/// inventory says, else the fallback.
#[inline]
fn exporter_of(
    snapshot: &Snapshot,
    interface: Option<&InterfaceEntry>,
    line: &LineValues<'_>,
) -> (VpcIndex, ExporterDecision) {
    let of_interface = interface.map(InterfaceEntry::vpc);
    let (index, decision) = if let Some(id) = line.transit_gateway_id {
        (snapshot.transit_gateway_by_id(id), ExporterDecision::TransitGatewayOfLine)
    } else if let Some(id) = line.vpc_id {
        // Nearly always the same VPC: a comparison saves a lookup.
        let is_same = |index: &VpcIndex| snapshot.vpc(*index).id.as_bytes() == id;
        let index = of_interface.filter(is_same).or_else(|| snapshot.vpc_by_id(id));
        (index, ExporterDecision::VpcOfLine)
    } else {
        (of_interface, ExporterDecision::VpcOfInterface)
    };
    (index.unwrap_or(VpcIndex::FALLBACK), decision)
}
