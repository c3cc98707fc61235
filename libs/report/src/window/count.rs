//! Octets, packets and flows.

use std::ops::AddAssign;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Octets.
    pub octets: u64,
    /// Packets.
    pub packets: u64,
    /// Flow log records.
    pub flows: u64,
}

impl Count {
    /// Nothing.
    pub const NONE: Self = Self { octets: 0, packets: 0, flows: 0 };
}

impl AddAssign for Count {
    /// Wraps around beyond 2^64, as IPFIX counters do.
    fn add_assign(&mut self, other: Self) {
        self.octets = self.octets.wrapping_add(other.octets);
        self.packets = self.packets.wrapping_add(other.packets);
        self.flows = self.flows.wrapping_add(other.flows);
    }
}

impl std::iter::Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::NONE, |mut sum, count| {
            sum += count;
            sum
        })
    }
}
