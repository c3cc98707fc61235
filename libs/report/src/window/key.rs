//! What makes two records the same flow.

use std::hash::{Hash, Hasher};

/// What a flow is counted under: its VPC, addresses, ports, protocol and action.
///
/// Where halves are stitched, the lower of both ends comes first, so that a flow and the one back
/// have the same key; else the source does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) ends: [End; 2],
    pub(crate) observation_domain_id: u32,
    pub(crate) protocol: u8,
    /// forwardingStatus.
    pub(crate) status: u8,
    pub(crate) shape: u8,
}

/// One end of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct End {
    /// IPv4 addresses as IPv6 maps them (RFC 4291 section 2.5.5.2).
    pub(crate) address: [u8; 16],
    pub(crate) port: u16,
    /// Whether there are an address and a port: custom log formats may lack them.
    pub(crate) has: u8,
}

/// In four steps rather than one for each octet and field.
impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, second] = &self.ends;
        state.write_u128(u128::from_le_bytes(first.address));
        state.write_u128(u128::from_le_bytes(second.address));
        let ports = (u64::from(first.port) << 16) | u64::from(second.port);
        state.write_u64((ports << 32) | u64::from(self.observation_domain_id));
        let marks = [self.protocol, self.status, self.shape, (first.has << 4) | second.has];
        state.write_u32(u32::from_le_bytes(marks));
    }
}

impl End {
    pub(crate) const ADDRESS: u8 = 1;
    pub(crate) const PORT: u8 = 2;

    pub(crate) fn has(&self, what: u8) -> bool {
        self.has & what != 0
    }
}

impl Key {
    /// The addresses are IPv6.
    pub(crate) const IPV6: u8 = 1;
    pub(crate) const PROTOCOL: u8 = 2;
    pub(crate) const STATUS: u8 = 4;

    pub(crate) fn is(&self, what: u8) -> bool {
        self.shape & what != 0
    }

    /// Whether it is of a TCP session: what AWS rejected begins none.
    pub(crate) fn is_session(&self) -> bool {
        self.is(Self::PROTOCOL) && self.protocol == 6 && !self.is_rejected()
    }

    /// Whether AWS let the flow pass. Of a flow that it rejected nothing comes back.
    pub(crate) fn is_rejected(&self) -> bool {
        // The two high bits are 10 for dropped (IANA, forwardingStatus).
        self.is(Self::STATUS) && self.status >> 6 == 2
    }

    /// Both hosts, the lower first; `None` where one is unknown.
    pub(crate) fn hosts(&self) -> Option<[[u8; 16]; 2]> {
        let [first, second] = self.ends;
        let are_known = first.has(End::ADDRESS) && second.has(End::ADDRESS);
        let (first, second) = (first.address, second.address);
        are_known.then_some(if first <= second { [first, second] } else { [second, first] })
    }
}
