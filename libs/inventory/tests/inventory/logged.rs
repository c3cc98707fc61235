//! Whose traffic no flow log tells of.

use weir_inventory::Interface;
use weir_inventory::region::{FlowLog, FlowLogCounts, FlowLogDestination, RegionSnapshot};

fn part(interfaces: &[(&str, &str, &str)]) -> RegionSnapshot {
    let mut part = RegionSnapshot::new("111122223333", "eu-west-1", 1_800_000_000);
    part.inventory.interfaces = interfaces
        .iter()
        .map(|(id, vpc, subnet)| Interface {
            id: (*id).to_owned(),
            account_id: "111122223333".to_owned(),
            vpc_id: (*vpc).to_owned(),
            subnet_id: Some((*subnet).to_owned()),
            instance_id: None,
            interface_type: "interface".to_owned(),
            description: String::new(),
            addresses: Vec::new(),
            ipv6_addresses: Vec::new(),
            ipv6_prefixes: Vec::new(),
        })
        .collect();
    part
}

fn flow_log(resource: &str) -> FlowLog {
    FlowLog {
        id: format!("fl-{resource}"),
        resource_id: resource.to_owned(),
        traffic_type: None,
        destination: FlowLogDestination::Firehose { arn: String::new() },
        log_format: String::new(),
        aggregation_seconds: None,
        status: "ACTIVE".to_owned(),
        delivery_status: "SUCCESS".to_owned(),
        delivery_error: None,
        name: None,
    }
}

fn counts(parts: &[RegionSnapshot]) -> FlowLogCounts {
    FlowLogCounts::of(parts.iter())
}

#[test]
fn a_vpc_needs_a_flow_log_once_it_has_an_interface() {
    assert_eq!(counts(&[part(&[])]).vpcs_without, 0);
    let interfaces = [("eni-1", "vpc-1", "subnet-1"), ("eni-2", "vpc-1", "subnet-1")];
    assert_eq!(counts(&[part(&interfaces)]).vpcs_without, 1);
}

#[test]
fn flow_logs_of_a_vpc_its_subnets_or_its_interfaces_cover_it() {
    let interfaces = [("eni-1", "vpc-1", "subnet-1"), ("eni-2", "vpc-1", "subnet-2")];
    for covering in [&["vpc-1"][..], &["subnet-1", "subnet-2"], &["subnet-1", "eni-2"]] {
        let mut covered = part(&interfaces);
        covered.flow_logs = covering.iter().copied().map(flow_log).collect();
        assert_eq!(counts(&[covered]).vpcs_without, 0, "{covering:?}");
    }
    let mut partly = part(&interfaces);
    partly.flow_logs = vec![flow_log("subnet-1"), flow_log("vpc-2")];
    assert_eq!(counts(&[partly]).vpcs_without, 1);
}

#[test]
fn the_flow_log_of_a_shared_vpc_is_its_owners() {
    let mut owner = part(&[]);
    owner.flow_logs = vec![flow_log("vpc-1")];
    let participant = part(&[("eni-1", "vpc-1", "subnet-1")]);
    assert_eq!(counts(&[owner, participant]).vpcs_without, 0);
}

#[test]
fn a_flow_log_that_is_not_active_covers_nothing() {
    let mut ended = part(&[("eni-1", "vpc-1", "subnet-1")]);
    ended.flow_logs = vec![FlowLog { status: "INACTIVE".to_owned(), ..flow_log("vpc-1") }];
    assert_eq!(counts(&[ended]), FlowLogCounts { vpcs_without: 1, failing: 0 });
}

#[test]
fn flow_logs_that_are_not_delivered_are_counted() {
    let mut part = part(&[("eni-1", "vpc-1", "subnet-1")]);
    let failing = FlowLog { delivery_status: "FAILED".to_owned(), ..flow_log("vpc-1") };
    part.flow_logs = vec![failing, flow_log("vpc-2")];
    assert_eq!(counts(&[part]), FlowLogCounts { vpcs_without: 0, failing: 1 });
}
