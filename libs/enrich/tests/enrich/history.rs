//! Flows of a time when addresses had other holders.

use std::time::Duration;

use weir_enrich::explain::{AddressAnswer, Rule, lookup_address};
use weir_inventory::region::{RegionSnapshot, carry_over, merge};
use weir_inventory::{FallbackExporter, Instance, Interface, Inventory, IpRanges, NOW, Snapshot};
use weir_ipfix::element as ie;

use crate::explain_fields::{explained, of};
use crate::reading::record;

const FORMAT: &str = "interface-id srcaddr dstaddr flow-direction end instance-id";
/// When the second sweep missed what the first had found.
const HANDOVER: u64 = 1_764_072_900;

/// An hour ago 10.0.0.5 was `old`'s and is `new`'s now, and `eni-moved` was moved from `i-a` to
/// `i-b`.
fn snapshot() -> Snapshot {
    let first = sweep(HANDOVER - 900, ["eni-old", "i-old"], "i-a");
    let second = sweep(HANDOVER, ["eni-new", "i-new"], "i-b");
    let day = Duration::from_secs(24 * 60 * 60);
    let part = carry_over(&first, second, HANDOVER, day);
    let later = RegionSnapshot { taken_at: HANDOVER + 3_600, ..part.clone() };
    let part = carry_over(&part, later, HANDOVER + 3_600, day);
    let inventory = merge([&part], &IpRanges::default());
    Snapshot::build(&inventory, &FallbackExporter::default()).unwrap()
}

fn sweep(taken_at: u64, holder: [&str; 2], moved_to: &str) -> RegionSnapshot {
    let json = r#"{
      "vpcs": [{"id": "vpc-p", "account_id": "111111111111", "region": "eu-west-1",
                "cidrs": ["10.0.0.0/16"]}]}"#;
    let mut part = RegionSnapshot::new("111111111111", "eu-west-1", taken_at);
    part.inventory = Inventory::from_json(json.as_bytes()).unwrap();
    let mut add = |id: &str, instance: &str, address: &str| {
        let json = format!(
            r#"{{"id": "{id}", "account_id": "111111111111", "vpc_id": "vpc-p",
                 "instance_id": "{instance}", "addresses": [{{"private": "{address}"}}]}}"#
        );
        let interface: Interface = serde_json::from_str(&json).unwrap();
        part.inventory.interfaces.push(interface);
        let name = Some(format!("name of {instance}"));
        part.inventory.instances.push(Instance { id: instance.to_owned(), name });
    };
    add(holder[0], holder[1], "10.0.0.5");
    add("eni-moved", moved_to, "10.0.0.7");
    add("eni-web", "i-web", "10.0.0.9");
    part
}

fn line(interface: &str, source: &str, destination: &str, end: &str, instance: &str) -> String {
    format!("{interface} {source} {destination} - {end} {instance}")
}

#[test]
fn an_address_that_changed_hands_is_its_holder_s_at_the_flow_s_end() {
    let snapshot = snapshot();
    let holder = |end: &str| {
        let line = line("eni-web", "10.0.0.9", "10.0.0.5", end, "-");
        record(&snapshot, FORMAT, &line).destination().map(str::to_owned)
    };
    let before = ["i-old", "name of i-old", "eu-west-1", ""];
    let after = ["i-new", "name of i-new", "eu-west-1", ""];
    assert_eq!(holder(&(HANDOVER - 60).to_string()), before);
    assert_eq!(holder(&HANDOVER.to_string()), after);
    assert_eq!(holder("-"), after);
}

#[test]
fn an_explanation_says_who_held_the_address_and_until_when() {
    let end = (HANDOVER - 60).to_string();
    let line = line("eni-web", "10.0.0.9", "10.0.0.5", &end, "-");
    let explained = explained(&snapshot(), FORMAT, &line);
    let rule = Rule::HeldThen {
        found: Box::new(Rule::InVpc { vpc_id: "vpc-p".to_owned() }),
        interface_id: "eni-old".to_owned(),
        until: HANDOVER,
    };
    assert_eq!(explained.destination, rule);
    assert_eq!(of(&explained, ie::DESTINATION_INSTANCE_ID), (Some("i-old"), rule.clone()));
    let sentence =
        "vpc-p has the address: eni-old held it then, until 2025-11-25T12:15:00Z".to_owned();
    assert_eq!(rule.to_string(), sentence);
    assert_eq!(explained.source, Rule::Interface);
}

#[test]
fn the_lines_of_an_interface_that_is_gone_are_its_instance_s() {
    let line = line("eni-old", "10.0.0.5", "10.0.0.9", &(HANDOVER - 60).to_string(), "-");
    let record = record(&snapshot(), FORMAT, &line);
    assert_eq!(record.source(), ["i-old", "name of i-old", "eu-west-1", ""]);
    assert_eq!(record.text(ie::VPC_ID), "vpc-p");
    assert_eq!(record.destination()[0], "i-web");
}

#[test]
fn a_moved_interface_is_its_instance_s_at_the_flow_s_end() {
    let snapshot = snapshot();
    let own = |end: u64| {
        let line = line("eni-moved", "10.0.0.7", "10.0.0.9", &end.to_string(), "-");
        record(&snapshot, FORMAT, &line).source().map(str::to_owned)
    };
    assert_eq!(own(HANDOVER - 1), ["i-a", "name of i-a", "eu-west-1", ""]);
    assert_eq!(own(HANDOVER), ["i-b", "name of i-b", "eu-west-1", ""]);
    let line = line("eni-moved", "10.0.0.7", "10.0.0.9", &(HANDOVER - 1).to_string(), "-");
    let explained = explained(&snapshot, FORMAT, &line);
    assert!(matches!(explained.source, Rule::HeldThen { .. }), "{}", explained.source);
}

#[test]
fn the_line_s_own_instance_wins() {
    let snapshot = snapshot();
    let end = HANDOVER.to_string();
    // The inventory has it with `i-b`.
    let named = |id: &str| {
        let line = line("eni-moved", "10.0.0.7", "10.0.0.9", &end, id);
        let explained = explained(&snapshot, FORMAT, &line);
        let record = record(&snapshot, FORMAT, &line);
        let rules = [ie::SOURCE_INSTANCE_ID, ie::SOURCE_INSTANCE_NAME, ie::SOURCE_REGION]
            .map(|element| of(&explained, element).1.name());
        (record.source().map(str::to_owned), rules)
    };
    let (texts, rules) = named("i-web");
    assert_eq!(texts, ["i-web", "name of i-web", "eu-west-1", ""]);
    assert_eq!(rules, ["line", "instance_of_line", "interface"]);
    let (texts, rules) = named("i-unlisted");
    assert_eq!(texts, ["i-unlisted", "", "eu-west-1", ""]);
    assert_eq!(rules, ["line", "unlisted_instance", "interface"]);
    let (texts, rules) = named("i-b");
    assert_eq!(texts, ["i-b", "name of i-b", "eu-west-1", ""]);
    assert_eq!(rules, ["interface", "interface", "interface"]);
}

#[test]
fn an_address_is_looked_up_at_a_time() {
    let snapshot = snapshot();
    let address = "10.0.0.5".parse().unwrap();
    let holder = |at| match lookup_address(&snapshot, Some(b"vpc-p"), None, address, at) {
        AddressAnswer::SeenFromVpc { meaning, .. } => (meaning.interface_id, meaning.rule.name()),
        answer => panic!("{answer:?}"),
    };
    assert_eq!(holder(HANDOVER - 60), (Some("eni-old".to_owned()), "held_then"));
    assert_eq!(holder(HANDOVER + 60), (Some("eni-new".to_owned()), "in_vpc"));
    assert_eq!(holder(NOW), (Some("eni-new".to_owned()), "in_vpc"));
    let AddressAnswer::Anywhere(found) =
        lookup_address(&snapshot, None, None, address, HANDOVER - 60)
    else {
        panic!("not seen from a VPC")
    };
    assert_eq!(found.in_vpcs[0].interface_id.as_deref(), Some("eni-old"));
}
