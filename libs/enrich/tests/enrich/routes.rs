//! Where the other side of a flow lies.

use weir_ipfix::element;

use crate::inventory::{of_json, snapshot};
use crate::reading::{UNKNOWN, record};

const FORMAT: &str = "interface-id srcaddr dstaddr";
const IN_Q: [&str; 4] = ["i-q", "in q", "us-east-1", ""];
const IN_R: [&str; 4] = ["i-r", "in r", "eu-central-1", ""];

/// What is found for an address that an interface in a subnet of `vpc-p` speaks with: subnet-1
/// uses the main table, subnet-2 the one that leads to the transit gateway.
fn check(own: &str, cases: &[(&str, [&str; 4])]) {
    let snapshot = snapshot();
    let (eni, own) = (format!("eni-{own}"), if own == "web" { "10.0.0.5" } else { "10.0.1.7" });
    for (other, expected) in cases {
        let sent = record(&snapshot, FORMAT, &format!("{eni} {own} {other}"));
        assert_eq!(sent.destination(), *expected, "from {eni} to {other}");
        let received = record(&snapshot, FORMAT, &format!("{eni} {other} {own}"));
        assert_eq!(received.source(), *expected, "to {eni} from {other}");
    }
}

#[test]
fn of_two_vpcs_with_the_same_blocks_the_peered_one_is_meant() {
    check("web", &[("10.2.0.5", IN_Q)]);
}

#[test]
fn the_table_of_the_subnet_decides_and_in_it_the_longest_prefix() {
    // The same address through the transit gateway is another instance.
    check("app", &[("10.2.0.5", IN_R), ("10.3.0.5", IN_R), ("10.2.0.4", UNKNOWN)]);
}

#[test]
fn an_address_that_nobody_has_in_the_vpc_that_routes_tell_is_not_looked_for_elsewhere() {
    // 10.3.0.5 and 10.6.0.5 are interfaces of other VPCs.
    check("web", &[("10.0.200.1", UNKNOWN), ("10.2.77.77", UNKNOWN), ("10.6.0.5", UNKNOWN)]);
}

#[test]
fn a_route_to_nowhere_resolves_to_nothing() {
    check("web", &[("10.3.0.5", UNKNOWN), ("10.4.0.5", UNKNOWN)]);
    // 52.94.0.1 lies in a range of AWS and 3.5.0.20 is an instance's: but not on this way.
    check("app", &[("10.3.9.5", UNKNOWN), ("52.94.0.1", UNKNOWN), ("3.5.0.20", UNKNOWN)]);
    // The transit gateway has no route for 10.77.0.0/16.
    check("app", &[("10.77.0.5", UNKNOWN)]);
}

#[test]
fn peered_transit_gateways_and_inspection_vpcs_lead_on() {
    check("app", &[("10.6.0.5", ["i-t", "in t", "eu-west-2", ""])]);
    check("app", &[("10.7.0.5", ["i-u", "in u", "eu-west-1", ""])]);
}

#[test]
fn routes_in_a_circle_end_with_nothing() {
    check("app", &[("10.8.0.5", UNKNOWN)]);
}

#[test]
fn the_internet_has_public_addresses_of_instances_and_ranges_of_aws() {
    let instance = ["i-q", "in q", "us-east-1", "EC2"];
    check("web", &[("3.5.0.20", instance), ("3.5.0.99", ["", "", "eu-west-1", "EC2"])]);
    // A specific service before EC2 before AMAZON, through gateway endpoints too.
    let s3 = ["", "", "us-west-2", "S3"];
    for own in ["web", "app"] {
        check(own, &[("52.92.0.1", s3), ("52.90.0.1", ["", "", "us-west-2", "AMAZON"])]);
        check(own, &[("93.184.216.34", UNKNOWN)]);
    }
}

#[test]
fn the_public_address_of_the_other_side_is_told() {
    let snapshot = snapshot();
    let peer = record(&snapshot, FORMAT, "eni-web 10.0.0.5 10.2.0.5");
    let public = peer.address(element::POST_NAT_DESTINATION_IPV4_ADDRESS);
    assert_eq!(public.as_deref(), Some("3.5.0.20"));
}

#[test]
fn ipv6_is_routed_as_ipv4_is() {
    let snapshot = snapshot();
    let other = |address: &str| {
        let record = record(&snapshot, FORMAT, &format!("eni-web 2a05:d018:1::5 {address}"));
        record.destination().map(str::to_owned)
    };
    assert_eq!(other("fd00:2::5"), IN_Q);
    // Through the egress-only internet gateway, by an address that is unique in the world.
    assert_eq!(other("2a05:d018:2::5"), IN_Q);
    assert_eq!(other("2a05:d018:1::77"), UNKNOWN);
    assert_eq!(other("2600:1f14::9"), ["", "", "us-west-2", "EC2"]);
}

#[test]
fn an_interface_that_is_not_listed_is_routed_by_the_subnet_of_its_line() {
    let snapshot = snapshot();
    let format = "interface-id vpc-id subnet-id srcaddr dstaddr flow-direction";
    for (subnet, expected) in [("subnet-2", IN_R), ("subnet-9", IN_Q), ("-", IN_Q)] {
        let line = format!("eni-new vpc-p {subnet} 10.0.1.99 10.2.0.5 egress");
        assert_eq!(record(&snapshot, format, &line).destination(), expected, "{subnet}");
    }
}

#[test]
fn without_a_route_table_only_the_vpc_itself_and_public_addresses_are_known() {
    let snapshot = of_json(
        r#"{"vpcs": [
              {"id": "vpc-a", "account_id": "1", "region": "eu-west-1", "cidrs": ["10.0.0.0/16"]},
              {"id": "vpc-b", "account_id": "1", "region": "eu-west-1", "cidrs": ["10.1.0.0/16"]}],
            "instances": [{"id": "i-a"}, {"id": "i-b"}],
            "interfaces": [
              {"id": "eni-a", "account_id": "1", "vpc_id": "vpc-a", "instance_id": "i-a",
               "addresses": [{"private": "10.0.0.5"}]},
              {"id": "eni-b", "account_id": "1", "vpc_id": "vpc-b", "instance_id": "i-b",
               "addresses": [{"private": "10.1.0.5", "public": "3.5.0.1"}]}]}"#,
    );
    let other = |address: &str| {
        let record = record(&snapshot, FORMAT, &format!("eni-a 10.0.0.5 {address}"));
        record.destination()[0].to_owned()
    };
    assert_eq!(["10.0.0.5", "10.1.0.5", "3.5.0.1"].map(other), ["i-a", "", "i-b"]);
}
