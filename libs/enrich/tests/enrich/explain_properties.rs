//! An explanation never disagrees with the record.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use weir_enrich::explain::{ExplainedElement, ExplainedRecord, Explanation, Rule, explain_line};
use weir_enrich::{NATIVE_FIELDS, Place};
use weir_flowlog::{BlockParser, Field, FieldKind, FlowLine, Line, LogFormat, NoFlow};
use weir_inventory::Snapshot;
use weir_ipfix::{LayoutPair, MAX_STRING_LENGTH, RecordGroup, RecordView, element as ie};
use weir_report::{FieldSource, GEO_FIELDS, JsonWriter, Report, ReportField};

use crate::inventory::snapshot;
use crate::properties::{all_added, any_format, any_value, value};
use crate::reading::{ENTERPRISE_NUMBER, groups};

/// Everything that the JSON output can write, each under the name of its element.
fn report() -> Vec<ReportField> {
    let named = |field: ReportField| match field.source {
        FieldSource::Number(_)
        | FieldSource::Seconds(_)
        | FieldSource::Action(_)
        | FieldSource::ActionLetter(_) => field,
        FieldSource::Address { v4, .. } => ReportField { key: v4.name, ..field },
        FieldSource::Text(element) | FieldSource::Any(element) => {
            ReportField { key: element.name, ..field }
        }
    };
    let native = NATIVE_FIELDS.iter().map(|native| ReportField {
        key: native.element.name,
        source: FieldSource::Any(native.element),
    });
    Report::record_fields().chain(GEO_FIELDS).map(named).chain(native).collect()
}

/// The key of an element in the report above.
fn key_of(element: &ExplainedElement) -> Option<&'static str> {
    let numbers = [
        (ie::OCTET_DELTA_COUNT, "bytes_in"),
        (ie::PACKET_DELTA_COUNT, "packets_in"),
        (ie::FLOW_START_MILLISECONDS, "flow_start_time"),
        (ie::FLOW_END_MILLISECONDS, "flow_end_time"),
        (ie::SOURCE_TRANSPORT_PORT, "src_port"),
        (ie::DESTINATION_TRANSPORT_PORT, "dest_port"),
        (ie::PROTOCOL_IDENTIFIER, "protocol"),
        (ie::TCP_CONTROL_BITS, "tcp_flag"),
        (ie::FORWARDING_STATUS, "vpcflow_action"),
        (ie::SOURCE_IPV6_ADDRESS, ie::SOURCE_IPV4_ADDRESS.name),
        (ie::DESTINATION_IPV6_ADDRESS, ie::DESTINATION_IPV4_ADDRESS.name),
    ];
    let unreported = [
        ie::FLOW_DIRECTION,
        ie::INGRESS_INTERFACE,
        ie::EGRESS_INTERFACE,
        ie::OBSERVATION_DOMAIN_NAME,
    ];
    if unreported.iter().any(|each| each.name == element.name) {
        return None;
    }
    let number = numbers.iter().find(|(each, _)| each.name == element.name);
    Some(number.map_or(element.name, |(_, key)| key))
}

fn json_of(layouts: &LayoutPair, record: &RecordView<'_>) -> Value {
    let mut out = Vec::new();
    JsonWriter::new(layouts, Report::Flows, &report()).write(record, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn shown(value: Option<&Value>) -> Option<String> {
    value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Whether a value under this rule is always absent.
fn is_absence(rule: &Rule) -> bool {
    use Rule::*;
    let is_unknown = matches!(rule, NobodyInVpc { .. } | Nowhere | NobodyBeyond | Unknown);
    is_unknown || matches!(rule, LineLacks(_) | FoundWithout | NoGeoRegion(_) | Unfilled)
}

fn check_record(
    layouts: &LayoutPair,
    group: &RecordGroup,
    explained: &ExplainedRecord,
    line: &FlowLine<'_>,
) -> Result<(), TestCaseError> {
    let layout = layouts.by_revision(explained.revision).unwrap();
    prop_assert_eq!(group.revision, explained.revision);
    prop_assert_eq!(layout.family(), explained.family);
    prop_assert_eq!(group.observation_domain_id, explained.exporter.observation_domain_id);
    let record = group.records(layout).unwrap().next().unwrap();
    prop_assert_eq!(record.interface_side(), explained.interface_side);
    let identity = |each: &ExplainedElement| (each.enterprise_number, each.id);
    let covered: Vec<_> = explained.elements.iter().map(identity).collect();
    let expected = layout.specifiers().iter().map(|each| (each.enterprise_number, each.id));
    prop_assert_eq!(covered, expected.collect::<Vec<_>>());
    let json = json_of(layouts, &record);
    for element in &explained.elements {
        if let Some(key) = key_of(element) {
            prop_assert_eq!(&element.value, &shown(json.get(key)), "{}", element.name);
        }
        check_rule(element, line)?;
    }
    let directly =
        [(ie::FLOW_DIRECTION, 9), (ie::INGRESS_INTERFACE, 10), (ie::EGRESS_INTERFACE, 11)];
    for (element, at) in directly {
        let number = record.unsigned(layout.slot(&element).unwrap());
        let explained = &explained.elements[at];
        prop_assert_eq!(&explained.value, &number.map(|number| number.to_string()));
    }
    Ok(())
}

/// A value is the line's where the rule says so, and absent where it says that.
fn check_rule(element: &ExplainedElement, line: &FlowLine<'_>) -> Result<(), TestCaseError> {
    let shown = element.value.as_deref();
    if is_absence(&element.rule) {
        prop_assert_eq!(shown, None, "{:?}", element);
    }
    let Rule::Line(field) = element.rule else { return Ok(()) };
    let text = str::from_utf8(line.text(field).unwrap()).unwrap();
    let shown = shown.unwrap();
    match field.kind() {
        FieldKind::Number { .. } => prop_assert_eq!(shown.parse(), text.parse::<u64>()),
        FieldKind::Address if !element.name.starts_with("awsFlowLog") => {
            prop_assert_eq!(shown.parse(), text.parse::<std::net::IpAddr>());
        }
        FieldKind::Direction if element.name == ie::FLOW_DIRECTION.name => {
            prop_assert_eq!(shown, if text == "egress" { "1" } else { "0" });
        }
        _ if text.len() > MAX_STRING_LENGTH => prop_assert!(text.starts_with(shown)),
        _ => prop_assert_eq!(shown, text, "{:?}", element),
    }
    Ok(())
}

fn check_line(snapshot: &Snapshot, format: &LogFormat, text: &[u8]) -> Result<(), TestCaseError> {
    let layouts = LayoutPair::with_extras(ENTERPRISE_NUMBER, &all_added());
    let explained = explain_line(&layouts, snapshot, &Place::default(), format, text, None);
    let mut result = Ok(());
    let mut is_first = true;
    BlockParser::new().parse(format, text, |outcome| {
        if !std::mem::take(&mut is_first) {
            return;
        }
        result = match (&explained, outcome.line) {
            (Explanation::Record(record), Line::Flow(line)) => {
                // The production way of the whole text: the groups begin with the first line.
                let (groups, _) = groups(snapshot, &layouts, format, text);
                check_record(&layouts, &groups[0], record, line)
            }
            (Explanation::NoData, Line::WithoutFlow(NoFlow::NoData)) => Ok(()),
            (Explanation::SkipData, Line::WithoutFlow(NoFlow::SkipData)) => Ok(()),
            (Explanation::Rejected { reason, field }, Line::Rejected { reason: found, .. }) => {
                let is_known = field.is_none_or(|field| format.contains(field));
                match *reason == found && is_known {
                    true => Ok(()),
                    false => Err(TestCaseError::fail(format!("{explained:?} is not {found:?}"))),
                }
            }
            (_, other) => Err(TestCaseError::fail(format!("{explained:?} is not {other:?}"))),
        };
    });
    prop_assert_eq!(is_first, explained == Explanation::Blank);
    result
}

proptest! {
    #[test]
    fn every_value_is_the_record_s_and_every_element_is_explained_once(
        fields in any_format(),
        values in vec((any_value(), any::<u64>()), Field::COUNT),
    ) {
        let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
        let format = LogFormat::parse(&names.join(" ")).unwrap();
        let pairs = fields.iter().zip(&values);
        let tokens: Vec<_> =
            pairs.map(|(field, (any, number))| value(*field, any, *number)).collect();
        check_line(&snapshot(), &format, tokens.join(" ").as_bytes())?;
    }

    #[test]
    fn flows_between_all_kinds_of_addresses_agree(
        own in 0..4_usize, source in 0..12_usize, destination in 0..12_usize,
        packet in 0..12_usize, gateway in 0..3_usize, direction in 0..3_usize,
    ) {
        let enis = ["eni-web", "eni-app", "eni-new", "-"];
        let addresses = [
            "10.0.0.5", "10.0.0.6", "10.0.0.8", "10.0.1.7", "10.2.0.5", "10.3.0.5", "10.7.0.5",
            "3.5.0.8", "3.5.0.20", "52.92.0.1", "10.77.0.5", "-",
        ];
        let line = format!(
            "{} {} {} {} {} {} vpc-p S3 i-1",
            enis[own], addresses[source], addresses[destination], addresses[packet],
            ["-", "tgw-1", "tgw-9"][gateway], ["-", "egress", "ingress"][direction],
        );
        let format = "interface-id srcaddr dstaddr pkt-dstaddr tgw-id flow-direction \
                      tgw-src-vpc-id pkt-dst-aws-service instance-id";
        check_line(&snapshot(), &LogFormat::parse(format).unwrap(), line.as_bytes())?;
    }

    #[test]
    fn any_bytes_are_explained_as_they_are_parsed(
        fields in any_format(),
        text in vec(any::<u8>(), 0..600),
    ) {
        let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
        let format = LogFormat::parse(&names.join(" ")).unwrap();
        check_line(&snapshot(), &format, &text)?;
    }

    #[test]
    fn lines_that_are_damaged_in_one_place_are_explained_as_they_are_parsed(
        at in 0..60_usize, byte: u8,
    ) {
        let mut line = b"eni-web 10.0.0.5 3.5.0.20 840 ACCEPT egress OK i-web \xe2\x82\xac".to_vec();
        if let Some(place) = line.get_mut(at) {
            *place = byte;
        }
        let format = "interface-id srcaddr dstaddr bytes action flow-direction log-status \
                      instance-id instance-tag";
        check_line(&snapshot(), &LogFormat::parse(format).unwrap(), &line)?;
    }
}
