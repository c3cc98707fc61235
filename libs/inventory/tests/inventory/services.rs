//! The service name of interfaces that AWS manages.

use weir_inventory::{Inventory, NOW};

use crate::build::{attached, interface, ip, known, public, range, snapshot, texts, vpc};

fn service(interface_type: &str, description: &str) -> String {
    let mut managed = interface("eni-a", "vpc-a", &["10.0.0.5"]);
    managed.interface_type = interface_type.to_owned();
    managed.description = description.to_owned();
    let inventory = Inventory {
        vpcs: vec![vpc("vpc-a", &["10.0.0.0/16"])],
        interfaces: vec![managed],
        ..Inventory::default()
    };
    let snapshot = snapshot(&inventory);
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let [id, name, region, service] =
        texts(snapshot.endpoint_in_vpc(vpc, ip("10.0.0.5"), NOW)).unwrap();
    assert_eq!([id.as_str(), &name, &region], ["", "", "eu-west-1"]);
    service
}

#[test]
fn the_interface_type_names_the_service() {
    assert_eq!(service("nat_gateway", "Interface for NAT Gateway nat-1"), "NAT_GATEWAY");
    assert_eq!(service("network_load_balancer", "ELB net/front/0a1b"), "ELB");
    assert_eq!(service("vpc_endpoint", "VPC Endpoint Interface vpce-1"), "VPC_ENDPOINT");
    assert_eq!(service("gateway_load_balancer_endpoint", ""), "VPC_ENDPOINT");
    assert_eq!(service("lambda", "AWS Lambda VPC ENI-resize"), "LAMBDA");
    assert_eq!(service("transit_gateway", ""), "TRANSIT_GATEWAY");
}

#[test]
fn a_plain_interface_is_known_by_its_description() {
    assert_eq!(service("interface", "ELB app/front/0a1b"), "ELB");
    assert_eq!(service("interface", "ELB classic"), "ELB");
    assert_eq!(service("interface", "RDSNetworkInterface"), "RDS");
    assert_eq!(service("interface", "EFS mount target for fs-1 (fsmt-1)"), "EFS");
    assert_eq!(service("interface", "ElastiCache sessions-001"), "ELASTICACHE");
    let task = "arn:aws:ecs:eu-west-1:111122223333:attachment/0a1b";
    assert_eq!(service("interface", task), "ECS");
}

#[test]
fn an_unknown_interface_has_no_service() {
    assert_eq!(service("interface", ""), "");
    assert_eq!(service("interface", "made by hand, see ELB app/front"), "");
    assert_eq!(service("something_new", "Primary network interface"), "");
}

#[test]
fn a_managed_interface_keeps_its_service_under_its_public_address() {
    let mut gateway = public(interface("eni-a", "vpc-a", &["10.0.0.5"]), "3.5.0.9");
    gateway.interface_type = "nat_gateway".to_owned();
    let mut inventory = Inventory {
        vpcs: vec![vpc("vpc-a", &["10.0.0.0/16"])],
        interfaces: vec![gateway],
        ..Inventory::default()
    };
    inventory.ip_ranges.prefixes = vec![range("3.5.0.0/19", "eu-west-1", "EC2")];
    let snapshot = snapshot(&inventory);
    let found = texts(snapshot.endpoint_by_public_address(ip("3.5.0.9"), NOW));
    assert_eq!(found, known(["", "", "eu-west-1", "NAT_GATEWAY"]));
}

#[test]
fn an_instance_is_no_service_whatever_its_description_says() {
    let mut plain = attached(interface("eni-a", "vpc-a", &["10.0.0.5"]), "i-a");
    plain.description = "ELB app/front/0a1b".to_owned();
    let inventory = Inventory {
        vpcs: vec![vpc("vpc-a", &["10.0.0.0/16"])],
        interfaces: vec![plain],
        ..Inventory::default()
    };
    let snapshot = snapshot(&inventory);
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let found = texts(snapshot.endpoint_in_vpc(vpc, ip("10.0.0.5"), NOW));
    assert_eq!(found, known(["i-a", "", "eu-west-1", ""]));
}
