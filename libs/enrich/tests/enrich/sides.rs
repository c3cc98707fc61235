//! Which side the interface is, and what is known of it.

use weir_ipfix::InterfaceSide::{self, Destination, Source, Unknown};
use weir_ipfix::element;

use crate::inventory::snapshot;
use crate::reading::{UNKNOWN, record};

const FORMAT: &str = "interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr flow-direction";

#[test]
fn the_interface_is_the_side_that_owns_the_address() {
    let snapshot = snapshot();
    let cases: &[(&str, InterfaceSide)] = &[
        ("eni-web 10.0.0.5 10.0.1.7 - - -", Source),
        ("eni-web 10.0.1.7 10.0.0.5 - - -", Destination),
        // The line's direction does not matter then.
        ("eni-web 10.0.0.5 10.0.1.7 - - ingress", Source),
        // A secondary address, and an IPv6 address.
        ("eni-web 10.0.1.7 10.0.0.6 - - -", Destination),
        ("eni-web 2a05:d018:1::5 2a05:d018:2::5 - - -", Source),
        // Neither is its own, the addresses of the packet tell.
        ("eni-web 10.0.9.9 10.0.8.8 10.0.0.6 10.0.8.8 -", Source),
        ("eni-web 10.0.9.9 10.0.8.8 10.0.9.9 10.0.0.6 egress", Destination),
        // Both are its own: the primary address is the one that logs show, ...
        ("eni-web 10.0.0.5 10.0.0.6 - - ingress", Source),
        // ... else again the packet, then the direction.
        ("eni-web 10.0.0.5 10.0.0.5 10.0.0.5 10.0.1.7 -", Source),
        ("eni-web 10.0.0.6 10.0.0.6 - - ingress", Destination),
        ("eni-web 10.0.0.6 10.0.0.6 - - -", Unknown),
        // Only the direction is there.
        ("eni-web 10.0.9.9 10.0.8.8 - - egress", Source),
        ("eni-web 10.0.9.9 10.0.8.8 - - ingress", Destination),
        ("eni-new 10.0.0.5 10.0.1.7 - - egress", Source),
        ("eni-new 10.0.0.5 10.0.1.7 - - -", Unknown),
        ("- 10.0.0.5 10.0.1.7 - - -", Unknown),
    ];
    for (line, side) in cases {
        assert_eq!(record(&snapshot, FORMAT, line).side, *side, "{line}");
    }
}

#[test]
fn both_ends_in_one_vpc_are_known_by_their_instances() {
    let record = record(&snapshot(), FORMAT, "eni-web 10.0.0.5 10.0.1.7 - - -");
    assert_eq!(record.source(), ["i-web", "web", "eu-west-1", ""]);
    assert_eq!(record.destination(), ["i-app", "app", "eu-west-1", ""]);
    let public = element::POST_NAT_SOURCE_IPV4_ADDRESS;
    assert_eq!(record.address(public).as_deref(), Some("3.5.0.9"));
    assert_eq!(record.address(element::POST_NAT_DESTINATION_IPV4_ADDRESS), None);
}

#[test]
fn an_address_that_the_interface_got_since_is_its_own_but_without_a_public_one() {
    let record = record(&snapshot(), FORMAT, "eni-web 10.0.0.77 10.0.1.7 - - egress");
    assert_eq!(record.source(), ["i-web", "web", "eu-west-1", ""]);
    assert_eq!(record.address(element::POST_NAT_SOURCE_IPV4_ADDRESS), None);
}

#[test]
fn what_aws_manages_has_a_service_in_place_of_an_instance() {
    let snapshot = snapshot();
    for (address, service) in
        [("10.0.0.8", "NAT_GATEWAY"), ("10.0.0.10", "ELB"), ("10.0.0.11", "VPC_ENDPOINT")]
    {
        let line = format!("eni-web 10.0.0.5 {address} - - -");
        let record = record(&snapshot, FORMAT, &line);
        assert_eq!(record.destination(), ["", "", "eu-west-1", service], "{address}");
    }
    let own = record(&snapshot, FORMAT, "eni-nat 10.0.0.8 93.184.216.34 10.0.1.7 93.184.216.34 -");
    assert_eq!((own.side, own.source()), (Source, ["", "", "eu-west-1", "NAT_GATEWAY"]));
    assert_eq!(own.destination(), UNKNOWN);
    let public = own.address(element::POST_NAT_SOURCE_IPV4_ADDRESS);
    assert_eq!(public.as_deref(), Some("3.5.0.8"));
}

#[test]
fn ipv6_flows_have_no_translated_addresses() {
    let line = "eni-web 2a05:d018:1::5 2600:1f14::9 - - -";
    let record = record(&snapshot(), FORMAT, line);
    assert_eq!(record.source(), ["i-web", "web", "eu-west-1", ""]);
    assert_eq!(record.destination(), ["", "", "us-west-2", "EC2"]);
    assert_eq!(record.source_address, "2a05:d018:1::5".parse().ok());
    assert_eq!(record.destination_address, "2600:1f14::9".parse().ok());
    assert_eq!(record.number(element::POST_NAT_SOURCE_IPV4_ADDRESS), None);
}

#[test]
fn an_unknown_interface_keeps_what_its_line_tells() {
    let format = "interface-id vpc-id instance-id region srcaddr dstaddr flow-direction";
    let line = "eni-new vpc-p i-new eu-west-1 10.0.0.99 10.0.1.7 egress";
    let record = record(&snapshot(), format, line);
    assert_eq!(record.source(), ["i-new", "", "eu-west-1", ""]);
    assert_eq!(record.destination(), ["i-app", "app", "eu-west-1", ""]);
}
