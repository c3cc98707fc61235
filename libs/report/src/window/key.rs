//! What makes two records the same flow.

use std::hash::{Hash, Hasher};

/// What a flow is counted under: its VPC, addresses, ports, protocol and action, in 20 octets.
///
/// Where halves are stitched, the lower of both ends comes first, so that a flow and the one back
/// have the same key; else the source does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// An IPv4 address itself, the number of an IPv6 address in [`super::addresses::Addresses`].
    pub(crate) addresses: [u32; 2],
    pub(crate) ports: [u16; 2],
    pub(crate) observation_domain_id: u32,
    pub(crate) protocol: u8,
    /// forwardingStatus.
    pub(crate) status: u8,
    /// Which of these there are: custom log formats may lack any.
    pub(crate) shape: u8,
}

/// The first of the ports that systems give to clients (RFC 6335 section 6 begins at 49152, Linux
/// at 32768).
const FIRST_EPHEMERAL_PORT: u16 = 32768;

/// In two steps rather than one for each field.
impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, second] = self.addresses;
        let ports = (u32::from(self.ports[0]) << 16) | u32::from(self.ports[1]);
        let parts = [first, second, ports, self.observation_domain_id];
        state.write_u128(parts.iter().fold(0, |all, part| (all << 32) | u128::from(*part)));
        state.write_u32(u32::from_le_bytes([self.protocol, self.status, self.shape, 0]));
    }
}

impl Key {
    /// The addresses are IPv6.
    pub(crate) const IPV6: u8 = 1;
    pub(crate) const PROTOCOL: u8 = 2;
    pub(crate) const STATUS: u8 = 4;
    /// An address of each end.
    pub(crate) const ADDRESSES: [u8; 2] = [8, 16];
    /// A port of each end.
    pub(crate) const PORTS: [u8; 2] = [32, 64];

    pub(crate) fn has(&self, what: u8) -> bool {
        self.shape & what != 0
    }

    /// Whether it is of a TCP session: what AWS rejected begins none.
    pub(crate) fn is_session(&self) -> bool {
        self.has(Self::PROTOCOL) && self.protocol == 6 && !self.is_rejected()
    }

    /// Whether AWS rejected the flow: nothing comes back then.
    pub(crate) fn is_rejected(&self) -> bool {
        // The two high bits are 10 for dropped (IANA, forwardingStatus).
        self.has(Self::STATUS) && self.status >> 6 == 2
    }

    /// Whether each end's port is one that systems give to clients.
    pub(crate) fn are_ephemeral(&self) -> [bool; 2] {
        self.ports.map(|port| port >= FIRST_EPHEMERAL_PORT)
    }

    /// Whether the ports tell which end is the client.
    pub(crate) fn has_clear_ports(&self) -> bool {
        let [first, second] = self.are_ephemeral();
        first != second
    }

    /// Both hosts, the same whichever way a flow goes; `None` where one is unknown.
    pub(crate) fn hosts(&self) -> Option<Hosts> {
        let are_known = Self::ADDRESSES.iter().all(|address| self.has(*address));
        let [first, second] = self.addresses;
        let hosts = Hosts {
            is_v6: self.has(Self::IPV6),
            lower: first.min(second),
            higher: first.max(second),
        };
        are_known.then_some(hosts)
    }
}

/// Two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hosts {
    is_v6: bool,
    lower: u32,
    higher: u32,
}
