//! The small network that the tests look at.

use weir_inventory::{FallbackExporter, Inventory, Snapshot};

pub(crate) fn snapshot() -> Snapshot {
    of_json(NETWORK)
}

pub(crate) fn of_json(json: &str) -> Snapshot {
    let inventory = Inventory::from_json(json.as_bytes()).unwrap();
    Snapshot::build(&inventory, &FallbackExporter::default()).unwrap()
}

/// Production `vpc-p` is peered with `vpc-q`, which has the same blocks as `vpc-r`; `vpc-p`,
/// `vpc-r` and `vpc-s` are attached to a transit gateway, `vpc-t` to another that is peered with
/// it. `vpc-s` inspects what goes to 10.7.0.0/16, which is `vpc-u`.
const NETWORK: &str = r#"{
  "vpcs": [
    {"id": "vpc-p", "account_id": "111111111111", "region": "eu-west-1", "name": "production",
     "cidrs": ["10.0.0.0/16", "2a05:d018:1::/56"]},
    {"id": "vpc-q", "account_id": "222222222222", "region": "us-east-1",
     "cidrs": ["10.2.0.0/16", "2a05:d018:2::/56"]},
    {"id": "vpc-r", "account_id": "333333333333", "region": "eu-central-1",
     "cidrs": ["10.2.0.0/16", "10.3.0.0/16"]},
    {"id": "vpc-s", "account_id": "333333333333", "region": "eu-west-1", "cidrs": ["10.9.0.0/16"]},
    {"id": "vpc-t", "account_id": "333333333333", "region": "eu-west-2", "cidrs": ["10.6.0.0/16"]},
    {"id": "vpc-u", "account_id": "333333333333", "region": "eu-west-1", "cidrs": ["10.7.0.0/16"]}
  ],
  "transit_gateways": [
    {"id": "tgw-1", "account_id": "999999999999", "region": "eu-west-1", "name": "backbone",
     "exporter": {"address": "192.0.2.77"}},
    {"id": "tgw-2", "account_id": "999999999999", "region": "eu-west-2"}
  ],
  "instances": [
    {"id": "i-web", "name": "web"}, {"id": "i-app", "name": "app"}, {"id": "i-q", "name": "in q"},
    {"id": "i-r", "name": "in r"}, {"id": "i-t", "name": "in t"}, {"id": "i-u", "name": "in u"}
  ],
  "interfaces": [
    {"id": "eni-web", "account_id": "111111111111", "vpc_id": "vpc-p", "subnet_id": "subnet-1",
     "instance_id": "i-web", "ipv6_addresses": ["2a05:d018:1::5"],
     "addresses": [{"private": "10.0.0.5", "public": "3.5.0.9"}, {"private": "10.0.0.6"}]},
    {"id": "eni-app", "account_id": "555555555555", "vpc_id": "vpc-p", "subnet_id": "subnet-2",
     "instance_id": "i-app", "addresses": [{"private": "10.0.1.7"}]},
    {"id": "eni-nat", "account_id": "111111111111", "vpc_id": "vpc-p", "subnet_id": "subnet-1",
     "interface_type": "nat_gateway", "addresses": [{"private": "10.0.0.8", "public": "3.5.0.8"}]},
    {"id": "eni-elb", "account_id": "111111111111", "vpc_id": "vpc-p",
     "description": "ELB app/front/0a1b", "addresses": [{"private": "10.0.0.10"}]},
    {"id": "eni-endpoint", "account_id": "111111111111", "vpc_id": "vpc-p",
     "interface_type": "vpc_endpoint", "addresses": [{"private": "10.0.0.11"}]},
    {"id": "eni-q", "account_id": "222222222222", "vpc_id": "vpc-q", "instance_id": "i-q",
     "ipv6_addresses": ["2a05:d018:2::5", "fd00:2::5"],
     "addresses": [{"private": "10.2.0.5", "public": "3.5.0.20"}]},
    {"id": "eni-r", "account_id": "333333333333", "vpc_id": "vpc-r", "instance_id": "i-r",
     "addresses": [{"private": "10.2.0.5"}, {"private": "10.3.0.5"}]},
    {"id": "eni-t", "account_id": "333333333333", "vpc_id": "vpc-t", "instance_id": "i-t",
     "addresses": [{"private": "10.6.0.5"}]},
    {"id": "eni-u", "account_id": "333333333333", "vpc_id": "vpc-u", "instance_id": "i-u",
     "addresses": [{"private": "10.7.0.5"}]}
  ],
  "route_tables": [
    {"id": "rtb-main", "vpc_id": "vpc-p", "is_main": true, "routes": [
      {"destination": "10.0.0.0/16", "target": "local"},
      {"destination": "10.2.0.0/16", "target": "pcx-pq"},
      {"destination": "fd00:2::/64", "target": "pcx-pq"},
      {"destination": "10.3.0.0/16", "target": "pcx-gone", "is_blackhole": true},
      {"destination": "10.4.0.0/16", "target": "vgw-1"},
      {"destination": "0.0.0.0/0", "target": "igw-1"},
      {"destination": "::/0", "target": "eigw-1"}]},
    {"id": "rtb-2", "vpc_id": "vpc-p", "subnet_ids": ["subnet-2"], "routes": [
      {"destination": "10.0.0.0/8", "target": "tgw-1"},
      {"destination": "10.2.0.4/32", "target": "pcx-pq"},
      {"destination": "3.5.0.20/32", "target": "tgw-1"},
      {"destination": "52.92.0.0/16", "target": "vpce-s3"},
      {"destination": "52.94.0.0/16", "target": "nat-1", "is_blackhole": true},
      {"destination": "0.0.0.0/0", "target": "nat-1"}]},
    {"id": "rtb-s", "vpc_id": "vpc-s", "is_main": true, "routes": [
      {"destination": "0.0.0.0/0", "target": "vpce-firewall"}]},
    {"id": "rtb-s-behind", "vpc_id": "vpc-s", "subnet_ids": ["subnet-s"], "routes": [
      {"destination": "10.0.0.0/8", "target": "tgw-1"}]}
  ],
  "peering_connections": [
    {"id": "pcx-pq", "requester_vpc_id": "vpc-p", "accepter_vpc_id": "vpc-q"}
  ],
  "transit_gateway_attachments": [
    {"id": "att-p", "transit_gateway_id": "tgw-1", "resource_type": "vpc", "resource_id": "vpc-p"},
    {"id": "att-p", "transit_gateway_id": "tgw-1", "resource_type": "vpc", "resource_id": "vpc-p",
     "route_table_id": "tgw-rtb-spokes"},
    {"id": "att-r", "transit_gateway_id": "tgw-1", "resource_type": "vpc", "resource_id": "vpc-r",
     "route_table_id": "tgw-rtb-spokes"},
    {"id": "att-s", "transit_gateway_id": "tgw-1", "resource_type": "vpc", "resource_id": "vpc-s",
     "route_table_id": "tgw-rtb-inspected"},
    {"id": "att-u", "transit_gateway_id": "tgw-1", "resource_type": "vpc", "resource_id": "vpc-u"},
    {"id": "att-12", "transit_gateway_id": "tgw-1", "resource_type": "peering",
     "resource_id": "tgw-2", "route_table_id": "tgw-rtb-spokes"},
    {"id": "att-12", "transit_gateway_id": "tgw-2", "resource_type": "peering",
     "resource_id": "tgw-1", "route_table_id": "tgw-rtb-2"},
    {"id": "att-t", "transit_gateway_id": "tgw-2", "resource_type": "vpc", "resource_id": "vpc-t",
     "route_table_id": "tgw-rtb-2"}
  ],
  "transit_gateway_route_tables": [
    {"id": "tgw-rtb-spokes", "transit_gateway_id": "tgw-1", "routes": [
      {"destination": "10.2.0.0/15", "attachment_id": "att-r"},
      {"destination": "10.3.9.0/24"},
      {"destination": "10.6.0.0/16", "attachment_id": "att-12"},
      {"destination": "10.7.0.0/16", "attachment_id": "att-s"},
      {"destination": "10.8.0.0/16", "attachment_id": "att-12"},
      {"destination": "3.5.0.20/32"}]},
    {"id": "tgw-rtb-inspected", "transit_gateway_id": "tgw-1", "routes": [
      {"destination": "10.7.0.0/16", "attachment_id": "att-u"}]},
    {"id": "tgw-rtb-2", "transit_gateway_id": "tgw-2", "routes": [
      {"destination": "10.6.0.0/16", "attachment_id": "att-t"},
      {"destination": "10.8.0.0/16", "attachment_id": "att-12"}]}
  ],
  "ip_ranges": {
    "prefixes": [
      {"ip_prefix": "3.5.0.0/16", "region": "eu-west-1", "service": "AMAZON"},
      {"ip_prefix": "3.5.0.0/16", "region": "eu-west-1", "service": "EC2"},
      {"ip_prefix": "52.88.0.0/13", "region": "us-west-2", "service": "AMAZON"},
      {"ip_prefix": "52.92.0.0/16", "region": "us-west-2", "service": "AMAZON"},
      {"ip_prefix": "52.92.0.0/16", "region": "us-west-2", "service": "S3"},
      {"ip_prefix": "52.92.0.0/16", "region": "us-west-2", "service": "EC2"}],
    "ipv6_prefixes": [
      {"ipv6_prefix": "2600:1f14::/35", "region": "us-west-2", "service": "EC2"}]
  }
}"#;
