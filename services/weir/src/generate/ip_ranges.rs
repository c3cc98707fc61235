//! An excerpt of AWS's published address ranges, and addresses out of them.

use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::Context;
use ipnet::{Ipv4Net, Ipv6Net};
use weir_inventory::IpRanges;

/// In the form of <https://ip-ranges.amazonaws.com/ip-ranges.json>.
const EXCERPT: &str = include_str!("ip_ranges.json");

/// The region of prefixes that belong to no region.
pub(super) const GLOBAL: &str = "GLOBAL";

/// Reads the excerpt.
pub(super) fn excerpt() -> anyhow::Result<IpRanges> {
    serde_json::from_str(EXCERPT).context("the bundled ip_ranges.json is broken")
}

/// The prefixes that generated addresses of one region come from.
#[derive(Default)]
pub(super) struct RegionRanges {
    /// EC2 prefixes that hold no prefix of another service: room for instances' public addresses.
    pub(super) ec2: Vec<Ipv4Net>,
    pub(super) ec2_v6: Vec<Ipv6Net>,
    pub(super) s3: Vec<Ipv4Net>,
    pub(super) s3_v6: Vec<Ipv6Net>,
    pub(super) dynamodb: Vec<Ipv4Net>,
    pub(super) cloudfront: Vec<Ipv4Net>,
    /// Prefixes that are listed as AMAZON alone.
    pub(super) amazon: Vec<Ipv4Net>,
}

impl RegionRanges {
    /// What `ranges` holds for `region`.
    pub(super) fn of(ranges: &IpRanges, region: &str) -> Self {
        let of = |service| prefixes_v4(ranges, region, service);
        let undivided = |prefix: &Ipv4Net| {
            !ranges
                .prefixes
                .iter()
                .any(|range| range.ip_prefix != *prefix && prefix.contains(&range.ip_prefix))
        };
        let unnamed = |prefix: &Ipv4Net| {
            ranges.prefixes.iter().filter(|range| range.ip_prefix == *prefix).count() == 1
        };
        Self {
            ec2: of("EC2").into_iter().filter(undivided).collect(),
            ec2_v6: prefixes_v6(ranges, region, "EC2"),
            s3: of("S3"),
            s3_v6: prefixes_v6(ranges, region, "S3"),
            dynamodb: of("DYNAMODB"),
            cloudfront: of("CLOUDFRONT"),
            amazon: of("AMAZON").into_iter().filter(unnamed).collect(),
        }
    }
}

fn prefixes_v4(ranges: &IpRanges, region: &str, service: &str) -> Vec<Ipv4Net> {
    let wanted = ranges.prefixes.iter().filter(|x| x.region == region && x.service == service);
    wanted.map(|range| range.ip_prefix).collect()
}

fn prefixes_v6(ranges: &IpRanges, region: &str, service: &str) -> Vec<Ipv6Net> {
    let wanted = ranges.ipv6_prefixes.iter().filter(|x| x.region == region && x.service == service);
    wanted.map(|range| range.ipv6_prefix).collect()
}

/// The `number`th host of a prefix, scattered over it: the first 2^(host bits) numbers have
/// distinct hosts.
pub(super) fn scattered_v4(prefix: Ipv4Net, number: u32) -> Ipv4Addr {
    let hosts = u32::MAX.checked_shr(u32::from(prefix.prefix_len())).unwrap_or(0);
    // An odd factor maps the numbers of any power of two one to one.
    let host = number.wrapping_mul(0x9e37_79b1).wrapping_add(0x0051_7cc1) & hosts;
    Ipv4Addr::from(u32::from(prefix.network()) | host)
}

/// The `number`th of 2^32 addresses in a prefix of up to 64 bits.
pub(super) fn scattered_v6(prefix: Ipv6Net, number: u32) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(prefix.network()) | u128::from(number) << 4 | 0x5)
}
