//! The inventory as discovery finds it and as a JSON file holds it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::holding::Ipv6Holding;
use crate::region::{Former, HeldSince};

/// Everything that enrichment knows, from all accounts and regions, at one moment.
///
/// The JSON form is this type's serde form. Lists may be left out when empty; unknown keys are
/// errors, so that a misspelt key cannot silently empty a list.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// When discovery finished, in seconds since the Unix epoch; 0 when unknown.
    #[serde(default)]
    pub generated_at: u64,
    /// The AWS accounts that were swept.
    #[serde(default)]
    pub accounts: Vec<Account>,
    /// EC2 DescribeVpcs.
    #[serde(default)]
    pub vpcs: Vec<Vpc>,
    /// EC2 DescribeSubnets.
    #[serde(default)]
    pub subnets: Vec<Subnet>,
    /// EC2 DescribeInstances.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// EC2 DescribeNetworkInterfaces.
    #[serde(default)]
    pub interfaces: Vec<Interface>,
    /// EC2 DescribeTransitGateways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transit_gateways: Vec<TransitGateway>,
    /// EC2 DescribeRouteTables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_tables: Vec<RouteTable>,
    /// EC2 DescribeVpcPeeringConnections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peering_connections: Vec<PeeringConnection>,
    /// EC2 DescribeTransitGatewayAttachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transit_gateway_attachments: Vec<TransitGatewayAttachment>,
    /// EC2 DescribeTransitGatewayRouteTables with SearchTransitGatewayRoutes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transit_gateway_route_tables: Vec<TransitGatewayRouteTable>,
    /// Who held addresses before: interfaces, addresses and instances that vanished or changed
    /// hands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Former>,
    /// Since when addresses are held that were first seen within the history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_since: Vec<HeldSince>,
    /// AWS's published address ranges, in the form of <https://ip-ranges.amazonaws.com/ip-ranges.json>.
    #[serde(default)]
    pub ip_ranges: IpRanges,
}

/// One AWS account.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Account alias or Organizations name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One VPC. Each is an IPFIX exporter and an observation domain of its own.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// Owner account.
    pub account_id: String,
    /// Region code, such as `eu-west-1`.
    pub region: String,
    /// The `Name` tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All associated IPv4 and IPv6 blocks, the primary IPv4 block first.
    #[serde(default)]
    pub cidrs: Vec<IpNet>,
    /// The exporter that was assigned by hand; the default is the first IPv4 block's base
    /// address + 1 (AWS reserves it for the VPC's router) and the VPC's name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exporter: Option<ExporterAssignment>,
}

/// Address and name under which a VPC's flows are exported.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ExporterAssignment {
    /// `exp_ip`.
    pub address: Ipv4Addr,
    /// `exp_name`; the VPC's name or id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One subnet.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// The VPC that it is part of.
    pub vpc_id: String,
    /// The `Name` tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Availability Zone id, such as `euw1-az2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone_id: Option<String>,
    /// IPv4 and IPv6 blocks.
    #[serde(default)]
    pub cidrs: Vec<IpNet>,
}

/// One EC2 instance.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// The `Name` tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One network interface (ENI) with all its addresses.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// The interface's owner, which differs from the VPC's owner in a shared VPC.
    pub account_id: String,
    /// The VPC that its addresses belong to.
    pub vpc_id: String,
    /// Its subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    /// The instance that it is attached to; absent for NAT gateways, load balancers, endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// EC2's InterfaceType: `interface`, `nat_gateway`, `network_load_balancer`, `vpc_endpoint`, ….
    #[serde(default = "default_interface_type")]
    pub interface_type: String,
    /// EC2's Description, which tells the service of an interface that AWS manages.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Private IPv4 addresses with their public ones, the primary address first.
    #[serde(default)]
    pub addresses: Vec<InterfaceAddress>,
    /// IPv6 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6_addresses: Vec<Ipv6Addr>,
    /// Delegated prefixes, of which containers and pods take their addresses. EC2 delegates
    /// nothing but /80; a prefix of another length is passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6_prefixes: Vec<Ipv6Net>,
}

fn default_interface_type() -> String {
    "interface".to_owned()
}

/// A private IPv4 address of an interface.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct InterfaceAddress {
    /// The address inside the VPC.
    pub private: Ipv4Addr,
    /// The public or Elastic IP address that is associated with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<Ipv4Addr>,
}

/// One transit gateway: an observation domain for its own flow logs.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TransitGateway {
    /// `tgw-…`.
    pub id: String,
    /// Owner account.
    pub account_id: String,
    /// Region code.
    pub region: String,
    /// The `Name` tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The exporter that was assigned by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exporter: Option<ExporterAssignment>,
}

/// A route table of a VPC.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// The VPC that it is part of.
    pub vpc_id: String,
    /// Whether it serves the subnets that have no table of their own.
    #[serde(default)]
    pub is_main: bool,
    /// The subnets that are associated with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnet_ids: Vec<String>,
    /// Its routes, prefix lists resolved to their blocks.
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// A route of a VPC's route table. The longest prefix wins; a blackhole leads nowhere.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The destination block.
    pub destination: IpNet,
    /// `local`, or the id of a peering connection (`pcx-…`), transit gateway (`tgw-…`), internet
    /// gateway (`igw-…`), NAT gateway (`nat-…`), interface (`eni-…`), ….
    pub target: String,
    /// Whether the target is gone (EC2's state `blackhole`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_blackhole: bool,
}

/// An active peering connection between two VPCs.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PeeringConnection {
    /// `pcx-…`.
    pub id: String,
    /// The VPC on one side.
    pub requester_vpc_id: String,
    /// The VPC on the other side.
    pub accepter_vpc_id: String,
}

/// An attachment to a transit gateway.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TransitGatewayAttachment {
    /// `tgw-attach-…`.
    pub id: String,
    /// `tgw-…`.
    pub transit_gateway_id: String,
    /// EC2's ResourceType: `vpc`, `peering`, `vpn`, `direct-connect-gateway`, ….
    pub resource_type: String,
    /// What is attached: `vpc-…`, or for `peering` the other transit gateway.
    pub resource_id: String,
    /// The transit gateway route table that is associated with it: it routes what comes in here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table_id: Option<String>,
}

/// A route table of a transit gateway.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TransitGatewayRouteTable {
    /// `tgw-rtb-…`.
    pub id: String,
    /// `tgw-…`.
    pub transit_gateway_id: String,
    /// Its routes, static and propagated.
    #[serde(default)]
    pub routes: Vec<TransitGatewayRoute>,
}

/// A route of a transit gateway.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TransitGatewayRoute {
    /// The destination block.
    pub destination: IpNet,
    /// The attachment that it leads to; absent for a blackhole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_id: Option<String>,
}

/// The content of AWS's `ip-ranges.json`.
///
/// Unknown keys are accepted here: the file is AWS's and gains keys over the years.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct IpRanges {
    /// Publication time in Unix seconds, as AWS writes it (a string).
    #[serde(default, rename = "syncToken")]
    pub sync_token: String,
    /// IPv4 prefixes.
    #[serde(default)]
    pub prefixes: Vec<Ipv4Range>,
    /// IPv6 prefixes.
    #[serde(default)]
    pub ipv6_prefixes: Vec<Ipv6Range>,
}

/// An IPv4 prefix of AWS.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Ipv4Range {
    /// The prefix.
    pub ip_prefix: Ipv4Net,
    /// Region code, or `GLOBAL`.
    pub region: String,
    /// `AMAZON`, `EC2`, `S3`, ….
    pub service: String,
}

/// An IPv6 prefix of AWS.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Ipv6Range {
    /// The prefix.
    pub ipv6_prefix: Ipv6Net,
    /// Region code, or `GLOBAL`.
    pub region: String,
    /// `AMAZON`, `EC2`, `S3`, ….
    pub service: String,
}

impl Interface {
    /// All addresses that the interface owns inside its VPC, the primary IPv4 address first.
    pub fn private_addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let v4 = self.addresses.iter().map(|address| IpAddr::V4(address.private));
        v4.chain(self.ipv6_addresses.iter().copied().map(IpAddr::V6))
    }

    /// Whether `address` is one of the interface's own inside its VPC, or of a prefix that is
    /// delegated to it.
    pub fn owns(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.addresses.iter().any(|pair| pair.private == address),
            IpAddr::V6(address) => self.ipv6_holdings().any(|holding| holding.covers(address)),
        }
    }

    /// Its IPv6 addresses, then its delegated prefixes.
    pub(crate) fn ipv6_holdings(&self) -> impl Iterator<Item = Ipv6Holding> + '_ {
        let addresses = self.ipv6_addresses.iter().copied().map(Ipv6Holding::Address);
        addresses.chain(self.ipv6_prefixes.iter().copied().filter_map(Ipv6Holding::of_prefix))
    }
}
