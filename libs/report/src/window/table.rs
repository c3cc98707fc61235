//! Entries by key.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::entry::Entry;
use super::key::Key;
use super::texts::spread;

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

    /// The hash of a key, by which the methods below find it.
    #[inline]
    pub(crate) fn hash(&self, key: &Key) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    /// Where an entry with this hash is, which is nearly always the one.
    #[inline]
    pub(crate) fn guess(&self, hash: u32) -> Option<u32> {
        self.index.find(spread(hash), |(part, _)| *part == hash).map(|(_, place)| *place)
    }

    /// Brings a guessed entry into the cache. What is returned means nothing.
    #[inline]
    pub(crate) fn touch(&self, place: u32) -> u8 {
        let entry = entry(&self.chunks, place);
        let half = entry.halves[0].has_flows() ^ entry.halves[1].has_flows();
        entry.key.protocol ^ entry.marks ^ u8::from(half)
    }

    /// The place of the entry, looked for at its guessed place first.
    #[inline]
    pub(crate) fn find(&self, key: &Key, hash: u32, guessed: Option<u32>) -> Option<u32> {
        let is_it = |place: u32| entry(&self.chunks, place).key == *key;
        if let Some(guessed) = guessed.filter(|place| (*place as usize) < self.len())
            && is_it(guessed)
        {
            return Some(guessed);
        }
        let found = self.index.find(spread(hash), |(part, place)| *part == hash && is_it(*place));
        found.map(|(_, place)| *place)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, place: u32) -> &mut Entry {
        &mut self.chunks[place as usize / CHUNK][place as usize % CHUNK]
    }

    /// Adds an entry whose key is not there.
    pub(crate) fn insert(&mut self, entry: Entry) {
        let hash = self.hash(&entry.key);
        let place = self.len();
        if place.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        // An index of 2^32 entries is out of reach: memory is bounded long before.
        let number = u32::try_from(place).unwrap_or(u32::MAX);
        self.index.insert_unique(spread(hash), (hash, number), |(hash, _)| spread(*hash));
        self.chunks[place / CHUNK].push(entry);
    }

    /// The entries, and a table of none.
    pub(crate) fn take(&mut self) -> Entries {
        self.index = HashTable::new();
        Entries { chunks: std::mem::take(&mut self.chunks) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flatten()
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
