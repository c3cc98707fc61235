//! Entries by key.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::entry::Entry;
use super::key::Key;

/// Entries that are allocated together: a table that grows never copies them.
const CHUNK: usize = 4096;

/// All entries of a window.
#[derive(Debug, Default)]
pub(crate) struct Table {
    chunks: Vec<Vec<Entry>>,
    /// A part of each entry's hash beside its place: most others are told apart without a look at
    /// them, and the index grows without one.
    index: HashTable<(u32, u32)>,
    hasher: RandomState,
}

/// What an entry takes in memory with its place in the index, about.
const ENTRY_OCTETS: usize = size_of::<Entry>() + 2 * size_of::<(u32, u32)>();

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// About what the entries take in memory.
    pub(crate) fn octets(&self) -> usize {
        self.len() * ENTRY_OCTETS
    }

    #[inline]
    pub(crate) fn find(&mut self, key: &Key) -> Option<&mut Entry> {
        let hash = self.hash(key);
        let Self { chunks, index, .. } = self;
        let is_it = |(part, place): &(u32, u32)| *part == hash && entry(chunks, *place).key == *key;
        let (_, place) = *index.find(spread(hash), is_it)?;
        Some(&mut chunks[place as usize / CHUNK][place as usize % CHUNK])
    }

    /// Adds an entry whose key is not there.
    pub(crate) fn insert(&mut self, entry: Entry) -> &mut Entry {
        let hash = self.hash(&entry.key);
        let place = self.len();
        if place.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        // An index of 2^32 entries is out of reach: memory is bounded long before.
        let number = u32::try_from(place).unwrap_or(u32::MAX);
        self.index.insert_unique(spread(hash), (hash, number), |(hash, _)| spread(*hash));
        let chunk = &mut self.chunks[place / CHUNK];
        chunk.push(entry);
        &mut chunk[place % CHUNK]
    }

    /// The entries, and a table of none.
    pub(crate) fn take(&mut self) -> Entries {
        self.index = HashTable::new();
        Entries { chunks: std::mem::take(&mut self.chunks) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flatten()
    }

    #[inline]
    fn hash(&self, key: &Key) -> u32 {
        self.hasher.hash_one(key) as u32
    }
}

/// The entries of a table that is gone, by their places.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    chunks: Vec<Vec<Entry>>,
}

impl Entries {
    pub(crate) fn get(&self, place: u32) -> &Entry {
        entry(&self.chunks, place)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        (0u32..).zip(self.chunks.iter().flatten())
    }

    /// One after another, each chunk's memory given back behind it.
    pub(crate) fn drain(self) -> impl Iterator<Item = Entry> {
        self.chunks.into_iter().flatten()
    }
}

fn entry(chunks: &[Vec<Entry>], place: u32) -> &Entry {
    &chunks[place as usize / CHUNK][place as usize % CHUNK]
}

/// The table takes its groups from low bits of a hash and its tags from the highest.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
