//! Hosts outside the generated VPCs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;

use super::ip_ranges::{RegionRanges, scattered_v4, scattered_v6};
use super::rng::{Rng, mix};

/// An address out there, with the service that AWS's list has it under.
#[derive(Clone, Copy)]
pub(super) struct Remote {
    pub(super) address: IpAddr,
    pub(super) service: Option<&'static str>,
}

/// How many hosts of each kind are talked with; the first ones do most of the talking.
const HOSTS: u64 = 4_096;
/// First bytes of IPv4 addresses that access networks use and AWS's list does not have.
const ACCESS_NETWORKS_V4: [u8; 16] =
    [24, 62, 77, 81, 82, 85, 89, 91, 93, 109, 178, 188, 193, 195, 212, 217];
/// The same for IPv6, 32 bits each.
const ACCESS_NETWORKS_V6: [u32; 4] = [0x2003_00c5, 0x2a02_8108, 0x2601_0647, 0x2a01_0cb0];

/// A host on the internet, outside AWS.
pub(super) fn internet_v4(rng: &mut Rng) -> Remote {
    let host = mix(rng.skewed(HOSTS) + 1);
    let first = ACCESS_NETWORKS_V4[(host >> 32) as usize % ACCESS_NETWORKS_V4.len()];
    let [_, second, third, fourth] = (host as u32).to_be_bytes();
    let address = Ipv4Addr::new(first, second, third, fourth.max(1));
    Remote { address: address.into(), service: None }
}

/// The same over IPv6.
pub(super) fn internet_v6(rng: &mut Rng) -> Remote {
    let host = mix(rng.skewed(HOSTS) + 1);
    let network = ACCESS_NETWORKS_V6[host as usize % ACCESS_NETWORKS_V6.len()];
    let address = u128::from(network) << 96 | u128::from(mix(host)) << 32 | u128::from(host >> 32);
    Remote { address: Ipv6Addr::from(address).into(), service: None }
}

/// S3 or DynamoDB in the region, which a gateway endpoint leads to.
pub(super) fn gateway_service(rng: &mut Rng, region: &RegionRanges) -> Option<Remote> {
    if rng.one_in(4) {
        aws_host(rng, &region.dynamodb, "DYNAMODB")
    } else {
        aws_host(rng, &region.s3, "S3")
    }
}

/// S3 over IPv6.
pub(super) fn s3_v6(rng: &mut Rng, region: &RegionRanges) -> Option<Remote> {
    let prefix = *rng.pick_skewed(&region.s3_v6)?;
    let address = scattered_v6(prefix, rng.skewed(HOSTS) as u32);
    Some(Remote { address: address.into(), service: Some("S3") })
}

/// What instances reach through the NAT gateway: mostly the internet, and AWS's public services.
pub(super) fn upstream(rng: &mut Rng, region: &RegionRanges, global: &RegionRanges) -> Remote {
    let aws = match rng.below(8) {
        0 => aws_host(rng, &global.cloudfront, "CLOUDFRONT"),
        1 => aws_host(rng, &region.amazon, "AMAZON"),
        _ => None,
    };
    aws.unwrap_or_else(|| internet_v4(rng))
}

/// Who comes to a public address: mostly the internet, and CloudFront.
pub(super) fn client(rng: &mut Rng, global: &RegionRanges) -> Remote {
    let edge = if rng.one_in(6) { aws_host(rng, &global.cloudfront, "CLOUDFRONT") } else { None };
    edge.unwrap_or_else(|| internet_v4(rng))
}

fn aws_host(rng: &mut Rng, prefixes: &[Ipv4Net], service: &'static str) -> Option<Remote> {
    let prefix = *rng.pick_skewed(prefixes)?;
    let address = scattered_v4(prefix, rng.skewed(HOSTS) as u32);
    Some(Remote { address: address.into(), service: Some(service) })
}
