//! Which records of a run a group holds, without a list of them.

use std::ops::Range;

/// A digest of a set of places. Equal sets have equal digests, however they were put together;
/// two different sets have the same one with a probability of 2^-64.
///
/// Each stretch of neighbouring places adds `mix(end) - mix(start)`, modulo 2^64. Where one
/// stretch ends and the next starts both cancel out, so that only the set itself counts, and a
/// record costs nothing where its neighbour is of the same group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Places(u64);

impl Places {
    /// None.
    pub const NONE: Self = Self(0);

    /// Adds places that are not in it.
    pub fn add(&mut self, stretch: Range<u64>) {
        let digest = mix(stretch.end).wrapping_sub(mix(stretch.start));
        self.0 = self.0.wrapping_add(digest);
    }

    /// The places of both, which have none in common.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// The digest. It is the same in every process and version.
    pub fn digest(self) -> u64 {
        self.0
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014), a bijection without any pattern.
fn mix(place: u64) -> u64 {
    let mixed = place.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
