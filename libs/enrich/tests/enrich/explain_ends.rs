//! How the ends of a flow were found.

use weir_enrich::explain::{ExplainedRecord, Rule};
use weir_flowlog::Field;
use weir_ipfix::{InformationElement, element as ie};

use crate::explain_fields::{explained, of};
use crate::inventory::{of_json, snapshot};

const FORMAT: &str = "interface-id srcaddr dstaddr flow-direction";

const SOURCE: [InformationElement; 4] =
    [ie::SOURCE_INSTANCE_ID, ie::SOURCE_INSTANCE_NAME, ie::SOURCE_REGION, ie::SOURCE_SERVICE];

const DESTINATION: [InformationElement; 4] = [
    ie::DESTINATION_INSTANCE_ID,
    ie::DESTINATION_INSTANCE_NAME,
    ie::DESTINATION_REGION,
    ie::DESTINATION_SERVICE,
];

/// The four texts of one side with their rules.
fn texts(record: &ExplainedRecord, side: [InformationElement; 4]) -> [(Option<&str>, Rule); 4] {
    side.map(|element| of(record, element))
}

fn vpc(id: &str) -> String {
    id.to_owned()
}

#[test]
fn the_interface_s_own_side_is_the_interface() {
    let record = explained(&snapshot(), FORMAT, "eni-web 10.0.0.5 10.0.1.7 -");
    assert_eq!(record.source, Rule::Interface);
    let expected = [
        (Some("i-web"), Rule::Interface),
        (Some("web"), Rule::Interface),
        (Some("eu-west-1"), Rule::Interface),
        (None, Rule::FoundWithout),
    ];
    assert_eq!(texts(&record, SOURCE), expected);
    let public = of(&record, ie::POST_NAT_SOURCE_IPV4_ADDRESS);
    assert_eq!(public, (Some("3.5.0.9"), Rule::Interface));
    let other = of(&record, ie::POST_NAT_DESTINATION_IPV4_ADDRESS);
    assert_eq!(other, (None, Rule::FoundWithout));
}

#[test]
fn an_address_that_the_interface_got_since_is_said_to_be_unlisted() {
    let record = explained(&snapshot(), FORMAT, "eni-web 10.0.0.77 10.0.1.7 egress");
    assert_eq!(record.source, Rule::InterfaceWithoutAddress);
    let instance = of(&record, ie::SOURCE_INSTANCE_ID);
    assert_eq!(instance, (Some("i-web"), Rule::InterfaceWithoutAddress));
    let public = of(&record, ie::POST_NAT_SOURCE_IPV4_ADDRESS);
    assert_eq!(public, (None, Rule::InterfaceWithoutAddress));
}

#[test]
fn an_unlisted_interface_is_described_by_its_line_and_its_place() {
    let format = "interface-id instance-id region srcaddr flow-direction pkt-src-aws-service";
    let record = explained(&snapshot(), format, "eni-new i-new eu-west-3 10.0.0.99 egress S3");
    let expected = [
        (Some("i-new"), Rule::Line(Field::InstanceId)),
        (None, Rule::UnlistedInterface),
        (Some("eu-west-3"), Rule::Line(Field::Region)),
        (Some("S3"), Rule::Line(Field::PktSrcAwsService)),
    ];
    assert_eq!(texts(&record, SOURCE), expected);
    assert_eq!(record.source, Rule::UnlistedInterface);
    let bare = explained(&snapshot(), format, "eni-new - - 10.0.0.99 egress -");
    let expected = [
        (None, Rule::LineLacks(Field::InstanceId)),
        (None, Rule::UnlistedInterface),
        (Some("eu-north-1"), Rule::Place),
        (None, Rule::UnlistedInterface),
    ];
    assert_eq!(texts(&bare, SOURCE), expected);
}

#[test]
fn the_other_side_says_in_which_way_it_was_found() {
    let snapshot = snapshot();
    let range = |prefix: &str| Rule::AwsRange { prefix: prefix.parse().unwrap() };
    let cases = [
        ("web", "10.0.1.7", Rule::InVpc { vpc_id: vpc("vpc-p") }),
        ("web", "10.2.0.5", Rule::InPeeredVpc { vpc_id: vpc("vpc-q") }),
        ("app", "10.2.0.5", Rule::InTransitVpc { vpc_id: vpc("vpc-r") }),
        ("app", "10.6.0.5", Rule::InTransitVpc { vpc_id: vpc("vpc-t") }),
        ("app", "10.7.0.5", Rule::InTransitVpc { vpc_id: vpc("vpc-u") }),
        ("web", "3.5.0.20", Rule::PublicAddress { interface_id: vpc("eni-q") }),
        ("web", "3.5.0.99", range("3.5.0.0/16")),
        ("web", "52.92.0.1", range("52.92.0.0/16")),
        ("web", "52.90.0.1", range("52.88.0.0/13")),
        ("web", "93.184.216.34", Rule::NobodyBeyond),
        ("web", "10.4.0.5", Rule::NobodyBeyond),
        ("web", "10.0.200.1", Rule::NobodyInVpc { vpc_id: vpc("vpc-p") }),
        ("web", "10.2.77.77", Rule::NobodyInVpc { vpc_id: vpc("vpc-q") }),
        ("app", "10.3.77.77", Rule::NobodyInVpc { vpc_id: vpc("vpc-r") }),
        ("web", "10.3.0.5", Rule::Nowhere),
        ("app", "10.77.0.5", Rule::Nowhere),
        ("app", "52.94.0.1", Rule::Nowhere),
    ];
    for (own, other, rule) in cases {
        let own_address = if own == "web" { "10.0.0.5" } else { "10.0.1.7" };
        let sent = explained(&snapshot, FORMAT, &format!("eni-{own} {own_address} {other} -"));
        assert_eq!(sent.destination, rule, "from {own} to {other}");
        let received = explained(&snapshot, FORMAT, &format!("eni-{own} {other} {own_address} -"));
        assert_eq!(received.source, rule, "to {own} from {other}");
        let (value, region) = of(&sent, ie::DESTINATION_REGION);
        let is_found = value.is_some();
        assert_eq!(region, rule, "region of {other} from {own}");
        let (id, instance) = of(&sent, ie::DESTINATION_INSTANCE_ID);
        let expected = if is_found && id.is_none() { Rule::FoundWithout } else { rule };
        assert_eq!(instance, expected, "instance of {other} from {own}");
    }
}

#[test]
fn the_service_of_a_public_address_is_that_of_its_range() {
    let record = explained(&snapshot(), FORMAT, "eni-app 10.0.1.7 3.5.0.9 -");
    let holder = Rule::PublicAddress { interface_id: vpc("eni-web") };
    let expected = [
        (Some("i-web"), holder.clone()),
        (Some("web"), holder.clone()),
        (Some("eu-west-1"), holder.clone()),
        (Some("EC2"), Rule::AwsRange { prefix: "3.5.0.0/16".parse().unwrap() }),
    ];
    assert_eq!(texts(&record, DESTINATION), expected);
    let public = of(&record, ie::POST_NAT_DESTINATION_IPV4_ADDRESS);
    assert_eq!(public, (Some("3.5.0.9"), holder));
    // A NAT gateway has a service of its own.
    let gateway = explained(&snapshot(), FORMAT, "eni-app 10.0.1.7 3.5.0.8 -");
    let own = Rule::PublicAddress { interface_id: vpc("eni-nat") };
    assert_eq!(of(&gateway, ie::DESTINATION_SERVICE), (Some("NAT_GATEWAY"), own));
}

#[test]
fn a_public_address_of_an_unlisted_vpc_has_the_region_of_its_range() {
    let snapshot = of_json(
        r#"{"interfaces": [
              {"id": "eni-x", "account_id": "1", "vpc_id": "vpc-x",
               "addresses": [{"private": "10.0.0.5", "public": "3.5.0.1"}]}],
            "ip_ranges": {"prefixes": [
              {"ip_prefix": "3.5.0.0/16", "region": "eu-west-1", "service": "EC2"}]}}"#,
    );
    let record = explained(&snapshot, "srcaddr", "3.5.0.1");
    let range = Rule::AwsRange { prefix: "3.5.0.0/16".parse().unwrap() };
    assert_eq!(of(&record, ie::SOURCE_REGION), (Some("eu-west-1"), range));
    assert_eq!(record.source, Rule::PublicAddress { interface_id: vpc("eni-x") });
}

#[test]
fn the_service_that_aws_names_counts_where_nothing_else_tells() {
    let format = "interface-id srcaddr dstaddr pkt-dst-aws-service";
    let record = explained(&snapshot(), format, "eni-web 10.0.0.5 198.51.100.7 S3");
    let service = of(&record, ie::DESTINATION_SERVICE);
    assert_eq!(service, (Some("S3"), Rule::Line(Field::PktDstAwsService)));
    assert_eq!(of(&record, ie::DESTINATION_REGION), (None, Rule::NobodyBeyond));
}

#[test]
fn ends_of_a_transit_gateway_s_flow_are_in_the_vpcs_that_its_line_names() {
    let format = "tgw-id tgw-src-vpc-id tgw-dst-vpc-id srcaddr dstaddr";
    let snapshot = snapshot();
    let record = explained(&snapshot, format, "tgw-1 vpc-p vpc-r 10.0.0.5 10.2.0.5");
    assert_eq!(record.source, Rule::InVpcOfSide { vpc_id: vpc("vpc-p") });
    assert_eq!(record.destination, Rule::InVpcOfSide { vpc_id: vpc("vpc-r") });
    assert_eq!(of(&record, ie::VPC_ID), (None, Rule::Unknown));
    let elsewhere = explained(&snapshot, format, "tgw-1 - vpc-r 10.0.0.5 10.3.77.77");
    assert_eq!(elsewhere.source, Rule::NobodyBeyond);
    assert_eq!(elsewhere.destination, Rule::NobodyInVpc { vpc_id: vpc("vpc-r") });
}

#[test]
fn ipv6_is_explained_as_ipv4_is() {
    let snapshot = snapshot();
    let other = |address: &str| {
        let line = format!("eni-web 2a05:d018:1::5 {address} -");
        explained(&snapshot, FORMAT, &line).destination
    };
    assert_eq!(other("fd00:2::5"), Rule::InPeeredVpc { vpc_id: vpc("vpc-q") });
    assert_eq!(other("2a05:d018:2::5"), Rule::PublicAddress { interface_id: vpc("eni-q") });
    assert_eq!(other("2a05:d018:1::77"), Rule::NobodyInVpc { vpc_id: vpc("vpc-p") });
    let prefix = "2600:1f14::/35".parse().unwrap();
    assert_eq!(other("2600:1f14::9"), Rule::AwsRange { prefix });
}
