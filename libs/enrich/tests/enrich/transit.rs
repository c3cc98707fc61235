//! Transit Gateway flow logs.

use weir_ipfix::{InterfaceSide, element};

use crate::inventory::snapshot;
use crate::reading::{Record, UNKNOWN, record};

const FORMAT: &str = "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-id \
                      tgw-dst-vpc-id tgw-src-eni tgw-dst-eni srcaddr dstaddr bytes flow-direction \
                      pkt-src-aws-service pkt-dst-aws-service";

fn of(gateway: &str, source_vpc: &str, destination_vpc: &str, addresses: &str) -> Record {
    let line = format!(
        "6 TransitGateway 444444444444 {gateway} tgw-attach-1 {source_vpc} {destination_vpc} \
         eni-web eni-r {addresses} 840 ingress - -"
    );
    record(&snapshot(), FORMAT, &line)
}

#[test]
fn each_side_is_looked_up_in_the_vpc_that_the_line_names_for_it() {
    let to_r = of("tgw-1", "vpc-p", "vpc-r", "10.0.0.5 10.2.0.5");
    assert_eq!(to_r.source(), ["i-web", "web", "eu-west-1", ""]);
    assert_eq!(to_r.destination(), ["i-r", "in r", "eu-central-1", ""]);
    let to_q = of("tgw-1", "vpc-p", "vpc-q", "10.0.0.5 10.2.0.5");
    assert_eq!(to_q.destination(), ["i-q", "in q", "us-east-1", ""]);
}

#[test]
fn a_side_without_a_known_vpc_is_known_by_a_public_address_only() {
    for vpc in ["-", "vpc-elsewhere"] {
        let private = of("tgw-1", "vpc-p", vpc, "10.0.0.5 10.2.0.5");
        assert_eq!(private.destination(), UNKNOWN, "{vpc}");
        let public = of("tgw-1", "vpc-p", vpc, "10.0.0.5 52.92.0.1");
        assert_eq!(public.destination(), ["", "", "us-west-2", "S3"], "{vpc}");
    }
    // Traffic to the internet leaves through a VPC that does not have its address.
    let through = of("tgw-1", "vpc-p", "vpc-s", "10.0.0.5 52.92.0.1");
    assert_eq!(through.destination(), ["", "", "us-west-2", "S3"]);
    let nobody = of("tgw-1", "vpc-p", "vpc-r", "10.0.0.5 10.3.77.77");
    assert_eq!(nobody.destination(), UNKNOWN);
}

#[test]
fn the_transit_gateway_is_the_exporter_and_no_side_is_an_interface() {
    let record = of("tgw-1", "vpc-p", "vpc-r", "10.0.0.5 10.2.0.5");
    assert!(!record.is_unknown_vpc);
    assert_eq!(record.side, InterfaceSide::Unknown);
    assert_eq!(record.text(element::OBSERVATION_DOMAIN_NAME), "backbone");
    let exporter = record.address(element::EXPORTER_IPV4_ADDRESS);
    assert_eq!(exporter.as_deref(), Some("192.0.2.77"));
    assert_eq!(record.text(element::ACCOUNT_ID), "444444444444");
    for absent in [element::VPC_ID, element::SUBNET_ID, element::INTERFACE_ID] {
        assert_eq!(record.text(absent), "", "{}", absent.name);
    }
    assert_eq!(record.number(element::FLOW_DIRECTION), Some(0));
    assert_eq!(record.number(element::INGRESS_INTERFACE), Some(1));
    assert_eq!(record.number(element::EGRESS_INTERFACE), Some(1));
    assert_eq!(record.number(element::FORWARDING_STATUS), None);
}

#[test]
fn an_unknown_transit_gateway_has_the_fallback_exporter_and_is_counted() {
    for gateway in ["tgw-new", "vpc-p"] {
        let record = of(gateway, "vpc-p", "vpc-r", "10.0.0.5 10.2.0.5");
        assert!(record.is_unknown_vpc, "{gateway}");
        assert_eq!(record.text(element::OBSERVATION_DOMAIN_NAME), "unknown-vpc");
        assert_eq!(record.source()[0], "i-web");
        assert_eq!(record.destination()[0], "i-r");
    }
}
