//! Each JSON line against what the inventory says of its flow.

use std::collections::HashSet;

use serde_json::Value;
use weir_tests::{Environment, FlowLine, run};

use crate::oracle::{KEYS, Oracle};

/// Replays to JSON lines, sorted.
fn replayed(environment: &Environment) -> Vec<String> {
    let output = format!("jsonl:{}", environment.scratch().path("out.jsonl").display());
    run(environment.replay().arg("--output").arg(output)).ended_with(0);
    let text = environment.scratch().read("out.jsonl");
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// Replays and compares every line with the oracle's: the flows, for further checks.
#[track_caller]
fn assert_as_the_oracle_says(arguments: &[&str]) -> (Oracle, Vec<FlowLine>) {
    let environment = Environment::generate(arguments);
    let oracle = Oracle::read(&environment.inventory());
    let flows = environment.flows();
    let mut expected: Vec<_> = flows.iter().map(|flow| oracle.json(flow)).collect();
    expected.sort_unstable();
    let lines = replayed(&environment);
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(&expected) {
        assert_eq!(line, expected);
    }
    (oracle, flows)
}

#[test]
fn every_line_of_version_5_logs_is_enriched_as_the_inventory_says() {
    let (oracle, flows) = assert_as_the_oracle_says(&["--records", "6000"]);
    // The sample is worth something: all kinds of ends are in it.
    let sides: Vec<_> = flows.iter().map(|flow| oracle.sides(flow)).collect();
    let services: HashSet<_> = sides.iter().flatten().map(|side| side.service.as_str()).collect();
    assert!(services.is_superset(&HashSet::from(["NAT_GATEWAY", "S3", ""])), "{services:?}");
    assert!(flows.iter().any(|flow| flow.address("srcaddr").is_some_and(|it| it.is_ipv6())));
    let has_public = sides.iter().flatten().any(|side| !side.public.is_empty());
    let is_unknown = sides.iter().flatten().any(|side| side.region.is_empty());
    assert!(has_public && is_unknown);
}

#[test]
fn every_line_of_version_2_logs_gets_its_vpc_and_subnet_from_the_interface() {
    let (_, flows) = assert_as_the_oracle_says(&["--records", "3000", "--fields", "v2"]);
    assert!(flows.iter().all(|flow| flow.get("vpc-id").is_none()));
}

#[test]
fn every_line_of_version_3_logs_is_enriched_as_the_inventory_says() {
    assert_as_the_oracle_says(&["--records", "3000", "--fields", "v3", "--seed", "5"]);
}

#[test]
fn the_order_of_the_fields_in_a_log_does_not_matter() {
    let fields = "end start bytes packets protocol dstport srcport pkt-dstaddr dstaddr pkt-srcaddr \
                  srcaddr interface-id vpc-id account-id action log-status tcp-flags version";
    assert_as_the_oracle_says(&["--records", "2000", "--fields", fields]);
}

#[test]
fn many_accounts_and_vpcs_are_kept_apart() {
    let arguments = ["--records", "4000", "--accounts", "3", "--vpcs", "4", "--instances", "300"];
    let (oracle, flows) = assert_as_the_oracle_says(&arguments);
    let exporters: HashSet<_> = flows.iter().map(|flow| oracle.exporter(flow)).collect();
    assert!(exporters.len() > 2, "{exporters:?}");
}

#[test]
fn json_lines_have_the_report_s_keys_in_the_report_s_order() {
    let environment = Environment::generate(&["--records", "2000", "--seed", "6"]);
    let mut seen = HashSet::new();
    for line in replayed(&environment) {
        let keys = keys(&line);
        let places = keys.iter().map(|key| KEYS.iter().position(|known| known == key));
        assert!(places.clone().all(|place| place.is_some()), "unknown keys: {line}");
        assert!(places.clone().is_sorted(), "{line}");
        assert_eq!(places.clone().next(), Some(Some(0)), "nfc_id comes first");
        let object: Value = serde_json::from_str(&line).unwrap();
        let values = object.as_object().unwrap().values();
        assert!(values.clone().all(|value| !value.is_null() && value != ""), "{line}");
        seen.extend(keys);
    }
    let never: Vec<_> = KEYS.iter().filter(|key| !seen.contains(**key)).collect();
    assert!(never.is_empty(), "never written: {never:?}");
}

/// The keys as they stand in the text; a parsed object would have forgotten their order.
fn keys(line: &str) -> Vec<String> {
    let members = line.trim_matches(['{', '}']).split(",\"");
    let key = |member: &str| member.trim_start_matches('"').split('"').next().unwrap().to_owned();
    members.map(key).collect()
}
