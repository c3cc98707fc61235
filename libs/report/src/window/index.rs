//! Numbers by hashes.

/// Where the entry of a key or the octets of a text are: their numbers by 32 bits of their hashes.
///
/// An own table rather than hashbrown's, since here every look waits for memory. A slot is found
/// and filled within one cache line, where hashbrown reads a group of tags and then a slot far from
/// it; nothing is ever removed; and the slots are in the order of hashes, so that the table doubles
/// in one pass over it and the new one.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// A hash, and its number and 1; no number where that is 0. As many as a power of two.
    slots: Vec<(u32, u32)>,
    len: usize,
}

const FEWEST_SLOTS: usize = 64;

impl Index {
    /// Brings the slot of a hash into the cache, without a branch that waits for it. What is returned
    /// means nothing.
    #[inline]
    pub(crate) fn touch(&self, hash: u32) -> u32 {
        self.slots.get(self.first_place(hash)).map_or(0, |(_, after)| *after)
    }

    /// A number with this hash, which is nearly always the one that is meant.
    #[inline]
    pub(crate) fn guess(&self, hash: u32) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// The number with this hash that `is_it`.
    #[inline]
    pub(crate) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.first_place(hash);
        loop {
            let (other, after) = *self.slots.get(place)?;
            let number = after.checked_sub(1)?;
            if other == hash && is_it(number) {
                return Some(number);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Adds a number that is not there.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u32, number: u32) {
        if 4 * (self.len + 1) > 3 * self.slots.len() {
            self.grow();
        }
        self.len += 1;
        // 2^32 entries are out of reach: memory is bounded long before.
        self.put(hash, number.saturating_add(1));
    }

    /// Puts it into the first free slot, of which there always are some.
    #[inline]
    fn put(&mut self, hash: u32, after: u32) {
        let last = self.slots.len() - 1;
        let mut place = self.first_place(hash);
        while self.slots[place].1 != 0 {
            place = (place + 1) & last;
        }
        self.slots[place] = (hash, after);
    }

    #[cold]
    fn grow(&mut self) {
        let slots = (2 * self.slots.len()).max(FEWEST_SLOTS);
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); slots]);
        let filled = old.into_iter().filter(|(_, after)| *after != 0);
        filled.for_each(|(hash, after)| self.put(hash, after));
    }

    /// The place by the highest bits: it doubles with the slots.
    #[inline]
    fn first_place(&self, hash: u32) -> usize {
        ((u64::from(hash) * self.slots.len() as u64) >> 32) as usize
    }

    /// What it takes in memory.
    pub(crate) fn octets(&self) -> usize {
        self.slots.capacity() * size_of::<(u32, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few hashes, at both ends of their range, so that many share a slot and the last slots
        /// overflow into the first.
        #[test]
        fn numbers_are_found_by_their_hashes(
            hashes in prop::collection::vec(
                prop_oneof![0u32..4, u32::MAX - 3..=u32::MAX, any::<u32>()], 0..600),
        ) {
            let mut index = Index::default();
            for (number, hash) in (0..).zip(&hashes) {
                prop_assert_eq!(index.find(*hash, |found| found == number), None);
                index.insert(*hash, number);
            }
            for (number, hash) in (0..).zip(&hashes) {
                prop_assert_eq!(index.find(*hash, |found| found == number), Some(number));
                let guessed = index.guess(*hash).map(|guessed| hashes[guessed as usize]);
                prop_assert_eq!(guessed, Some(*hash));
            }
        }
    }
}
