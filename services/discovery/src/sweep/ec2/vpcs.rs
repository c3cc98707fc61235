//! VPCs and subnets.

use aws_sdk_ec2::types::{self, VpcCidrBlockState, VpcCidrBlockStateCode};
use ipnet::IpNet;
use weir_inventory::{Subnet, Vpc};

use super::tags::{block, name_of};
use crate::reader::Place;

/// A VPC; one that is shared with the account stays its owner's.
pub(crate) fn vpc(vpc: &types::Vpc, place: &Place) -> Option<Vpc> {
    Some(Vpc {
        id: vpc.vpc_id()?.to_owned(),
        account_id: vpc.owner_id().unwrap_or(&place.account_id).to_owned(),
        region: place.region.clone(),
        name: name_of(vpc.tags()),
        cidrs: vpc_blocks(vpc),
        exporter: None,
    })
}

fn vpc_blocks(vpc: &types::Vpc) -> Vec<IpNet> {
    let v4 = vpc.cidr_block_association_set().iter();
    let v4 = v4.filter(|set| is_associated(set.cidr_block_state())).map(|set| set.cidr_block());
    let v6 = vpc.ipv6_cidr_block_association_set().iter();
    let v6 = v6.filter(|set| is_associated(set.ipv6_cidr_block_state()));
    let v6 = v6.map(|set| set.ipv6_cidr_block());
    // The primary block stands first and is among the associations once more.
    let mut blocks: Vec<IpNet> = Vec::new();
    for found in [vpc.cidr_block()].into_iter().chain(v4).chain(v6).filter_map(block) {
        if !blocks.contains(&found) {
            blocks.push(found);
        }
    }
    blocks
}

/// Whether addresses of a block may be in use: also while it comes or goes.
fn is_associated(state: Option<&VpcCidrBlockState>) -> bool {
    use VpcCidrBlockStateCode::{Disassociated, Failed, Failing};
    !matches!(state.and_then(VpcCidrBlockState::state), Some(Disassociated | Failed | Failing))
}

/// A subnet.
pub(crate) fn subnet(subnet: &types::Subnet) -> Option<Subnet> {
    let v6 = subnet.ipv6_cidr_block_association_set().iter().map(|set| set.ipv6_cidr_block());
    Some(Subnet {
        id: subnet.subnet_id()?.to_owned(),
        vpc_id: subnet.vpc_id()?.to_owned(),
        name: name_of(subnet.tags()),
        availability_zone_id: subnet.availability_zone_id().map(str::to_owned),
        cidrs: [subnet.cidr_block()].into_iter().chain(v6).filter_map(block).collect(),
    })
}
