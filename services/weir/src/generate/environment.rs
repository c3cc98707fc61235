//! The generated environment: the inventory and what the traffic needs to know beside it.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use weir_inventory::{Interface, Inventory, Subnet, Vpc};

use super::crossing::Link;
use super::ip_ranges::RegionRanges;

/// All accounts and what is in them. Interfaces are named by their index in the inventory.
pub(super) struct Environment {
    pub(super) inventory: Inventory,
    /// One for each interface of the inventory.
    pub(super) enis: Vec<Eni>,
    /// One for each VPC of the inventory.
    pub(super) vpcs: Vec<VpcLayout>,
    /// One for each account and region, then one for each transit gateway.
    pub(super) flow_logs: Vec<FlowLog>,
    /// The ways between VPCs that traffic takes.
    pub(super) links: Vec<Link>,
    /// The prefixes of each region, in the order of `names::REGIONS`.
    pub(super) ranges: Vec<RegionRanges>,
    pub(super) global_ranges: RegionRanges,
}

/// What flow logs tell of an interface beyond its inventory entry.
pub(super) struct Eni {
    /// Its VPC's index in the inventory.
    pub(super) vpc: usize,
    /// Its subnet's index in the inventory.
    pub(super) subnet: usize,
    /// The NAT gateway's id.
    pub(super) resource_id: Option<String>,
    pub(super) tags: Tags,
    pub(super) ecs: Option<Box<EcsTask>>,
}

/// Tag values, percent-encoded.
#[derive(Clone, Default)]
pub(super) struct Tags {
    pub(super) instance: Option<String>,
    pub(super) instance_2: Option<String>,
    pub(super) interface: Option<String>,
    pub(super) auto_scaling_group: Option<String>,
}

/// The ECS fields of an interface whose instance runs a task.
pub(super) struct EcsTask {
    pub(super) cluster_arn: String,
    pub(super) cluster_name: String,
    pub(super) container_instance_arn: String,
    pub(super) container_instance_id: String,
    pub(super) container_id: String,
    pub(super) service_name: String,
    pub(super) task_definition_arn: String,
    pub(super) task_arn: String,
    pub(super) task_id: String,
}

/// Where the interfaces of a VPC are.
pub(super) struct VpcLayout {
    /// Index in `names::REGIONS`.
    pub(super) region: usize,
    /// The index of the flow log that captures it.
    pub(super) flow_log: usize,
    /// Indexes of its public subnets.
    pub(super) public_subnets: Range<usize>,
    pub(super) attachment: Option<Attachment>,
    pub(super) nat_gateway: usize,
    pub(super) load_balancer: usize,
    pub(super) endpoint: usize,
    /// The instances' interfaces, the busiest first.
    pub(super) workload: Range<usize>,
    /// Those of `workload` that have a public address.
    pub(super) public: Vec<usize>,
    /// Those of `public` that have an IPv6 address too.
    pub(super) public_v6: Vec<usize>,
}

/// Where a transit gateway reaches into a VPC.
pub(super) struct Attachment {
    /// Its index in the inventory.
    pub(super) index: usize,
    /// The transit gateway's interfaces, one in each Availability Zone of the VPC.
    pub(super) interfaces: Vec<usize>,
}

/// One flow log.
pub(super) struct FlowLog {
    /// `fl-…`.
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) region: String,
    pub(super) captures: Captures,
}

/// What a flow log tells of.
pub(super) enum Captures {
    /// All VPCs of its account in its region.
    Vpcs(Vec<usize>),
    /// The transit gateway with that index in the inventory.
    TransitGateway(usize),
}

impl Environment {
    pub(super) fn interface(&self, eni: usize) -> &Interface {
        &self.inventory.interfaces[eni]
    }

    pub(super) fn vpc_of(&self, eni: usize) -> &Vpc {
        &self.inventory.vpcs[self.enis[eni].vpc]
    }

    pub(super) fn subnet_of(&self, eni: usize) -> &Subnet {
        &self.inventory.subnets[self.enis[eni].subnet]
    }

    /// The primary private IPv4 address, which every generated interface has.
    pub(super) fn primary(&self, eni: usize) -> IpAddr {
        let addresses = &self.interface(eni).addresses;
        IpAddr::V4(addresses.first().map_or(Ipv4Addr::UNSPECIFIED, |address| address.private))
    }

    /// A secondary private IPv4 address.
    pub(super) fn secondary(&self, eni: usize) -> Option<IpAddr> {
        self.interface(eni).addresses.get(1).map(|address| IpAddr::V4(address.private))
    }

    /// The public IPv4 address of the primary private one.
    pub(super) fn public(&self, eni: usize) -> Option<IpAddr> {
        self.interface(eni).addresses.first()?.public.map(IpAddr::V4)
    }

    pub(super) fn ipv6(&self, eni: usize) -> Option<IpAddr> {
        self.interface(eni).ipv6_addresses.first().copied().map(IpAddr::V6)
    }

    /// The transit gateway's interface that packets from and to an interface go through: the
    /// one in the same Availability Zone.
    pub(super) fn gateway_interface(&self, eni: usize) -> Option<usize> {
        let zone = &self.subnet_of(eni).availability_zone_id;
        let interfaces = &self.vpcs[self.enis[eni].vpc].attachment.as_ref()?.interfaces;
        let near = |x: &&usize| self.subnet_of(**x).availability_zone_id == *zone;
        interfaces.iter().find(near).or(interfaces.first()).copied()
    }

    /// How many records of VPCs a flow log has, relative to the others.
    pub(super) fn weight(&self, flow_log: &FlowLog) -> u64 {
        match &flow_log.captures {
            Captures::Vpcs(vpcs) => {
                vpcs.iter().map(|&vpc| self.vpcs[vpc].workload.len() as u64).sum()
            }
            Captures::TransitGateway(_) => 0,
        }
    }
}
