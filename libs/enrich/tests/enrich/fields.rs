//! What is in a record beside what lookups add.

use weir_enrich::{NativeField, VPC_INTERFACE_INDEX, interface_index};
use weir_inventory::FALLBACK_OBSERVATION_DOMAIN;
use weir_ipfix::{LayoutPair, element};

use crate::inventory::snapshot;
use crate::reading::{ENTERPRISE_NUMBER, record, records, records_of};

const DEFAULT: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol \
                       packets bytes start end action log-status";

#[test]
fn the_default_format_fills_all_that_it_has() {
    let line = "2 123456789012 eni-web 10.0.0.5 10.0.1.7 49152 443 6 10 840 1620140761 1620140821 \
                REJECT OK";
    let record = record(&snapshot(), DEFAULT, line);
    let numbers = [
        (element::OCTET_DELTA_COUNT, 840),
        (element::PACKET_DELTA_COUNT, 10),
        (element::FLOW_START_MILLISECONDS, 1_620_140_761_000),
        (element::FLOW_END_MILLISECONDS, 1_620_140_821_000),
        (element::SOURCE_TRANSPORT_PORT, 49152),
        (element::DESTINATION_TRANSPORT_PORT, 443),
        (element::PROTOCOL_IDENTIFIER, 6),
        (element::FORWARDING_STATUS, 128),
        (element::FLOW_DIRECTION, 1),
    ];
    for (element, number) in numbers {
        assert_eq!(record.number(element), Some(number), "{}", element.name);
    }
    assert_eq!(record.number(element::TCP_CONTROL_BITS), None);
    assert_eq!(record.source_address, "10.0.0.5".parse().ok());
    assert_eq!(record.destination_address, "10.0.1.7".parse().ok());
    // The base address + 1 of vpc-p, and its name.
    let exporter = record.address(element::EXPORTER_IPV4_ADDRESS);
    assert_eq!(exporter.as_deref(), Some("10.0.0.1"));
    let texts = [
        (element::OBSERVATION_DOMAIN_NAME, "production"),
        (element::ACCOUNT_ID, "123456789012"),
        (element::VPC_ID, "vpc-p"),
        (element::SUBNET_ID, "subnet-1"),
        (element::INTERFACE_ID, "eni-web"),
        (element::TRAFFIC_TYPE, ""),
    ];
    for (element, text) in texts {
        assert_eq!(record.text(element), text, "{}", element.name);
    }
}

#[test]
fn a_value_that_the_line_does_not_have_is_absent_and_not_zero() {
    let line = "2 123456789012 eni-web 10.0.0.5 10.0.1.7 - - - 0 - - - - OK";
    let record = record(&snapshot(), DEFAULT, line);
    for absent in [
        element::OCTET_DELTA_COUNT,
        element::FLOW_START_MILLISECONDS,
        element::FLOW_END_MILLISECONDS,
        element::SOURCE_TRANSPORT_PORT,
        element::DESTINATION_TRANSPORT_PORT,
        element::PROTOCOL_IDENTIFIER,
        element::FORWARDING_STATUS,
        element::TCP_CONTROL_BITS,
    ] {
        assert_eq!(record.number(absent), None, "{}", absent.name);
    }
    assert_eq!(record.number(element::PACKET_DELTA_COUNT), Some(0));
}

#[test]
fn nothing_of_a_line_is_left_in_the_next_one() {
    let full = "2 123456789012 eni-web 10.0.0.5 10.0.1.7 1 2 6 10 840 1 2 ACCEPT OK";
    let bare = "2 123456789012 eni-web 10.0.1.7 10.0.0.5 - - - 0 - - - - OK";
    let records = records(&snapshot(), DEFAULT, &format!("{full}\n{bare}\n"));
    assert_eq!(records[0].number(element::OCTET_DELTA_COUNT), Some(840));
    assert_eq!(records[1].number(element::OCTET_DELTA_COUNT), None);
    assert_eq!(records[1].number(element::POST_NAT_SOURCE_IPV4_ADDRESS), None);
    assert!(records[1].number(element::POST_NAT_DESTINATION_IPV4_ADDRESS).is_some());
}

#[test]
fn columns_may_stand_in_any_order_and_number() {
    let snapshot = snapshot();
    let record = record(&snapshot, "dstaddr bytes new-field vpc-id", "10.0.1.7 840 x vpc-p");
    assert_eq!(record.number(element::OCTET_DELTA_COUNT), Some(840));
    assert_eq!(record.destination()[0], "i-app");
    assert_eq!(record.source_address, None);
    assert_eq!(record.text(element::ACCOUNT_ID), "111111111111");
    assert_eq!(record.text(element::INTERFACE_ID), "");
}

#[test]
fn an_account_that_aws_does_not_know_is_the_interface_s_and_else_the_vpc_s() {
    let snapshot = snapshot();
    let account = |format: &str, line: &str| {
        record(&snapshot, format, line).text(element::ACCOUNT_ID).to_owned()
    };
    let format = "account-id interface-id vpc-id srcaddr";
    assert_eq!(account(format, "123456789012 eni-app vpc-p 10.0.1.7"), "123456789012");
    // eni-app is another account's in a shared VPC.
    assert_eq!(account(format, "unknown eni-app vpc-p 10.0.1.7"), "555555555555");
    assert_eq!(account(format, "- eni-app - 10.0.1.7"), "555555555555");
    assert_eq!(account(format, "unknown eni-new vpc-p 10.0.1.7"), "111111111111");
    assert_eq!(account(format, "unknown eni-new - 10.0.1.7"), "");
}

#[test]
fn the_line_s_own_words_count_before_the_inventory_s() {
    let format = "interface-id vpc-id subnet-id srcaddr type";
    let record = record(&snapshot(), format, "eni-web vpc-q subnet-9 10.0.0.5 IPv4");
    assert_eq!(record.text(element::VPC_ID), "vpc-q");
    assert_eq!(record.text(element::SUBNET_ID), "subnet-9");
    assert_eq!(record.text(element::TRAFFIC_TYPE), "IPv4");
    let exporter = record.address(element::EXPORTER_IPV4_ADDRESS);
    assert_eq!(exporter.as_deref(), Some("10.2.0.1"));
}

#[test]
fn an_unknown_vpc_has_the_fallback_exporter_and_is_counted() {
    let format = "interface-id vpc-id srcaddr dstaddr";
    let unknown = record(&snapshot(), format, "eni-new vpc-new 10.0.0.5 3.5.0.20");
    assert!(unknown.is_unknown_vpc);
    assert_eq!(unknown.observation_domain_id, FALLBACK_OBSERVATION_DOMAIN);
    let exporter = unknown.address(element::EXPORTER_IPV4_ADDRESS);
    assert_eq!(exporter.as_deref(), Some("192.0.0.8"));
    assert_eq!(unknown.text(element::OBSERVATION_DOMAIN_NAME), "unknown-vpc");
    assert_eq!(unknown.text(element::VPC_ID), "vpc-new");
    // A private address may be anybody's, a public one is not.
    assert_eq!((unknown.source()[0], unknown.destination()[0]), ("", "i-q"));
    assert!(!record(&snapshot(), format, "eni-web vpc-p 10.0.0.5 -").is_unknown_vpc);
}

#[test]
fn a_service_that_aws_names_counts_where_the_inventory_has_none() {
    let format = "interface-id srcaddr dstaddr pkt-dstaddr pkt-dst-aws-service";
    let snapshot = snapshot();
    let service =
        |line: &str| record(&snapshot, format, line).text(element::DESTINATION_SERVICE).to_owned();
    assert_eq!(service("eni-web 10.0.0.5 198.51.100.7 198.51.100.7 S3"), "S3");
    assert_eq!(service("eni-web 10.0.0.5 198.51.100.7 - S3"), "S3");
    // It is the service of the packet's address, which may be another.
    assert_eq!(service("eni-web 10.0.0.5 10.0.0.8 198.51.100.7 S3"), "NAT_GATEWAY");
    assert_eq!(service("eni-web 10.0.0.5 10.0.1.7 198.51.100.7 S3"), "");
    assert_eq!(service("eni-web 10.0.0.5 52.92.0.1 52.92.0.1 DYNAMODB"), "S3");
}

#[test]
fn interface_indexes_are_never_zero_and_the_interface_has_its_own() {
    let snapshot = snapshot();
    let format = "interface-id srcaddr dstaddr";
    let own = u64::from(interface_index(b"eni-web"));
    let router = u64::from(VPC_INTERFACE_INDEX);
    assert!(own > router);
    for (line, ingress, egress) in [
        ("eni-web 10.0.0.5 10.0.1.7", own, router),
        ("eni-web 10.0.1.7 10.0.0.5", router, own),
        ("eni-web 10.0.9.9 10.0.8.8", router, router),
        ("- 10.0.0.5 10.0.1.7", router, router),
    ] {
        let record = record(&snapshot, format, line);
        assert_eq!(record.number(element::INGRESS_INTERFACE), Some(ingress), "{line}");
        assert_eq!(record.number(element::EGRESS_INTERFACE), Some(egress), "{line}");
    }
}

#[test]
fn the_direction_is_the_line_s_and_else_follows_from_the_side() {
    let snapshot = snapshot();
    let format = "interface-id srcaddr dstaddr flow-direction";
    for (line, direction) in [
        ("eni-web 10.0.0.5 10.0.1.7 ingress", Some(0)),
        ("eni-web 10.0.0.5 10.0.1.7 egress", Some(1)),
        ("eni-web 10.0.0.5 10.0.1.7 -", Some(1)),
        ("eni-web 10.0.1.7 10.0.0.5 -", Some(0)),
        ("eni-web 10.0.9.9 10.0.8.8 -", None),
    ] {
        assert_eq!(record(&snapshot, format, line).number(element::FLOW_DIRECTION), direction);
    }
}

#[test]
fn each_observation_domain_and_family_has_a_group_of_its_own_in_order() {
    let format = "interface-id srcaddr bytes";
    let lines = "eni-web 10.0.0.5 1\neni-q 10.2.0.5 2\neni-web 10.0.0.5 3\n\
                 eni-web 2a05:d018:1::5 4\n";
    let records = records(&snapshot(), format, lines);
    let octets = records.iter().map(|record| record.number(element::OCTET_DELTA_COUNT).unwrap());
    assert_eq!(octets.collect::<Vec<_>>(), [1, 3, 2, 4]);
}

#[test]
fn added_fields_are_as_the_line_has_them() {
    let by_name = |name| NativeField::by_name(name).unwrap().element;
    let [tag, path, bytes] =
        ["instance-tag", "traffic-path", "packets-lost-blackhole"].map(by_name);
    let layouts = LayoutPair::with_extras(ENTERPRISE_NUMBER, &[tag, path, bytes]);
    let format = "interface-id srcaddr instance-tag traffic-path packets-lost-blackhole";
    let lines = "eni-web 10.0.0.5 blue%20team 8 70000\neni-web 10.0.0.5 - - -\n";
    let records = records_of(&snapshot(), &layouts, format, lines);
    assert_eq!(records[0].text(tag), "blue%20team");
    assert_eq!(records[0].number(path), Some(8));
    assert_eq!(records[0].number(bytes), Some(70000));
    assert_eq!(records[1].text(tag), "");
    assert_eq!((records[1].number(path), records[1].number(bytes)), (None, None));
}
