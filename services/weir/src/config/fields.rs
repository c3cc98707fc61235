//! The names of elements and report fields.

use weir_enrich::{NATIVE_FIELDS, NativeField};
use weir_ipfix::element::{DESTINATION_GEO_REGION, EXPORTER_IPV6_ADDRESS, SOURCE_GEO_REGION};
use weir_ipfix::{InformationElement, LayoutPair};
use weir_report::{
    EXPORTER_IPV6_FIELD, FieldSource, GEO_FIELDS, Report, ReportField, WindowOptions,
};
use weir_runtime::config::nearest;

/// The elements of geographic regions.
pub(super) const GEO_ELEMENTS: [InformationElement; 2] =
    [SOURCE_GEO_REGION, DESTINATION_GEO_REGION];

/// The elements that every record of one of the families holds.
pub(super) fn standard_elements() -> Vec<InformationElement> {
    let layouts = LayoutPair::new(weir_ipfix::DEFAULT_ENTERPRISE_NUMBER);
    let mut elements = layouts.v4.elements().to_vec();
    push_missing(&mut elements, layouts.v6.elements().iter().copied());
    elements
}

/// The element of this name, `octetDeltaCount` or `awsVpcId`, or of this field of the flow log,
/// `flow_direction`.
pub(super) fn element(name: &str) -> Result<InformationElement, String> {
    let natives = || NATIVE_FIELDS.iter().map(|native| native.element);
    let added = GEO_ELEMENTS.into_iter().chain([EXPORTER_IPV6_ADDRESS]).chain(natives());
    let known = standard_elements().into_iter().chain(added);
    let elements: Vec<_> = known.collect();
    let found = elements.iter().find(|element| element.name == name).copied();
    let found = found.or_else(|| Some(NativeField::by_name(name)?.element));
    found.ok_or_else(|| {
        let elements = elements.iter().map(|element| element.name);
        let fields = NATIVE_FIELDS.iter().map(|native| native.key);
        let advice = "write an element such as octetDeltaCount or a field such as flow_direction";
        refusal("no such element", name, &elements.chain(fields).collect::<Vec<_>>(), advice)
    })
}

/// The element of this name in rows that are counted over an interval.
pub(super) fn row_element(
    window: &WindowOptions,
    name: &str,
) -> Result<InformationElement, String> {
    let elements: Vec<_> =
        standard_elements().into_iter().chain(window.row_elements()).chain(GEO_ELEMENTS).collect();
    let found = elements.iter().find(|element| element.name == name).copied();
    found.ok_or_else(|| {
        let known: Vec<_> = elements.iter().map(|element| element.name).collect();
        refusal("no such element", name, &known, "write an element such as octetDeltaCount")
    })
}

/// The field with this key in the rows of a report.
pub(super) fn row_field(report: Report, name: &str) -> Result<ReportField, String> {
    let mut fields = report.row_fields();
    if report != Report::Conversations {
        fields.extend(GEO_FIELDS);
    }
    let found = fields.iter().find(|field| field.key == name).copied();
    found.ok_or_else(|| {
        let known: Vec<_> = fields.iter().map(|field| field.key).collect();
        refusal("the report has no such field", name, &known, "write a key such as exp_ip")
    })
}

/// The field with this key in report 20201, else of the flow log.
pub(super) fn report_field(name: &str) -> Result<ReportField, String> {
    let known = || Report::record_fields().chain(GEO_FIELDS).chain([EXPORTER_IPV6_FIELD]);
    let found = known().find(|field| field.key == name);
    let found = found.or_else(|| NativeField::by_name(name).map(native));
    found.ok_or_else(|| {
        let report = known().map(|field| field.key);
        let fields = NATIVE_FIELDS.iter().map(|native| native.key);
        let advice = "write a key of the report such as exp_ip or a field such as flow_direction";
        refusal("no such field", name, &report.chain(fields).collect::<Vec<_>>(), advice)
    })
}

/// A field of the flow log as a field of the report. Where the report has the key, its own field
/// stays: it holds the same and knows the inventory too.
pub(super) fn added_field(field: &NativeField) -> ReportField {
    let of_report = Report::record_fields().find(|each| each.key == field.key);
    of_report.unwrap_or_else(|| native(field))
}

/// The element that a report field is read from, if it may be one that is added to records.
pub(super) fn added_element(field: &ReportField) -> Option<InformationElement> {
    match field.source {
        FieldSource::Any(element) => Some(element),
        _ if *field == EXPORTER_IPV6_FIELD => Some(EXPORTER_IPV6_ADDRESS),
        _ => None,
    }
}

/// Appends what `list` does not have yet.
pub(super) fn push_missing<T: PartialEq>(list: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for item in more {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

fn native(field: &NativeField) -> ReportField {
    ReportField { key: field.key, source: FieldSource::Any(field.element) }
}

fn refusal(wrong: &str, name: &str, known: &[&str], advice: &str) -> String {
    match nearest(name, known) {
        Some(meant) => format!("{wrong}; did you mean {meant}?"),
        None => format!("{wrong}; {advice}"),
    }
}
