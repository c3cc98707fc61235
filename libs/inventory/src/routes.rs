//! The way of an address through route tables, peering connections and transit gateways.

mod build;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use ipnet::IpNet;

use crate::exporters::VpcIndex;
use crate::segments::Segments;

/// How many transit gateway tables a way may lead through. Traffic that crosses two peered
/// transit gateways and an inspection VPC at each end needs six.
const MAX_TRANSIT_TABLES: usize = 8;

/// Names a route table of one snapshot; another snapshot numbers them otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteTableIndex(u32);

/// Where an address lies, as routes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// In this VPC and no other.
    Vpc(VpcIndex),
    /// In no VPC that the inventory lists, but on the internet, in an on-premises network or
    /// behind an appliance: only an address that is unique in the world tells what it is.
    Beyond,
    /// Nowhere: the route is a blackhole, or the transit gateway has none.
    Nowhere,
}

/// Over what the way to an address leaves a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Over nothing: the address stays inside of the VPC.
    Local,
    /// Over a peering connection.
    Peering,
    /// Over a transit gateway, and what it leads on to.
    TransitGateway,
    /// Over any other target, such as an internet gateway, or a blackhole.
    Other,
    /// The VPC has no route for the address.
    NoRoute,
}

/// The way of an address, as routes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Where it ends.
    pub destination: Destination,
    /// Over what it leaves the VPC where it begins.
    pub passage: Passage,
}

/// What a route of a VPC or of a transit gateway leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Vpc(VpcIndex),
    /// The transit gateway's table that routes on.
    TransitTable(RouteTableIndex),
    Beyond,
    Nowhere,
}

/// A route table of a VPC, or of a transit gateway, flattened.
struct Table {
    /// The fallback for a table of a transit gateway.
    vpc: VpcIndex,
    ipv4: Segments<u32, Target>,
    ipv6: Segments<u128, Target>,
}

/// What belongs to one VPC.
#[derive(Clone, Default)]
struct VpcRouting {
    blocks: Blocks,
    /// An interface has an address outside of the blocks: the inventory was read while a block
    /// was added.
    has_others: bool,
    main: Option<RouteTableIndex>,
    tables: Vec<RouteTableIndex>,
}

/// First and last addresses of a VPC's blocks.
#[derive(Clone, Default)]
struct Blocks {
    ipv4: Vec<(Ipv4Addr, Ipv4Addr)>,
    ipv6: Vec<(Ipv6Addr, Ipv6Addr)>,
}

/// All route tables of a snapshot.
pub(crate) struct Routes {
    /// One for each exporter, the fallback and transit gateways with none of it.
    vpcs: Vec<VpcRouting>,
    tables: Vec<Table>,
    /// The tables that are associated with subnets.
    by_subnet: HashMap<Box<[u8]>, RouteTableIndex, FixedState>,
}

impl Routes {
    /// The table that is associated with a subnet.
    pub(crate) fn of_subnet(&self, subnet_id: &[u8]) -> Option<RouteTableIndex> {
        self.by_subnet.get(subnet_id).copied()
    }

    /// Whether `address` lies in the blocks of `vpc`.
    #[inline]
    pub(crate) fn is_inside(&self, vpc: VpcIndex, address: IpAddr) -> bool {
        let routing = self.vpcs.get(vpc.position() as usize);
        routing.is_some_and(|routing| routing.blocks.contain(address))
    }

    /// Whether an interface in `vpc` may have `address`, which saves most lookups of addresses
    /// on the internet.
    #[inline]
    pub(crate) fn may_hold(&self, vpc: VpcIndex, address: IpAddr) -> bool {
        let routing = self.vpcs.get(vpc.position() as usize);
        routing.is_some_and(|routing| routing.has_others) || self.is_inside(vpc, address)
    }

    /// Notes that an interface in `vpc` has `address`.
    pub(crate) fn note_address(&mut self, vpc: VpcIndex, address: IpAddr) {
        let is_other = vpc != VpcIndex::FALLBACK && !self.is_inside(vpc, address);
        if let Some(routing) = self.vpcs.get_mut(vpc.position() as usize).filter(|_| is_other) {
            routing.has_others = true;
        }
    }

    /// The way to `address` for an interface in `vpc` whose subnet is associated with `table`;
    /// without one, with the VPC's main table.
    #[inline]
    pub(crate) fn way(
        &self,
        vpc: VpcIndex,
        table: Option<RouteTableIndex>,
        address: IpAddr,
    ) -> Way {
        // No route can be more specific than `local` and leave the VPC.
        if self.is_inside(vpc, address) {
            return Way { destination: Destination::Vpc(vpc), passage: Passage::Local };
        }
        let of_subnet = table.and_then(|at| self.table(at)).filter(|table| table.vpc == vpc);
        let main = || self.table(self.vpcs.get(vpc.position() as usize)?.main?);
        let target = of_subnet.or_else(main).and_then(|table| table.find(address));
        let (destination, passage) = match target {
            Some(Target::Vpc(to)) if to == vpc => (Destination::Vpc(vpc), Passage::Local),
            Some(Target::Vpc(peer)) => (Destination::Vpc(peer), Passage::Peering),
            Some(Target::TransitTable(at)) => {
                (self.across_transit(at, address), Passage::TransitGateway)
            }
            Some(Target::Nowhere) => (Destination::Nowhere, Passage::Other),
            Some(Target::Beyond) => (Destination::Beyond, Passage::Other),
            None => (Destination::Beyond, Passage::NoRoute),
        };
        Way { destination, passage }
    }

    /// Follows transit gateways from the table at `at`.
    fn across_transit(&self, mut at: RouteTableIndex, address: IpAddr) -> Destination {
        for _ in 0..MAX_TRANSIT_TABLES {
            let found = self.table(at).and_then(|table| table.find(address));
            let target = match found {
                Some(Target::Vpc(vpc)) => self.arrive(vpc, address),
                other => other.unwrap_or(Target::Nowhere),
            };
            at = match target {
                Target::TransitTable(next) => next,
                Target::Vpc(vpc) => return Destination::Vpc(vpc),
                Target::Beyond => return Destination::Beyond,
                Target::Nowhere => return Destination::Nowhere,
            };
        }
        Destination::Nowhere
    }

    /// What a VPC does with traffic from a transit gateway: it is for the VPC itself, or the VPC
    /// inspects it and sends it back to a transit gateway or out.
    ///
    /// Which of the VPC's subnets it runs through depends on appliances that no route table
    /// shows, so that any of its tables may lead on.
    fn arrive(&self, vpc: VpcIndex, address: IpAddr) -> Target {
        let Some(routing) = self.vpcs.get(vpc.position() as usize) else { return Target::Nowhere };
        if routing.blocks.is_empty() || routing.blocks.contain(address) {
            return Target::Vpc(vpc);
        }
        let tables = routing.tables.iter().filter_map(|at| self.table(*at));
        let targets = tables.filter_map(|table| table.find(address));
        let is_onward = |target: &Target| matches!(target, Target::TransitTable(_));
        let mut is_beyond = routing.tables.is_empty();
        for target in targets {
            if is_onward(&target) {
                return target;
            }
            is_beyond |= target == Target::Beyond;
        }
        if is_beyond { Target::Beyond } else { Target::Nowhere }
    }

    fn table(&self, at: RouteTableIndex) -> Option<&Table> {
        self.tables.get(at.0 as usize)
    }

    /// How many tables there are, those of transit gateways included.
    pub(crate) fn table_count(&self) -> usize {
        self.tables.len()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let vpcs = self.vpcs.iter().map(VpcRouting::memory_bytes).sum::<usize>();
        let segments = |table: &Table| table.ipv4.memory_bytes() + table.ipv6.memory_bytes();
        let tables = self.tables.iter().map(segments).sum::<usize>();
        let fixed = self.tables.capacity() * size_of::<Table>();
        let subnets = self.by_subnet.keys().map(|id| id.len()).sum::<usize>();
        vpcs + tables + fixed + subnets + self.by_subnet.allocation_size()
    }
}

impl Table {
    fn find(&self, address: IpAddr) -> Option<Target> {
        match address {
            IpAddr::V4(address) => self.ipv4.find(address.to_bits()),
            IpAddr::V6(address) => self.ipv6.find(address.to_bits()),
        }
    }
}

impl VpcRouting {
    fn memory_bytes(&self) -> usize {
        let blocks = self.blocks.ipv4.capacity() * size_of::<(Ipv4Addr, Ipv4Addr)>()
            + self.blocks.ipv6.capacity() * size_of::<(Ipv6Addr, Ipv6Addr)>();
        let tables = self.tables.capacity() * size_of::<RouteTableIndex>();
        size_of::<VpcRouting>() + blocks + tables
    }
}

impl Blocks {
    fn of(cidrs: &[IpNet]) -> Blocks {
        let mut blocks = Blocks::default();
        for cidr in cidrs {
            match cidr {
                IpNet::V4(block) => blocks.ipv4.push((block.network(), block.broadcast())),
                IpNet::V6(block) => blocks.ipv6.push((block.network(), block.broadcast())),
            }
        }
        blocks
    }

    fn is_empty(&self) -> bool {
        self.ipv4.is_empty() && self.ipv6.is_empty()
    }

    #[inline]
    fn contain(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => {
                self.ipv4.iter().any(|(first, last)| *first <= address && address <= *last)
            }
            IpAddr::V6(address) => {
                self.ipv6.iter().any(|(first, last)| *first <= address && address <= *last)
            }
        }
    }
}
