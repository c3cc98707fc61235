//! AWS's published address ranges and the search for an address in them.

mod prefixes;
mod search;

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::endpoint::Endpoint;
use crate::error::InventoryError;
use crate::model::IpRanges;
use crate::segments::{Prefix, Segments, flatten};
use crate::strings::{EMPTY_STRINGS, Span, Strings, position};
use prefixes::Prefixes;
use search::Ipv4Segments;

/// Region and service of the most specific AWS range around an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsRange<'s> {
    endpoint: Endpoint<'s>,
}

impl<'s> AwsRange<'s> {
    /// Region code, or `GLOBAL`.
    pub fn region(&self) -> &'s [u8] {
        self.endpoint.texts()[2]
    }

    /// `AMAZON`, `EC2`, `S3`, ….
    pub fn service(&self) -> &'s [u8] {
        self.endpoint.texts()[3]
    }

    /// Region and service as enrichment adds them: no instance, no public address.
    pub fn endpoint(&self) -> Endpoint<'s> {
        self.endpoint
    }
}

/// All ranges, flattened: each address lies in one segment, which has its best range's service.
pub(crate) struct Ranges {
    ipv4: Ipv4Segments,
    ipv6: Segments<u128, u32>,
    /// Encoded strings of each pair of region and service.
    kinds: Vec<Span>,
    prefixes: Prefixes,
}

impl Ranges {
    pub(crate) fn build(
        ranges: &IpRanges,
        strings: &mut Strings,
    ) -> Result<Ranges, InventoryError> {
        let mut kinds = Kinds::default();
        let mut ipv4 = Vec::with_capacity(ranges.prefixes.len());
        for range in &ranges.prefixes {
            let (first, last) = (range.ip_prefix.network(), range.ip_prefix.broadcast());
            ipv4.push(Prefix {
                first: u128::from(first.to_bits()),
                last: u128::from(last.to_bits()),
                order: precedence(&range.service, &range.region),
                kind: kinds.position(&range.region, &range.service, strings)?,
            });
        }
        let mut ipv6 = Vec::with_capacity(ranges.ipv6_prefixes.len());
        for range in &ranges.ipv6_prefixes {
            let (first, last) = (range.ipv6_prefix.network(), range.ipv6_prefix.broadcast());
            ipv6.push(Prefix {
                first: first.to_bits(),
                last: last.to_bits(),
                order: precedence(&range.service, &range.region),
                kind: kinds.position(&range.region, &range.service, strings)?,
            });
        }
        Ok(Ranges {
            ipv4: Ipv4Segments::new(&flatten(ipv4)),
            ipv6: Segments::new(&flatten(ipv6)),
            kinds: kinds.spans,
            prefixes: Prefixes::of(ranges),
        })
    }

    pub(crate) fn find<'s>(&self, address: IpAddr, strings: &'s [u8]) -> Option<AwsRange<'s>> {
        let kind = match address {
            IpAddr::V4(address) => self.ipv4.find(address.to_bits()),
            IpAddr::V6(address) => self.ipv6.find(address.to_bits()),
        }?;
        let span = self.kinds.get(kind as usize)?;
        let strings = span.of(strings).unwrap_or(EMPTY_STRINGS);
        Some(AwsRange { endpoint: Endpoint { strings, public_address: None } })
    }

    /// The longest prefix around `address`, whose region and service [`Ranges::find`] gives.
    pub(crate) fn prefix(&self, address: IpAddr) -> Option<IpNet> {
        self.prefixes.longest_around(address)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let kinds = self.kinds.capacity() * size_of::<Span>();
        let segments = self.ipv4.memory_bytes() + self.ipv6.memory_bytes();
        segments + kinds + self.prefixes.memory_bytes()
    }
}

/// Which of two ranges with the same prefix is reported: the lower one.
///
/// AWS lists a prefix once for each service that uses it; `AMAZON` holds all, and `EC2` the ones
/// that customers' machines use (<https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html>).
/// The names make the choice independent of the order in the file.
fn precedence<'i>(service: &'i str, region: &'i str) -> (u8, &'i str, &'i str) {
    let rank = match service {
        "AMAZON" => 2,
        "EC2" => 1,
        _ => 0,
    };
    (rank, service, region)
}

/// Numbers the pairs of region and service.
#[derive(Default)]
struct Kinds<'i> {
    spans: Vec<Span>,
    positions: HashMap<(&'i str, &'i str), u32>,
}

impl<'i> Kinds<'i> {
    fn position(
        &mut self,
        region: &'i str,
        service: &'i str,
        strings: &mut Strings,
    ) -> Result<u32, InventoryError> {
        if let Some(position) = self.positions.get(&(region, service)) {
            return Ok(*position);
        }
        let at = position(self.spans.len(), "services of AWS ranges")?;
        self.spans.push(strings.intern(["", "", region, service])?);
        self.positions.insert((region, service), at);
        Ok(at)
    }
}
