//! What reports need of a record beside its elements: where its ends lie, and the addresses of
//! the original packet.

use weir_ipfix::{Ends, LayoutPair, element as ie};

use crate::inventory::snapshot;
use crate::reading::{ENTERPRISE_NUMBER, record, records_of};

fn ends(format: &str, line: &str) -> (bool, bool, bool) {
    let Ends { source_is_local, destination_is_local, is_of_transit_gateway, .. } =
        record(&snapshot(), format, line).ends;
    (source_is_local, destination_is_local, is_of_transit_gateway)
}

#[test]
fn ends_in_a_vpc_are_local_and_others_are_not() {
    let format = "interface-id srcaddr dstaddr flow-direction";
    let cases = [
        ("eni-web 10.0.0.5 10.0.1.7 -", (true, true)),
        // Nobody in the inventory has the address, but a VPC has the block.
        ("eni-web 10.0.0.5 10.0.9.9 -", (true, true)),
        ("eni-web 10.0.0.5 93.184.216.34 -", (true, false)),
        ("eni-web 93.184.216.34 10.0.0.5 -", (false, true)),
        // Over a peering connection, and over a transit gateway.
        ("eni-web 10.0.0.5 10.2.0.5 -", (true, true)),
        ("eni-app 10.0.1.7 10.3.0.5 -", (true, true)),
        // Behind a virtual private gateway there is no VPC.
        ("eni-web 10.0.0.5 10.4.0.1 -", (true, false)),
        // An instance's public address is not its own.
        ("eni-web 10.0.0.5 3.5.0.20 -", (true, false)),
        ("eni-web 2a05:d018:1::5 2600:1f14::9 -", (true, false)),
        ("eni-new 10.0.0.5 93.184.216.34 egress", (true, false)),
        ("eni-new 10.0.0.5 93.184.216.34 -", (false, false)),
    ];
    for (line, (source, destination)) in cases {
        assert_eq!(ends(format, line), (source, destination, false), "{line}");
    }
}

#[test]
fn ends_are_in_one_vpc_where_both_are_interfaces_of_it() {
    let format = "interface-id srcaddr dstaddr flow-direction";
    let cases = [
        ("eni-web 10.0.0.5 10.0.1.7 -", true),
        ("eni-app 10.0.0.5 10.0.1.7 -", true),
        ("eni-web 10.0.0.5 10.0.9.9 -", false),
        ("eni-web 10.0.0.5 93.184.216.34 -", false),
        ("eni-web 10.0.0.5 10.2.0.5 -", false),
        ("eni-app 10.0.1.7 10.3.0.5 -", false),
        ("eni-web 10.0.0.5 3.5.0.20 -", false),
        ("eni-new 10.0.0.5 93.184.216.34 -", false),
    ];
    for (line, are_in_one_vpc) in cases {
        let ends = record(&snapshot(), format, line).ends;
        assert_eq!(ends.are_in_one_vpc, are_in_one_vpc, "{line}");
    }
}

#[test]
fn flows_of_a_transit_gateway_are_told_from_those_of_a_vpc() {
    let format = "tgw-id tgw-src-vpc-id tgw-dst-vpc-id srcaddr dstaddr";
    assert_eq!(ends(format, "tgw-1 vpc-p vpc-r 10.0.0.5 10.2.0.5"), (true, true, true));
    assert_eq!(ends(format, "tgw-1 vpc-p - 10.0.0.5 52.92.0.1"), (true, false, true));
}

#[test]
fn addresses_of_the_packet_are_there_where_they_are_others_than_the_flows() {
    let extras = [
        ie::SOURCE_PACKET_IPV4_ADDRESS,
        ie::DESTINATION_PACKET_IPV4_ADDRESS,
        ie::SOURCE_PACKET_IPV6_ADDRESS,
        ie::DESTINATION_PACKET_IPV6_ADDRESS,
    ];
    let layouts = LayoutPair::with_extras(ENTERPRISE_NUMBER, &extras);
    let format = "interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr";
    let packet = |line| {
        let records = records_of(&snapshot(), &layouts, format, line);
        extras.map(|element| records[0].octets(element))
    };
    let v4 = |text: &str| Some(text.parse::<std::net::Ipv4Addr>().unwrap().octets().to_vec());
    let v6 = |text: &str| Some(text.parse::<std::net::Ipv6Addr>().unwrap().octets().to_vec());
    let through_nat = packet("eni-nat 10.0.0.8 93.184.216.34 10.0.1.7 93.184.216.34");
    assert_eq!(through_nat, [v4("10.0.1.7"), None, None, None]);
    assert_eq!(packet("eni-web 10.0.0.5 10.0.1.7 - -"), [None, None, None, None]);
    let of_v6 = packet("eni-web 2a05:d018:1::5 2a05:d018:2::5 2a05:d018:1::5 2a05:d018:2::6");
    assert_eq!(of_v6, [None, None, None, v6("2a05:d018:2::6")]);
    // Neither family has a place for an address of the other.
    let mixed = packet("eni-web 10.0.0.5 10.0.1.7 2a05:d018:1::5 -");
    assert_eq!(mixed, [None, None, None, None]);
}
