//! Which VPCs there are, where, and which of them are connected.

use super::names::REGIONS;

/// The VPCs of an environment and what connects them, before any of it has an identifier.
#[derive(Debug)]
pub(super) struct Topology {
    /// The VPCs account by account. Everything else names them by their index here.
    pub(super) sites: Vec<Site>,
    /// VPCs with a peering connection, the requester first.
    pub(super) peerings: Vec<[usize; 2]>,
    /// At most one for each region.
    pub(super) gateways: Vec<Gateway>,
}

/// Where a VPC lies.
#[derive(Debug)]
pub(super) struct Site {
    /// The number of its account.
    pub(super) account: usize,
    /// Index in [`REGIONS`].
    pub(super) region: usize,
    /// The number of its IPv4 block. VPCs that nothing connects may have the same one.
    pub(super) block: usize,
    /// Index of the transit gateway that it is attached to.
    pub(super) gateway: Option<usize>,
}

/// A transit gateway.
#[derive(Debug)]
pub(super) struct Gateway {
    /// Index in [`REGIONS`].
    pub(super) region: usize,
    /// VPCs that it connects with each other; those of different segments it keeps apart.
    pub(super) segments: Vec<Vec<usize>>,
}

/// From how many VPCs on a transit gateway has two segments.
const DIVIDED_GATEWAY: usize = 4;
/// From how many VPCs on a segment has a peering connection beside the transit gateway.
const PEERED_SEGMENT: usize = 3;

impl Topology {
    /// The topology of `accounts` with `vpcs` VPCs each. It depends on these numbers alone.
    pub(super) fn new(accounts: u32, vpcs: u32) -> Self {
        let mut topology =
            Self { sites: sites(accounts, vpcs), peerings: Vec::new(), gateways: Vec::new() };
        let mut networks = topology.connect_regions();
        topology.connect_lone_vpcs(&mut networks);
        topology.assign_blocks(&networks);
        topology
    }

    /// Puts a transit gateway into each region with several VPCs. The answer is the networks:
    /// sets of VPCs that are connected, directly or through each other.
    fn connect_regions(&mut self) -> Vec<Vec<usize>> {
        let mut networks = Vec::new();
        for region in 0..REGIONS.len() {
            let vpcs = self.in_region(region);
            if vpcs.len() < 2 {
                continue;
            }
            let segment =
                if vpcs.len() < DIVIDED_GATEWAY { vpcs.len() } else { vpcs.len().div_ceil(2) };
            let segments: Vec<_> = vpcs.chunks(segment).map(<[usize]>::to_vec).collect();
            for vpc in vpcs {
                self.sites[vpc].gateway = Some(self.gateways.len());
            }
            for segment in segments.iter().filter(|segment| segment.len() >= PEERED_SEGMENT) {
                self.peerings.push([segment[segment.len() - 1], segment[0]]);
            }
            networks.extend(segments.iter().cloned());
            self.gateways.push(Gateway { region, segments });
        }
        networks
    }

    /// Peers the VPCs that are alone in their region with each other, and one that is left over
    /// with a VPC of a network.
    fn connect_lone_vpcs(&mut self, networks: &mut Vec<Vec<usize>>) {
        let is_lone = |vpc: &usize| self.sites[*vpc].gateway.is_none();
        let lone: Vec<_> = (0..self.sites.len()).filter(is_lone).collect();
        let (pairs, left_over) = lone.as_chunks::<2>();
        self.peerings.extend(pairs);
        networks.extend(pairs.iter().map(|pair| pair.to_vec()));
        for &vpc in left_over {
            match networks.first_mut() {
                Some(network) => {
                    self.peerings.push([vpc, network[0]]);
                    network.push(vpc);
                }
                None => networks.push(vec![vpc]),
            }
        }
    }

    /// Gives each VPC of a network a block of its own, and every second network the blocks of
    /// the one before: nobody can reach both, so that nobody can mix them up.
    fn assign_blocks(&mut self, networks: &[Vec<usize>]) {
        let mut first = 0;
        for twins in networks.chunks(2) {
            for network in twins {
                for (place, &vpc) in network.iter().enumerate() {
                    self.sites[vpc].block = first + place;
                }
            }
            first += twins.iter().map(Vec::len).max().unwrap_or(0);
        }
    }

    fn in_region(&self, region: usize) -> Vec<usize> {
        (0..self.sites.len()).filter(|&vpc| self.sites[vpc].region == region).collect()
    }
}

fn sites(accounts: u32, vpcs: u32) -> Vec<Site> {
    let mut sites = Vec::new();
    for account in 0..accounts as usize {
        for vpc in 0..vpcs as usize {
            // Every third VPC of an account lies in the region of its first one.
            let region = (account + vpc % 3) % REGIONS.len();
            sites.push(Site { account, region, block: 0, gateway: None });
        }
    }
    sites
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn reachable(topology: &Topology, vpc: usize) -> Vec<usize> {
        let peers = topology.peerings.iter().filter(|pair| pair.contains(&vpc));
        let peers = peers.map(|[a, b]| if *a == vpc { *b } else { *a });
        let segments = topology.gateways.iter().flat_map(|gateway| &gateway.segments);
        let segment = segments.filter(|segment| segment.contains(&vpc)).flatten().copied();
        peers.chain(segment).collect::<HashSet<_>>().into_iter().filter(|x| *x != vpc).collect()
    }

    #[test]
    fn no_vpc_reaches_two_with_one_block_and_from_four_vpcs_on_some_overlap() {
        for (accounts, vpcs) in
            [(1, 1), (1, 2), (3, 1), (2, 2), (1, 5), (5, 1), (2, 4), (9, 1), (3, 8), (1, 336)]
        {
            let topology = Topology::new(accounts, vpcs);
            let block = |vpc: usize| topology.sites[vpc].block;
            for vpc in 0..topology.sites.len() {
                let mut blocks = HashSet::from([block(vpc)]);
                let others = reachable(&topology, vpc);
                assert!(topology.sites.len() == 1 || !others.is_empty(), "{topology:?}");
                assert!(others.iter().all(|&other| blocks.insert(block(other))), "{topology:?}");
            }
            let blocks: HashSet<_> = topology.sites.iter().map(|site| site.block).collect();
            assert!(topology.sites.len() < 4 || blocks.len() < topology.sites.len());
            assert!(blocks.iter().all(|&block| block < topology.sites.len()));
        }
    }
}
