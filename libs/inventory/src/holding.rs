//! What an interface holds of IPv6.

use std::hash::{Hash, Hasher};
use std::net::Ipv6Addr;

use ipnet::Ipv6Net;

/// The length of every IPv6 prefix that EC2 delegates to an interface (EC2 User Guide, "Prefix
/// delegation").
const PREFIX_LENGTH: u8 = 80;

/// An address, or the first address of a delegated prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ipv6Holding {
    Address(Ipv6Addr),
    Prefix(Ipv6Addr),
}

impl Ipv6Holding {
    /// `None` for a length that EC2 does not delegate.
    pub(crate) fn of_prefix(prefix: Ipv6Net) -> Option<Ipv6Holding> {
        (prefix.prefix_len() == PREFIX_LENGTH).then(|| Ipv6Holding::Prefix(prefix.network()))
    }

    /// The address, or the prefix's first one.
    pub(crate) fn first(self) -> Ipv6Addr {
        match self {
            Ipv6Holding::Address(address) | Ipv6Holding::Prefix(address) => address,
        }
    }

    /// The delegated prefix that the first address may be of.
    pub(crate) fn around(self) -> Ipv6Holding {
        let host_bits = 128 - u32::from(PREFIX_LENGTH);
        Ipv6Holding::Prefix(Ipv6Addr::from_bits(self.first().to_bits() >> host_bits << host_bits))
    }

    pub(crate) fn covers(self, address: Ipv6Addr) -> bool {
        let wanted = Ipv6Holding::Address(address);
        self == wanted || self == wanted.around()
    }
}

impl Hash for Ipv6Holding {
    /// A prefix's first address may be an address too: the lowest bit keeps the two apart.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(match self {
            Ipv6Holding::Address(address) => address.to_bits(),
            Ipv6Holding::Prefix(address) => address.to_bits() | 1,
        });
    }
}
