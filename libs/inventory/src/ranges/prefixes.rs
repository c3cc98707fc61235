//! The prefixes of AWS's ranges as they are listed, for explanations alone.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::model::IpRanges;

/// Every listed prefix. Segments have lost them where neighbours are of one kind.
pub(super) struct Prefixes {
    ipv4: Box<[Ipv4Net]>,
    ipv6: Box<[Ipv6Net]>,
}

impl Prefixes {
    pub(super) fn of(ranges: &IpRanges) -> Prefixes {
        Prefixes {
            ipv4: ranges.prefixes.iter().map(|range| range.ip_prefix.trunc()).collect(),
            ipv6: ranges.ipv6_prefixes.iter().map(|range| range.ipv6_prefix.trunc()).collect(),
        }
    }

    /// Reads all of them: some ten thousand.
    pub(super) fn longest_around(&self, address: IpAddr) -> Option<IpNet> {
        match address {
            IpAddr::V4(address) => {
                let around = self.ipv4.iter().filter(|prefix| prefix.contains(&address));
                around.max_by_key(|prefix| prefix.prefix_len()).copied().map(IpNet::V4)
            }
            IpAddr::V6(address) => {
                let around = self.ipv6.iter().filter(|prefix| prefix.contains(&address));
                around.max_by_key(|prefix| prefix.prefix_len()).copied().map(IpNet::V6)
            }
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&*self.ipv4) + size_of_val(&*self.ipv6)
    }
}
