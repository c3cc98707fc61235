//! Address blocks of VPCs and subnets, and the addresses in them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use ipnet::{Ipv4Net, Ipv6Net};
use weir_inventory::{Subnet, Vpc};

use super::names::{REGIONS, resource_id};
use super::rng::Rng;

/// How many VPCs find a block of their own: the /16 blocks of 10/8, 172.16/12 and 100.64/10.
pub(super) const MAX_VPCS: u64 = 256 + 16 + 64;
/// How many instances of a VPC find addresses in its subnets.
pub(super) const MAX_INSTANCES_PER_VPC: u64 = 20_000;

/// AWS reserves the first four addresses; the next ones are left to appliances.
const FIRST_HOST: u32 = 10;

/// The /16 block with that number, below [`MAX_VPCS`].
pub(super) fn vpc_block_v4(index: usize) -> Ipv4Net {
    let (first, second) = match index {
        // 37 is coprime to 256: neighbouring blocks lie apart and none meet.
        0..256 => (10, index * 37 % 256),
        256..272 => (172, 16 + index - 256),
        _ => (100, 64 + (index - 272) % 64),
    };
    Ipv4Net::new_assert(Ipv4Addr::new(first, second as u8, 0, 0), 16)
}

/// The /56 block of the `index`th VPC, out of an EC2 prefix of its region.
pub(super) fn vpc_block_v6(prefix: Ipv6Net, index: usize) -> Ipv6Net {
    let block = u128::from(prefix.network()) | (0x100 + index as u128) << 72;
    Ipv6Net::new_assert(Ipv6Addr::from(block), 56)
}

/// The subnets of one VPC: in each Availability Zone a private one of /18 and a public one of /20.
pub(super) struct Subnets {
    private: Vec<SubnetPool>,
    public: Vec<SubnetPool>,
}

/// A subnet and the addresses that it has left.
pub(super) struct SubnetPool {
    /// Its index in the inventory.
    pub(super) index: usize,
    next_v4: u32,
    v6: Option<Ipv6Net>,
}

/// Where a kind of subnets lies in its VPC.
struct Kind {
    name: &'static str,
    prefix_len: u8,
    /// From the VPC's base address to the first subnet, in addresses.
    offset: u32,
    /// The last byte of the first subnet's IPv6 prefix.
    number_v6: u8,
}

const PRIVATE: Kind = Kind { name: "private", prefix_len: 18, offset: 0, number_v6: 0 };
const PUBLIC: Kind = Kind { name: "public", prefix_len: 20, offset: 3 << 14, number_v6: 16 };

impl Subnets {
    /// Adds the subnets of `vpc` in `zones` (up to 3) Availability Zones to `inventory`.
    pub(super) fn lay_out(
        inventory: &mut Vec<Subnet>,
        rng: &mut Rng,
        vpc: &Vpc,
        zones: u8,
    ) -> Self {
        let mut pools = |kind: Kind| {
            let pools = (0..zones).map(|zone| add_subnet(inventory, rng, vpc, &kind, zone));
            pools.collect()
        };
        Self { private: pools(PRIVATE), public: pools(PUBLIC) }
    }

    /// The indexes of the private or of the public subnets in the inventory.
    pub(super) fn indexes(&self, public: bool) -> Range<usize> {
        let pools = if public { &self.public } else { &self.private };
        let first = pools.first().map_or(0, |pool| pool.index);
        first..first + pools.len()
    }

    /// The subnet of the `number`th instance.
    pub(super) fn pool(&mut self, public: bool, number: u32) -> &mut SubnetPool {
        let pools = if public { &mut self.public } else { &mut self.private };
        let zone = number as usize % pools.len();
        &mut pools[zone]
    }
}

fn add_subnet(
    inventory: &mut Vec<Subnet>,
    rng: &mut Rng,
    vpc: &Vpc,
    kind: &Kind,
    zone: u8,
) -> SubnetPool {
    let (v4, v6) = subnet_blocks(vpc, kind, zone);
    let letter = char::from(b'a' + zone);
    let vpc_name = vpc.name.as_deref().unwrap_or("default");
    let zones = REGIONS.iter().find(|(region, _)| *region == vpc.region);
    inventory.push(Subnet {
        id: resource_id("subnet", rng),
        vpc_id: vpc.id.clone(),
        name: Some(format!("{vpc_name} {}-{letter}", kind.name)),
        availability_zone_id: zones.map(|(_, prefix)| format!("{prefix}-az{}", zone + 1)),
        cidrs: [Some(v4.into()), v6.map(Into::into)].into_iter().flatten().collect(),
    });
    let next_v4 = u32::from(v4.network()) + FIRST_HOST;
    SubnetPool { index: inventory.len() - 1, next_v4, v6 }
}

fn subnet_blocks(vpc: &Vpc, kind: &Kind, zone: u8) -> (Ipv4Net, Option<Ipv6Net>) {
    let mut v4 = Ipv4Net::default();
    let mut v6 = None;
    for cidr in &vpc.cidrs {
        match cidr {
            ipnet::IpNet::V4(block) => {
                let offset = kind.offset + (u32::from(zone) << (32 - kind.prefix_len));
                let network = Ipv4Addr::from(u32::from(block.network()) + offset);
                v4 = Ipv4Net::new_assert(network, kind.prefix_len);
            }
            ipnet::IpNet::V6(block) => {
                let number = u128::from(kind.number_v6 + zone) << 64;
                let network = Ipv6Addr::from(u128::from(block.network()) | number);
                v6 = Some(Ipv6Net::new_assert(network, 64));
            }
        }
    }
    (v4, v6)
}

impl SubnetPool {
    /// The next free address; [`MAX_INSTANCES_PER_VPC`] keeps it inside the subnet.
    pub(super) fn next_v4(&mut self) -> Ipv4Addr {
        self.next_v4 += 1;
        Ipv4Addr::from(self.next_v4 - 1)
    }

    /// A free IPv6 address, where the subnet has IPv6.
    pub(super) fn random_v6(&self, rng: &mut Rng) -> Option<Ipv6Addr> {
        self.v6.map(|block| Ipv6Addr::from(u128::from(block.network()) | u128::from(rng.next())))
    }
}
