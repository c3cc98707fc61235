//! Why a record is as it is, beside what is known of its ends.

use std::net::IpAddr;

use weir_enrich::explain::{ExplainedRecord, Explanation, Rule, explain_line};
use weir_enrich::{GeoRegions, NativeField, Place, interface_index};
use weir_flowlog::{Field, LogFormat, RejectReason};
use weir_inventory::{
    AssignedExporter, AssignedExporters, ExporterKind, FALLBACK_OBSERVATION_DOMAIN, Snapshot,
};
use weir_ipfix::{AddressFamily, InformationElement, InterfaceSide, LayoutPair, element as ie};

use crate::inventory::{of_json, snapshot};
use crate::reading::{ENTERPRISE_NUMBER, record};

const PLACE: Place<'static> = Place { account_id: b"777777777777", region: b"eu-north-1" };

fn explanation(snapshot: &Snapshot, format: &str, line: &str) -> Explanation {
    let layouts = LayoutPair::new(ENTERPRISE_NUMBER);
    let format = LogFormat::parse(format).unwrap();
    explain_line(&layouts, snapshot, &PLACE, &format, line.as_bytes(), None)
}

pub(crate) fn explained(snapshot: &Snapshot, format: &str, line: &str) -> ExplainedRecord {
    match explanation(snapshot, format, line) {
        Explanation::Record(record) => *record,
        other => panic!("{line}: {other:?}"),
    }
}

/// Value and rule of an element.
pub(crate) fn of(record: &ExplainedRecord, element: InformationElement) -> (Option<&str>, Rule) {
    let found = record.elements.iter().find(|each| each.name == element.name).unwrap();
    (found.value.as_deref(), found.rule.clone())
}

#[test]
fn what_the_line_has_is_taken_from_its_field() {
    let format = "interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end \
                  action tcp-flags type";
    let line = "eni-web 10.0.0.5 10.0.1.7 49152 443 6 10 840 1620140761 1620140821 REJECT 19 IPv4";
    let record = explained(&snapshot(), format, line);
    let cases = [
        (ie::OCTET_DELTA_COUNT, Field::Bytes, "840"),
        (ie::PACKET_DELTA_COUNT, Field::Packets, "10"),
        (ie::FLOW_START_MILLISECONDS, Field::Start, "1620140761"),
        (ie::FLOW_END_MILLISECONDS, Field::End, "1620140821"),
        (ie::SOURCE_TRANSPORT_PORT, Field::SrcPort, "49152"),
        (ie::DESTINATION_TRANSPORT_PORT, Field::DstPort, "443"),
        (ie::PROTOCOL_IDENTIFIER, Field::Protocol, "6"),
        (ie::TCP_CONTROL_BITS, Field::TcpFlags, "19"),
        (ie::FORWARDING_STATUS, Field::Action, "REJECT"),
        (ie::SOURCE_IPV4_ADDRESS, Field::SrcAddr, "10.0.0.5"),
        (ie::DESTINATION_IPV4_ADDRESS, Field::DstAddr, "10.0.1.7"),
        (ie::INTERFACE_ID, Field::InterfaceId, "eni-web"),
        (ie::TRAFFIC_TYPE, Field::Type, "IPv4"),
    ];
    for (element, field, value) in cases {
        assert_eq!(of(&record, element), (Some(value), Rule::Line(field)));
    }
    assert_eq!(record.family, AddressFamily::V4);
    assert_eq!(record.revision, LayoutPair::new(ENTERPRISE_NUMBER).v4.revision());
    let sentence = of(&record, ie::OCTET_DELTA_COUNT).1.to_string();
    assert_eq!(sentence, "the line has it in field `bytes`");
}

#[test]
fn what_the_line_lacks_is_absent_for_that_reason() {
    let record = explained(&snapshot(), "interface-id srcaddr bytes", "eni-web 10.0.0.5 -");
    for (element, field) in [
        (ie::OCTET_DELTA_COUNT, Field::Bytes),
        (ie::TCP_CONTROL_BITS, Field::TcpFlags),
        (ie::DESTINATION_IPV4_ADDRESS, Field::DstAddr),
        (ie::DESTINATION_REGION, Field::DstAddr),
        (ie::TRAFFIC_TYPE, Field::Type),
    ] {
        assert_eq!(of(&record, element), (None, Rule::LineLacks(field)));
    }
    assert_eq!(record.destination, Rule::LineLacks(Field::DstAddr));
}

#[test]
fn the_exporter_is_chosen_by_the_line_before_the_interface() {
    let snapshot = snapshot();
    let format = "interface-id vpc-id tgw-id srcaddr";
    for (line, id, rule) in [
        ("eni-web vpc-q - 10.0.0.5", "vpc-q", Rule::VpcOfLine),
        ("eni-web vpc-p - 10.0.0.5", "vpc-p", Rule::VpcOfLine),
        ("eni-web - - 10.0.0.5", "vpc-p", Rule::VpcOfInterface),
        ("eni-web vpc-p tgw-1 10.0.0.5", "tgw-1", Rule::TransitGatewayOfLine),
        ("eni-web vpc-p tgw-9 10.0.0.5", "", Rule::UnknownTransitGateway),
        ("eni-web vpc-new - 10.0.0.5", "", Rule::UnknownVpc),
        ("eni-new - - 10.0.0.5", "", Rule::UnknownInterface),
        ("- - - 10.0.0.5", "", Rule::UnknownInterface),
    ] {
        let explained = explained(&snapshot, format, line).exporter;
        assert_eq!((explained.id.as_str(), &explained.rule), (id, &rule), "{line}");
        let record = record(&snapshot, format, line);
        assert_eq!(explained.observation_domain_id, record.observation_domain_id, "{line}");
        let is_fallback = explained.observation_domain_id == FALLBACK_OBSERVATION_DOMAIN;
        assert_eq!(is_fallback, explained.kind == ExporterKind::Fallback, "{line}");
    }
}

#[test]
fn address_and_name_of_the_exporter_say_where_they_come_from() {
    let snapshot = of_json(
        r#"{"vpcs": [
              {"id": "vpc-a", "account_id": "1", "region": "eu-west-1", "cidrs": ["10.0.0.0/16"],
               "exporter": {"address": "192.0.2.1", "name": "by hand"}},
              {"id": "vpc-b", "account_id": "1", "region": "eu-west-1", "cidrs": ["10.0.0.0/16"],
               "name": "tagged"},
              {"id": "vpc-c", "account_id": "1", "region": "eu-west-1", "name": ""}]}"#,
    );
    let cases = [
        ("vpc-a", "192.0.2.1", Rule::ExporterAssigned, "by hand", Rule::ExporterAssigned),
        ("vpc-b", "10.0.0.1", Rule::ExporterFirstBlock, "tagged", Rule::ExporterNameTag),
        ("vpc-c", "192.0.0.8", Rule::ExporterFallback, "vpc-c", Rule::ExporterId),
        ("vpc-d", "192.0.0.8", Rule::ExporterFallback, "unknown-vpc", Rule::ExporterFallback),
    ];
    for (vpc, address, address_rule, name, name_rule) in cases {
        let record = explained(&snapshot, "vpc-id srcaddr", &format!("{vpc} 10.0.0.5"));
        assert_eq!(of(&record, ie::EXPORTER_IPV4_ADDRESS), (Some(address), address_rule));
        assert_eq!(of(&record, ie::OBSERVATION_DOMAIN_NAME), (Some(name), name_rule));
        let exporter = record.exporter;
        assert_eq!(
            (exporter.address.to_string().as_str(), exporter.name.as_str()),
            (address, name)
        );
    }
}

#[test]
fn the_side_of_the_interface_is_explained() {
    use InterfaceSide::{Destination, Source, Unknown};
    let snapshot = snapshot();
    let format = "tgw-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr flow-direction";
    for (line, side, rule) in [
        ("- eni-web 10.0.0.5 10.0.1.7 - - -", Source, Rule::SideOfPrimaryAddress),
        ("- eni-web 10.0.1.7 10.0.0.6 - - -", Destination, Rule::SideOfOwnAddress),
        ("- eni-web 10.0.9.9 10.0.8.8 10.0.0.6 - -", Source, Rule::SideOfPacketAddress),
        ("- eni-web 10.0.9.9 10.0.8.8 - - egress", Source, Rule::SideOfDirection),
        ("- eni-web 10.0.9.9 10.0.8.8 - - -", Unknown, Rule::SideUnknown),
        ("tgw-1 eni-web 10.0.0.5 10.0.1.7 - - egress", Unknown, Rule::SideOfTransitGateway),
    ] {
        let explained = explained(&snapshot, format, line);
        assert_eq!((explained.interface_side, &explained.side_rule), (side, &rule), "{line}");
        assert_eq!(explained.interface_side, record(&snapshot, format, line).side, "{line}");
    }
}

#[test]
fn direction_and_indexes_follow_from_the_side() {
    let snapshot = snapshot();
    let format = "interface-id srcaddr dstaddr flow-direction";
    let sent = explained(&snapshot, format, "eni-web 10.0.0.5 10.0.1.7 -");
    assert_eq!(of(&sent, ie::FLOW_DIRECTION), (Some("1"), Rule::DirectionOfSide));
    let own = interface_index(b"eni-web").to_string();
    assert_eq!(of(&sent, ie::INGRESS_INTERFACE), (Some(own.as_str()), Rule::InterfaceIndex));
    assert_eq!(of(&sent, ie::EGRESS_INTERFACE), (Some("1"), Rule::RouterIndex));
    let told = explained(&snapshot, format, "eni-web 10.0.0.5 10.0.1.7 ingress");
    let of_line = Rule::Line(Field::FlowDirection);
    assert_eq!(of(&told, ie::FLOW_DIRECTION), (Some("0"), of_line));
    let unknown = explained(&snapshot, format, "eni-web 10.0.9.9 10.0.8.8 -");
    let lacks = Rule::LineLacks(Field::FlowDirection);
    assert_eq!(of(&unknown, ie::FLOW_DIRECTION), (None, lacks));
    assert_eq!(of(&unknown, ie::INGRESS_INTERFACE), (Some("1"), Rule::RouterIndex));
}

#[test]
fn identifiers_are_the_line_s_else_the_inventory_s_else_the_place_s() {
    let snapshot = snapshot();
    let format = "account-id interface-id vpc-id subnet-id srcaddr";
    let of_line = explained(&snapshot, format, "123 eni-app vpc-q subnet-9 10.0.1.7");
    let line = |field| Rule::Line(field);
    assert_eq!(of(&of_line, ie::ACCOUNT_ID), (Some("123"), line(Field::AccountId)));
    assert_eq!(of(&of_line, ie::VPC_ID), (Some("vpc-q"), line(Field::VpcId)));
    assert_eq!(of(&of_line, ie::SUBNET_ID), (Some("subnet-9"), line(Field::SubnetId)));
    let of_interface = explained(&snapshot, format, "unknown eni-app - - 10.0.1.7");
    let interface = Rule::InventoryOfInterface;
    assert_eq!(of(&of_interface, ie::ACCOUNT_ID), (Some("555555555555"), interface.clone()));
    assert_eq!(of(&of_interface, ie::VPC_ID), (Some("vpc-p"), Rule::InventoryOfExporter));
    assert_eq!(of(&of_interface, ie::SUBNET_ID), (Some("subnet-2"), interface));
    let of_vpc = explained(&snapshot, format, "- eni-new vpc-p - 10.0.1.7");
    assert_eq!(of(&of_vpc, ie::ACCOUNT_ID), (Some("111111111111"), Rule::InventoryOfExporter));
    assert_eq!(of(&of_vpc, ie::SUBNET_ID), (None, Rule::Unknown));
    let of_place = explained(&snapshot, format, "- eni-new - - 10.0.1.7");
    assert_eq!(of(&of_place, ie::ACCOUNT_ID), (Some("777777777777"), Rule::Place));
    assert_eq!(of(&of_place, ie::VPC_ID), (None, Rule::Unknown));
}

/// Knows every address.
#[derive(Debug)]
struct Everywhere;

impl GeoRegions for Everywhere {
    fn region(&mut self, _: IpAddr) -> Option<&str> {
        Some("DE")
    }
}

#[test]
fn added_elements_are_explained_too() {
    let tag = NativeField::by_name("instance-tag").unwrap().element;
    let path = NativeField::by_name("traffic-path").unwrap().element;
    let geo = [ie::SOURCE_GEO_REGION, ie::DESTINATION_GEO_REGION];
    let nothing = InformationElement::weir(9999, "nothing", weir_ipfix::DataType::String);
    let extras = [tag, geo[0], nothing, path, geo[1]];
    let layouts = LayoutPair::with_extras(ENTERPRISE_NUMBER, &extras);
    let format = LogFormat::parse("interface-id srcaddr instance-tag").unwrap();
    let line = b"eni-web 10.0.0.5 blue%20team";
    let mut regions = Everywhere;
    for known in [true, false] {
        let regions = known.then_some(&mut regions as &mut dyn GeoRegions);
        let explanation = explain_line(&layouts, &snapshot(), &PLACE, &format, line, regions);
        let Explanation::Record(record) = explanation else { panic!("{explanation:?}") };
        assert_eq!(of(&record, tag), (Some("blue%20team"), Rule::Line(Field::InstanceTag)));
        assert_eq!(of(&record, path), (None, Rule::LineLacks(Field::TrafficPath)));
        assert_eq!(of(&record, nothing), (None, Rule::Unfilled));
        let source = match known {
            true => (Some("DE"), Rule::GeoRegion(Field::SrcAddr)),
            false => (None, Rule::NoGeoRegion(Field::SrcAddr)),
        };
        assert_eq!(of(&record, geo[0]), source);
        assert_eq!(of(&record, geo[1]), (None, Rule::NoGeoRegion(Field::DstAddr)));
    }
}

#[test]
fn an_assigned_ipv6_address_stands_where_it_is_asked_for() {
    let layouts = LayoutPair::with_extras(ENTERPRISE_NUMBER, &[ie::EXPORTER_IPV6_ADDRESS]);
    let format = LogFormat::parse("vpc-id srcaddr dstaddr").unwrap();
    let exporter = AssignedExporter {
        ipv6: Some("2001:db8::7".parse().unwrap()),
        ..AssignedExporter::default()
    };
    let exporters = [("vpc-a".to_owned(), exporter)].into();
    let assigned = AssignedExporters { exporters, ..AssignedExporters::default() };
    let network = r#"{"vpcs": [{"id": "vpc-a", "account_id": "1", "region": "eu-west-1"}]}"#;
    let before = of_json(network);
    let after = before.with_exporters(&assigned);
    for line in [&b"vpc-a 10.0.0.5 10.0.0.6"[..], b"vpc-a 2001:db8::5 2001:db8::6"] {
        for (snapshot, expected) in [
            (&before, (None, Rule::ExporterUnassigned)),
            (&after, (Some("2001:db8::7"), Rule::ExporterAssigned)),
        ] {
            let explanation = explain_line(&layouts, snapshot, &PLACE, &format, line, None);
            let Explanation::Record(record) = explanation else { panic!("{explanation:?}") };
            assert_eq!(of(&record, ie::EXPORTER_IPV6_ADDRESS), expected);
        }
    }
}

#[test]
fn a_line_without_a_record_says_why() {
    let snapshot = snapshot();
    let format = "interface-id new-field srcaddr dstaddr bytes action flow-direction log-status";
    let rejected = |reason, field| Explanation::Rejected { reason, field };
    for (line, expected) in [
        ("eni-web x - - - - - NODATA", Explanation::NoData),
        ("eni-web x - - - - - SKIPDATA", Explanation::SkipData),
        ("", Explanation::Blank),
        (" \n\t\r\n", Explanation::Blank),
        ("eni-web x 10.0.0.5", rejected(RejectReason::WrongFieldCount, None)),
        (
            "eni-web x 10.0.0.5 10.0.1.7 84O ACCEPT egress OK",
            rejected(RejectReason::InvalidNumber, Some(Field::Bytes)),
        ),
        (
            "eni-web x 10.0.0.5 10.0.1 - - - OK",
            rejected(RejectReason::InvalidAddress, Some(Field::DstAddr)),
        ),
        (
            "eni-web x 10.0.0.5 ::1 - - - OK",
            rejected(RejectReason::MixedAddressFamilies, Some(Field::DstAddr)),
        ),
        (
            "eni-web x 10.0.0.5 - - DROP - OK",
            rejected(RejectReason::InvalidAction, Some(Field::Action)),
        ),
        (
            "eni-web x 10.0.0.5 - - - in OK",
            rejected(RejectReason::InvalidDirection, Some(Field::FlowDirection)),
        ),
        (
            "eni-web x 10.0.0.5 - - - - FINE",
            rejected(RejectReason::InvalidStatus, Some(Field::LogStatus)),
        ),
        (
            "eni\0web x 10.0.0.5 - - - - OK",
            rejected(RejectReason::InvalidCharacter, Some(Field::InterfaceId)),
        ),
        ("eni-web \u{7} 10.0.0.5 - - - - OK", rejected(RejectReason::InvalidCharacter, None)),
    ] {
        assert_eq!(explanation(&snapshot, format, line), expected, "{line:?}");
    }
    let long = "x".repeat(20_000);
    let too_long = rejected(RejectReason::LineTooLong, None);
    assert_eq!(explanation(&snapshot, format, &long), too_long);
}

#[test]
fn of_several_lines_the_first_is_explained() {
    let lines = "\n\neni-web 10.0.0.5 1\neni-web 10.0.0.5 x\n";
    let record = explained(&snapshot(), "interface-id srcaddr bytes", lines);
    assert_eq!(of(&record, ie::OCTET_DELTA_COUNT).0, Some("1"));
}
