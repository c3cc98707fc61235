//! What a line must become, found anew from the inventory's JSON by plain searches.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use serde_json::Value;
use weir_tests::FlowLine;

use crate::routes::{Routes, Way};

/// The keys of report 20201 in their order.
pub(crate) const KEYS: [&str; 28] = [
    "nfc_id",
    "exp_ip",
    "account_id",
    "vpcflow_action",
    "bytes_in",
    "dest_ip",
    "dest_port",
    "flow_end_time",
    "aws_src_inst_id",
    "aws_dest_inst_id",
    "interface_id",
    "packets_in",
    "protocol",
    "src_ip",
    "src_port",
    "flow_start_time",
    "subnet_id",
    "tcp_flag",
    "vpcflow_type",
    "vpc_id",
    "src_inst_name",
    "dest_inst_name",
    "src_ip_pub",
    "dest_ip_pub",
    "src_region",
    "dest_region",
    "src_service",
    "dest_service",
];

/// What is known of one side of a flow; unknown texts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) instance_id: String,
    pub(crate) instance_name: String,
    pub(crate) public: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// An address in a VPC, by the VPC's id; a public address by "".
type Place = (String, IpAddr);

/// The interface that has the address, and its public address.
type Owner = (String, Option<IpAddr>);

/// The inventory as its JSON file has it.
pub(crate) struct Oracle {
    interfaces: HashMap<String, Value>,
    vpcs: HashMap<String, Value>,
    instance_names: HashMap<String, String>,
    addresses: HashMap<Place, Owner>,
    ranges: Vec<(IpNet, String, String)>,
    routes: Routes,
}

impl Oracle {
    pub(crate) fn read(inventory: &Path) -> Self {
        let json: Value = serde_json::from_slice(&fs::read(inventory).unwrap()).unwrap();
        let by_id = |list: &str| -> HashMap<String, Value> {
            let items = json[list].as_array().into_iter().flatten();
            items.map(|item| (text(item, "id"), item.clone())).collect()
        };
        let interfaces = by_id("interfaces");
        let instances = by_id("instances");
        Self {
            addresses: interfaces.values().flat_map(addresses_of).collect(),
            vpcs: by_id("vpcs"),
            instance_names: instances
                .values()
                .map(|it| (text(it, "id"), text(it, "name")))
                .collect(),
            ranges: ranges(&json["ip_ranges"]),
            routes: Routes::new(&json),
            interfaces,
        }
    }

    /// Both sides of a flow: source, destination.
    pub(crate) fn sides(&self, line: &FlowLine) -> [Side; 2] {
        let interface = line.get("interface-id").and_then(|id| self.interfaces.get(id));
        let sides = [
            ("srcaddr", "pkt-srcaddr", "pkt-src-aws-service", "egress"),
            ("dstaddr", "pkt-dstaddr", "pkt-dst-aws-service", "ingress"),
        ];
        let owns = |field: &str| {
            let address = line.address(field);
            address.is_some_and(|address| self.owns(interface, address))
        };
        let by_address = sides.map(|(address, ..)| owns(address));
        let by_packet = sides.map(|(_, packet, ..)| owns(packet));
        let by_direction =
            sides.map(|(.., direction)| line.get("flow-direction") == Some(direction));
        let is_one = |side: &[bool; 2]| side[0] != side[1];
        let own = [by_address, by_packet, by_direction].into_iter().find(is_one);
        let own = own.unwrap_or([false, false]);
        let side = |at: usize| {
            let (address, packet, service, _) = sides[at];
            let mut side = match (line.address(address), own[at]) {
                (Some(address), true) => self.own_side(line, interface, address),
                (Some(address), false) => self.other_side(line, interface, address),
                (None, _) => Side::default(),
            };
            let is_same =
                line.get(packet).is_none() || line.address(packet) == line.address(address);
            if side.service.is_empty() && is_same {
                side.service = line.get(service).unwrap_or_default().to_owned();
            }
            side
        };
        [side(0), side(1)]
    }

    fn owns(&self, interface: Option<&Value>, address: IpAddr) -> bool {
        let Some(interface) = interface else { return false };
        let key = (text(interface, "vpc_id"), address);
        self.addresses.get(&key).is_some_and(|(id, _)| *id == text(interface, "id"))
    }

    /// The interface's own side, from the interface; where the inventory lacks it, from the line.
    fn own_side(&self, line: &FlowLine, interface: Option<&Value>, address: IpAddr) -> Side {
        let Some(interface) = interface else {
            let get = |field| line.get(field).unwrap_or_default().to_owned();
            return Side {
                instance_id: get("instance-id"),
                region: get("region"),
                ..Side::default()
            };
        };
        let key = (text(interface, "vpc_id"), address);
        let public = self.addresses.get(&key).and_then(|(_, public)| *public);
        self.side_of(interface, public)
    }

    /// In the VPC that routes lead to; beyond all VPCs as a public address, then in AWS's ranges.
    fn other_side(&self, line: &FlowLine, interface: Option<&Value>, address: IpAddr) -> Side {
        let subnet = interface.map(|interface| text(interface, "subnet_id"));
        let subnet = subnet.or_else(|| line.get("subnet-id").map(str::to_owned));
        match self.routes.way(&self.vpc_id(line), &subnet.unwrap_or_default(), address) {
            Way::Vpc(vpc_id) => {
                let found = self.addresses.get(&(vpc_id, address));
                let side = found.map(|(id, public)| self.side_of(&self.interfaces[id], *public));
                side.unwrap_or_default()
            }
            Way::Beyond => self.public_side(address),
            Way::Nowhere => Side::default(),
        }
    }

    fn public_side(&self, address: IpAddr) -> Side {
        let range = self.range(address);
        if let Some((id, public)) = self.addresses.get(&(String::new(), address)) {
            let side = self.side_of(&self.interfaces[id], *public);
            let service = range.map(|(_, _, service)| service.clone()).unwrap_or_default();
            let service = if side.service.is_empty() { service } else { side.service };
            return Side { service, ..side };
        }
        let Some((_, region, service)) = range else { return Side::default() };
        Side { region: region.clone(), service: service.clone(), ..Side::default() }
    }

    fn side_of(&self, interface: &Value, public: Option<IpAddr>) -> Side {
        let instance_id = text(interface, "instance_id");
        let service = if instance_id.is_empty() { managed_service(interface) } else { "" };
        Side {
            instance_name: self.instance_names.get(&instance_id).cloned().unwrap_or_default(),
            region: text(&self.vpcs[&text(interface, "vpc_id")], "region"),
            public: public.map(|public| public.to_string()).unwrap_or_default(),
            service: service.to_owned(),
            instance_id,
        }
    }

    /// The longest prefix; of equal ones a specific service before EC2 before AMAZON.
    fn range(&self, address: IpAddr) -> Option<&(IpNet, String, String)> {
        let around = self.ranges.iter().filter(|(prefix, ..)| prefix.contains(&address));
        around.max_by_key(|(prefix, _, service)| {
            let rank = match service.as_str() {
                "AMAZON" => 0,
                "EC2" => 1,
                _ => 2,
            };
            (prefix.prefix_len(), rank)
        })
    }

    fn vpc_id(&self, line: &FlowLine) -> String {
        let of_interface = || {
            let interface = line.get("interface-id").and_then(|id| self.interfaces.get(id));
            interface.map(|interface| text(interface, "vpc_id"))
        };
        line.get("vpc-id").map(str::to_owned).or_else(of_interface).unwrap_or_default()
    }

    /// The default exporter address: the base address of the VPC's first IPv4 block + 1.
    pub(crate) fn exporter(&self, line: &FlowLine) -> String {
        let Some(vpc) = self.vpcs.get(&self.vpc_id(line)) else { return "192.0.0.8".to_owned() };
        let blocks = vpc["cidrs"].as_array().unwrap().iter().map(|cidr| cidr.as_str().unwrap());
        let mut blocks = blocks.map(|cidr| cidr.parse::<IpNet>().unwrap());
        let Some(IpNet::V4(block)) = blocks.find(|block| matches!(block, IpNet::V4(_))) else {
            return "192.0.0.8".to_owned();
        };
        std::net::Ipv4Addr::from_bits(block.network().to_bits() + 1).to_string()
    }

    /// The JSON line of a flow.
    pub(crate) fn json(&self, line: &FlowLine) -> String {
        let interface = line.get("interface-id").and_then(|id| self.interfaces.get(id));
        let [source, destination] = self.sides(line);
        let number = |field| line.number(field).map(|number| number.to_string());
        let address = |field| line.address(field).map(|address| quoted(&address.to_string()));
        let string = |text: &str| (!text.is_empty()).then(|| quoted(text));
        let line_or = |field, other: Option<String>| {
            string(&line.get(field).map(str::to_owned).or(other).unwrap_or_default())
        };
        let of_interface = |key| interface.map(|interface| text(interface, key));
        // IPv6 addresses are not translated.
        let is_ipv6 = line.address("srcaddr").is_some_and(|address| address.is_ipv6());
        let public = |side: &Side| if is_ipv6 { None } else { string(&side.public) };
        let values = [
            Some("20201".to_owned()),
            string(&self.exporter(line)),
            line_or("account-id", of_interface("account_id")),
            line.get("action").and_then(string),
            number("bytes"),
            address("dstaddr"),
            number("dstport"),
            number("end"),
            string(&source.instance_id),
            string(&destination.instance_id),
            line.get("interface-id").and_then(string),
            number("packets"),
            number("protocol"),
            address("srcaddr"),
            number("srcport"),
            number("start"),
            line_or("subnet-id", of_interface("subnet_id")),
            number("tcp-flags"),
            line.get("type").and_then(string),
            line_or("vpc-id", Some(self.vpc_id(line))),
            string(&source.instance_name),
            string(&destination.instance_name),
            public(&source),
            public(&destination),
            string(&source.region),
            string(&destination.region),
            string(&source.service),
            string(&destination.service),
        ];
        let pairs = KEYS.iter().zip(values).filter_map(|(key, value)| Some((key, value?)));
        let members: Vec<_> = pairs.map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }
}

/// The kinds of interfaces that AWS manages and `weir generate` makes.
fn managed_service(interface: &Value) -> &'static str {
    let description = text(interface, "description");
    match text(interface, "interface_type").as_str() {
        "nat_gateway" => "NAT_GATEWAY",
        "vpc_endpoint" => "VPC_ENDPOINT",
        "network_load_balancer" => "ELB",
        _ if description.starts_with("ELB ") => "ELB",
        _ => panic!("a kind of interface that this oracle does not know: {interface}"),
    }
}

fn addresses_of(interface: &Value) -> Vec<(Place, Owner)> {
    let (id, vpc_id) = (text(interface, "id"), text(interface, "vpc_id"));
    let mut addresses = Vec::new();
    for pair in interface["addresses"].as_array().into_iter().flatten() {
        let public: Option<IpAddr> = pair["public"].as_str().map(|text| text.parse().unwrap());
        let private = pair["private"].as_str().unwrap().parse().unwrap();
        addresses.push(((vpc_id.clone(), private), (id.clone(), public)));
        addresses.extend(public.map(|address| ((String::new(), address), (id.clone(), public))));
    }
    for address in interface["ipv6_addresses"].as_array().into_iter().flatten() {
        let address = address.as_str().unwrap().parse().unwrap();
        addresses.push(((vpc_id.clone(), address), (id.clone(), None)));
        addresses.push(((String::new(), address), (id.clone(), None)));
    }
    addresses
}

fn ranges(json: &Value) -> Vec<(IpNet, String, String)> {
    let lists = [("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix")];
    let of_list = |(list, key): (&str, &str)| -> Vec<_> {
        let ranges = json[list].as_array().into_iter().flatten();
        let range = |range: &Value| {
            (text(range, key).parse().unwrap(), text(range, "region"), text(range, "service"))
        };
        ranges.map(range).collect()
    };
    lists.into_iter().flat_map(of_list).collect()
}

pub(crate) fn text(json: &Value, key: &str) -> String {
    json[key].as_str().unwrap_or_default().to_owned()
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
