//! A report's fields resolved to the places of one layout.

use std::net::IpAddr;
use std::ops::Range;

use weir_ipfix::{Layout, LayoutPair, LayoutRevision, RecordView, Slot};

use crate::field::{FieldSource, ReportField};

/// The value of a report field in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Number(u64),
    Address(IpAddr),
    Text(&'a [u8]),
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Number(Slot),
    Seconds(Slot),
    Action(Slot),
    ActionLetter(Slot),
    Address(Slot),
    Text(usize),
}

/// How the records of one layout are read for a report. Made once for each layout, so that no
/// record searches for its elements.
#[derive(Clone, Debug)]
struct Plan {
    revision: LayoutRevision,
    places: Vec<(&'static str, Place)>,
}

/// Reads a report's fields from records of either family.
#[derive(Clone, Debug)]
pub(crate) struct FieldReader {
    plans: [Plan; 2],
    /// Where the strings of the record at hand are; kept from record to record.
    strings: Vec<Range<usize>>,
}

impl FieldReader {
    /// A reader of `fields`; what a layout lacks is left out.
    pub(crate) fn new(layouts: &LayoutPair, fields: &[ReportField]) -> Self {
        let plans = [&layouts.v4, &layouts.v6].map(|layout| Plan {
            revision: layout.revision(),
            places: fields
                .iter()
                .filter_map(|field| Some((field.key, place_of(layout, field.source)?)))
                .collect(),
        });
        Self { plans, strings: Vec::new() }
    }

    /// Shows each field that has a value, in the report's order.
    pub(crate) fn read<'a>(
        &mut self,
        record: &RecordView<'a>,
        mut show: impl FnMut(&'static str, Value<'a>),
    ) {
        let revision = record.layout().revision();
        let plan = self.plans.iter().find(|plan| plan.revision == revision);
        record.locate_strings(&mut self.strings);
        for (key, place) in plan.iter().flat_map(|plan| &plan.places) {
            if let Some(value) = value_at(record, *place, &self.strings) {
                show(key, value);
            }
        }
    }
}

fn place_of(layout: &Layout, source: FieldSource) -> Option<Place> {
    match source {
        FieldSource::Number(slot) => Some(Place::Number(slot)),
        FieldSource::Seconds(slot) => Some(Place::Seconds(slot)),
        FieldSource::Action(slot) => Some(Place::Action(slot)),
        FieldSource::ActionLetter(slot) => Some(Place::ActionLetter(slot)),
        FieldSource::Address { v4, v6 } => {
            let of_v6 = || layout.slot(&v6?);
            layout.slot(&v4).or_else(of_v6).map(Place::Address)
        }
        FieldSource::Text(element) => layout.string_index(&element).map(Place::Text),
        FieldSource::Any(element) => {
            let of_text = || layout.string_index(&element).map(Place::Text);
            layout.slot(&element).map(Place::Number).or_else(of_text)
        }
    }
}

fn value_at<'a>(
    record: &RecordView<'a>,
    place: Place,
    strings: &[Range<usize>],
) -> Option<Value<'a>> {
    match place {
        Place::Number(slot) => record.unsigned(slot).map(Value::Number),
        Place::Seconds(slot) => record.unsigned(slot).map(|time| Value::Number(time / 1000)),
        Place::Action(slot) => record.unsigned(slot).map(|status| Value::Text(action(status))),
        Place::ActionLetter(slot) => {
            let word = record.unsigned(slot).map(action)?;
            word.get(..1).map(Value::Text)
        }
        Place::Address(slot) => record.address(slot).map(Value::Address),
        Place::Text(index) => {
            let place = strings.get(index)?.clone();
            record.data().get(place).filter(|text| !text.is_empty()).map(Value::Text)
        }
    }
}

/// AWS's word for a forwardingStatus: the two high bits are 01 for forwarded, 10 for dropped
/// (IANA).
fn action(status: u64) -> &'static [u8] {
    if status >> 6 == 1 { b"ACCEPT" } else { b"REJECT" }
}
