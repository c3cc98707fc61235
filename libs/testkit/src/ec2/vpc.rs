//! VPCs.

use super::subnet::ipv6_block;
use super::tags::{Tags, with_tags};
use crate::aws::Listing;
use crate::xml::Xml;

/// A VPC (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html>).
#[derive(Clone, Debug, Default)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// The account that owns it.
    pub owner: String,
    /// Blocks of IPv4; the first is the primary one.
    pub cidrs: Vec<String>,
    /// Blocks of IPv6.
    pub ipv6_cidrs: Vec<String>,
    /// Whether it is the region's default VPC.
    pub is_default: bool,
    /// Tags.
    pub tags: Tags,
}

/// What `DescribeVpcs` answers.
#[must_use]
pub fn vpcs(vpcs: &[Vpc]) -> Listing {
    Listing::xml("vpcSet", vpcs.iter().map(vpc).collect())
}

fn vpc(vpc: &Vpc) -> Xml {
    let xml = Xml::new()
        .leaf("vpcId", &vpc.id)
        .leaf("ownerId", &vpc.owner)
        .leaf("state", "available")
        .maybe("cidrBlock", vpc.cidrs.first())
        .items("cidrBlockAssociationSet", &vpc.cidrs, block)
        .items("ipv6CidrBlockAssociationSet", &vpc.ipv6_cidrs, ipv6_block)
        .leaf("isDefault", vpc.is_default);
    with_tags(xml, &vpc.tags)
}

fn block(cidr: &String) -> Xml {
    let state = Xml::new().leaf("state", "associated");
    Xml::new().leaf("cidrBlock", cidr).nest("cidrBlockState", &state)
}
