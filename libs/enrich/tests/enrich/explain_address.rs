//! What an address stands for.

use std::fmt::Write as _;
use std::net::IpAddr;

use proptest::prelude::*;
use weir_enrich::explain::{
    AddressAnswer, AddressAnywhere, AddressMeaning, MAX_LISTED_VPCS, Rule, lookup_address,
};
use weir_inventory::{NOW, Snapshot};

use crate::inventory::{of_json, snapshot};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn seen_from(
    snapshot: &Snapshot,
    vpc: &str,
    subnet: Option<&str>,
    address: &str,
) -> AddressMeaning {
    let subnet = subnet.map(str::as_bytes);
    match lookup_address(snapshot, Some(vpc.as_bytes()), subnet, ip(address), NOW) {
        AddressAnswer::SeenFromVpc { meaning, .. } => meaning,
        other => panic!("{other:?}"),
    }
}

fn anywhere(snapshot: &Snapshot, address: &str) -> AddressAnywhere {
    match lookup_address(snapshot, None, None, ip(address), NOW) {
        AddressAnswer::Anywhere(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn an_address_in_a_vpc_is_all_that_is_known_of_its_interface() {
    let meaning = AddressMeaning {
        rule: Rule::InVpc { vpc_id: "vpc-p".to_owned() },
        interface_id: text("eni-web"),
        vpc_id: text("vpc-p"),
        instance_id: text("i-web"),
        instance_name: text("web"),
        public_address: "3.5.0.9".parse().ok(),
        region: text("eu-west-1"),
        service: None,
    };
    assert_eq!(seen_from(&snapshot(), "vpc-p", None, "10.0.0.5"), meaning);
    let second = seen_from(&snapshot(), "vpc-p", None, "10.0.0.6");
    assert_eq!(second, AddressMeaning { public_address: None, ..meaning.clone() });
    assert_eq!(seen_from(&snapshot(), "vpc-p", None, "2a05:d018:1::5"), second);
    let elb = seen_from(&snapshot(), "vpc-p", None, "10.0.0.10");
    assert_eq!((elb.interface_id, elb.instance_id), (text("eni-elb"), None));
    assert_eq!(elb.service, text("ELB"));
}

#[test]
fn routes_are_those_of_the_subnet_else_of_the_main_table() {
    let snapshot = snapshot();
    let found = |subnet| {
        let meaning = seen_from(&snapshot, "vpc-p", subnet, "10.2.0.5");
        (meaning.interface_id, meaning.vpc_id, meaning.rule)
    };
    let peered = Rule::InPeeredVpc { vpc_id: "vpc-q".to_owned() };
    assert_eq!(found(None), (text("eni-q"), text("vpc-q"), peered.clone()));
    assert_eq!(found(Some("subnet-9")), (text("eni-q"), text("vpc-q"), peered));
    let transit = Rule::InTransitVpc { vpc_id: "vpc-r".to_owned() };
    assert_eq!(found(Some("subnet-2")), (text("eni-r"), text("vpc-r"), transit));
}

#[test]
fn what_is_not_found_has_a_reason() {
    let snapshot = snapshot();
    for (address, rule) in [
        ("10.0.200.1", Rule::NobodyInVpc { vpc_id: "vpc-p".to_owned() }),
        ("10.3.0.5", Rule::Nowhere),
        ("93.184.216.34", Rule::NobodyBeyond),
    ] {
        let meaning = seen_from(&snapshot, "vpc-p", None, address);
        assert_eq!(meaning.rule, rule);
        assert_eq!((meaning.interface_id, meaning.vpc_id, meaning.region), (None, None, None));
    }
}

#[test]
fn an_unknown_vpc_has_public_addresses_alone() {
    let snapshot = snapshot();
    for (address, interface) in [("10.0.0.5", None), ("3.5.0.20", text("eni-q"))] {
        let answer = lookup_address(&snapshot, Some(b"vpc-new"), None, ip(address), NOW);
        let AddressAnswer::SeenFromVpc { is_known_vpc, meaning } = answer else { panic!() };
        assert_eq!((is_known_vpc, meaning.interface_id), (false, interface));
    }
}

#[test]
fn by_itself_a_private_address_is_one_thing_in_each_vpc() {
    let answer = anywhere(&snapshot(), "10.2.0.5");
    assert_eq!((answer.public, answer.range), (None, None));
    let found: Vec<_> = answer.in_vpcs.iter().map(|each| each.interface_id.as_deref()).collect();
    assert_eq!((found, answer.vpc_count), (vec![Some("eni-q"), Some("eni-r")], 2));
    let second = answer.in_vpcs.last().unwrap();
    assert_eq!(second.rule, Rule::InVpc { vpc_id: "vpc-r".to_owned() });
    assert_eq!(second.instance_name, text("in r"));
}

#[test]
fn by_itself_a_public_address_is_its_holder_and_its_range() {
    let snapshot = snapshot();
    let answer = anywhere(&snapshot, "3.5.0.20");
    let (public, range) = (answer.public.unwrap(), answer.range.unwrap());
    assert_eq!(public.rule, Rule::PublicAddress { interface_id: "eni-q".to_owned() });
    assert_eq!((public.vpc_id, public.instance_id), (text("vpc-q"), text("i-q")));
    assert_eq!(range.rule, Rule::AwsRange { prefix: "3.5.0.0/16".parse().unwrap() });
    assert_eq!((range.region, range.service), (text("eu-west-1"), text("EC2")));
    assert_eq!((range.interface_id, answer.vpc_count), (None, 0));
    // A global IPv6 address is in its VPC and in the world.
    let answer = anywhere(&snapshot, "2a05:d018:2::5");
    assert_eq!(answer.public.unwrap().interface_id, text("eni-q"));
    assert_eq!(answer.in_vpcs[0].interface_id, text("eni-q"));
}

#[test]
fn the_list_of_vpcs_is_bounded_and_their_number_is_told() {
    let count = MAX_LISTED_VPCS + 20;
    let (mut vpcs, mut interfaces) = (String::new(), String::new());
    for n in 0..count {
        let separator = if n == 0 { "" } else { "," };
        write!(
            vpcs,
            r#"{separator}{{"id": "vpc-{n}", "account_id": "1", "region": "r",
                "cidrs": ["10.0.0.0/16"]}}"#
        )
        .unwrap();
        write!(
            interfaces,
            r#"{separator}{{"id": "eni-{n}", "account_id": "1", "vpc_id": "vpc-{n}",
                "addresses": [{{"private": "10.0.0.5"}}]}}"#
        )
        .unwrap();
    }
    let snapshot = of_json(&format!(r#"{{"vpcs": [{vpcs}], "interfaces": [{interfaces}]}}"#));
    let answer = anywhere(&snapshot, "10.0.0.5");
    assert_eq!((answer.in_vpcs.len(), answer.vpc_count), (MAX_LISTED_VPCS, count));
    let last = answer.in_vpcs.last().unwrap();
    assert_eq!(last.interface_id, Some(format!("eni-{}", MAX_LISTED_VPCS - 1)));
}

proptest! {
    #[test]
    fn any_question_has_an_answer(
        address: IpAddr,
        vpc in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..30)),
        subnet in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..30)),
    ) {
        let answer = lookup_address(&snapshot(), vpc.as_deref(), subnet.as_deref(), address, NOW);
        let is_seen = matches!(answer, AddressAnswer::SeenFromVpc { .. });
        prop_assert_eq!(is_seen, vpc.is_some());
    }
}
