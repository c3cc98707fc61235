//! Where the entry of a key is.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::key::Key;

/// The places of entries by the hashes of their keys.
///
/// A part of each hash stands beside its place: most others are told apart without a look at their
/// entries, and the index grows without one.
#[derive(Debug, Default)]
pub(crate) struct Index {
    places: HashTable<(u32, u32)>,
    hasher: RandomState,
}

impl Index {
    /// The hash of a key, by which the methods below find it.
    #[inline]
    pub(crate) fn hash(&self, key: &Key) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    /// Where an entry with this hash is, which is nearly always the one.
    #[inline]
    pub(crate) fn guess(&self, hash: u32) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// The place with this hash that `is_it`.
    #[inline]
    pub(crate) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let is_it = |(part, place): &(u32, u32)| *part == hash && is_it(*place);
        self.places.find(spread(hash), is_it).map(|(_, place)| *place)
    }

    /// Adds the place of an entry that is not there.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u32, place: u32) {
        self.places.insert_unique(spread(hash), (hash, place), |(hash, _)| spread(*hash));
    }

    /// What it takes in memory.
    pub(crate) fn octets(&self) -> usize {
        self.places.allocation_size()
    }
}

/// The table takes its groups from low bits of a hash and its tags from the highest.
#[inline]
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
