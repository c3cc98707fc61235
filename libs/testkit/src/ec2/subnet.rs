//! Subnets.

use super::tags::{Tags, with_tags};
use crate::aws::Listing;
use crate::xml::Xml;

/// A subnet (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html>).
#[derive(Clone, Debug, Default)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// `vpc-…`.
    pub vpc: String,
    /// The account that owns it, which shares it with others.
    pub owner: String,
    /// The block of IPv4.
    pub cidr: String,
    /// Blocks of IPv6.
    pub ipv6_cidrs: Vec<String>,
    /// `eu-west-1a`.
    pub availability_zone: String,
    /// `euw1-az1`.
    pub availability_zone_id: String,
    /// Tags.
    pub tags: Tags,
}

/// What `DescribeSubnets` answers.
#[must_use]
pub fn subnets(subnets: &[Subnet]) -> Listing {
    Listing::xml("subnetSet", subnets.iter().map(subnet).collect())
}

fn subnet(subnet: &Subnet) -> Xml {
    let xml = Xml::new()
        .leaf("subnetId", &subnet.id)
        .leaf("state", "available")
        .leaf("ownerId", &subnet.owner)
        .leaf("vpcId", &subnet.vpc)
        .leaf("cidrBlock", &subnet.cidr)
        .items("ipv6CidrBlockAssociationSet", &subnet.ipv6_cidrs, ipv6_block)
        .leaf("availabilityZone", &subnet.availability_zone)
        .leaf("availabilityZoneId", &subnet.availability_zone_id);
    with_tags(xml, &subnet.tags)
}

/// The association of a block of IPv6 with a subnet or a VPC.
pub(super) fn ipv6_block(cidr: &String) -> Xml {
    let state = Xml::new().leaf("state", "associated");
    Xml::new().leaf("ipv6CidrBlock", cidr).nest("ipv6CidrBlockState", &state)
}
