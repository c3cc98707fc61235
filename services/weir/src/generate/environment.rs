//! The generated environment: the inventory and what the traffic needs to know beside it.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use weir_inventory::{Interface, Inventory, Subnet, Vpc};

use super::ip_ranges::RegionRanges;

/// All accounts and what is in them. Interfaces are named by their index in the inventory.
pub(super) struct Environment {
    pub(super) inventory: Inventory,
    /// One for each interface of the inventory.
    pub(super) enis: Vec<Eni>,
    /// One for each VPC of the inventory.
    pub(super) vpcs: Vec<VpcLayout>,
    /// One for each account and region.
    pub(super) flow_logs: Vec<FlowLog>,
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

/// One flow log: what one account sends from one region.
pub(super) struct FlowLog {
    /// `fl-…`.
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) region: String,
    pub(super) vpcs: Vec<usize>,
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

    /// How much traffic a flow log has, relative to the others.
    pub(super) fn weight(&self, flow_log: &FlowLog) -> u64 {
        flow_log.vpcs.iter().map(|&vpc| self.vpcs[vpc].workload.len() as u64).sum()
    }
}
