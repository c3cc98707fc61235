//! What a window holds.

use super::addresses::Addresses;
use super::count::Count;
use super::entry::{Entry, Session};
use super::peers::Peers;
use super::texts::Texts;

/// Entries that are allocated together: growth never copies them.
const CHUNK: usize = 4096;

/// Entries by their places, and what they have numbers of: texts, addresses and what few have at
/// all.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    chunks: Vec<Vec<Entry>>,
    pub(crate) texts: Texts,
    pub(crate) addresses: Addresses,
    /// Counts that an entry has no room for.
    pub(crate) wide: Vec<Count>,
    /// What is known of sessions that were in a row before.
    sessions: Vec<Session>,
    /// Counted when the window is closed.
    pub(crate) peers: Peers,
}

impl Contents {
    /// Nothing, to [`Self::adopt`] some of these.
    pub(crate) fn successor(&self) -> Self {
        Self { texts: self.texts.successor(), ..Self::default() }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    #[inline]
    pub(crate) fn get(&self, place: u32) -> &Entry {
        &self.chunks[place as usize / CHUNK][place as usize % CHUNK]
    }

    /// The entry at `place`, and where its counts are that it has no room for.
    #[inline]
    pub(crate) fn get_mut(&mut self, place: u32) -> (&mut Entry, &mut Vec<Count>) {
        (&mut self.chunks[place as usize / CHUNK][place as usize % CHUNK], &mut self.wide)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flatten()
    }

    /// Adds an entry. Returns its place.
    pub(crate) fn push(&mut self, entry: Entry) -> u32 {
        // 2^32 entries are out of reach: memory is bounded long before.
        let place = u32::try_from(self.len()).unwrap_or(u32::MAX);
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(entry),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(entry);
                self.chunks.push(chunk);
            }
        }
        place
    }

    /// Takes the entries away, for [`Self::adopt`] of others. Each chunk's memory is given back
    /// behind its last entry.
    pub(crate) fn take_entries(&mut self) -> impl Iterator<Item = Entry> + use<> {
        std::mem::take(&mut self.chunks).into_iter().flatten()
    }

    /// Adds an entry of the predecessor without its session. Returns its place.
    pub(crate) fn adopt(&mut self, mut entry: Entry, old: &Self) -> u32 {
        entry.texts.own = self.texts.adopt(entry.texts.own, &old.texts);
        entry.texts.far = self.texts.adopt(entry.texts.far, &old.texts);
        for end in 0..2 {
            if let Some(address) = old.addresses.get(&entry.key, end) {
                entry.key.addresses[end] = self.addresses.keep(address);
            }
        }
        entry.move_wide(&old.wide, &mut self.wide);
        entry.session = 0;
        self.push(entry)
    }

    /// What is known of the session of an entry that was in a row before.
    pub(crate) fn session_of(&self, entry: &Entry) -> Option<Session> {
        self.sessions.get(entry.session.checked_sub(1)? as usize).copied()
    }

    /// Notes it for the entry at `place`.
    pub(crate) fn put_session(&mut self, place: u32, session: Session) {
        self.sessions.push(session);
        // As many as entries.
        let number = u32::try_from(self.sessions.len()).unwrap_or(0);
        self.get_mut(place).0.session = number;
    }

    /// What counts of an entry.
    #[inline]
    pub(crate) fn count(&self, entry: &Entry, counts_once: bool) -> Count {
        let [mut count, back] =
            entry.halves.each_ref().map(|half| half.count(&self.wide, counts_once));
        count += back;
        count
    }

    /// What does not since both ends saw it.
    #[inline]
    pub(crate) fn seen_twice(&self, entry: &Entry, counts_once: bool) -> Count {
        let [there, back] = &entry.halves;
        let mut count = there.seen_twice(&self.wide, counts_once);
        count += back.seen_twice(&self.wide, counts_once);
        count
    }

    /// About what all of it takes in memory.
    pub(crate) fn octets(&self) -> usize {
        self.len() * size_of::<Entry>()
            + self.wide.len() * size_of::<Count>()
            + self.sessions.len() * size_of::<Session>()
            + self.texts.octets()
            + self.addresses.octets()
    }
}
