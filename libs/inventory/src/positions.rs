//! A hash index from keys to positions in a table.

/// Positions by the hash of their keys, which stay in the table alone.
///
/// A slot has half of the hash beside the position, so that a lookup reads one place here, and
/// one in the table when there is something to find: in an inventory that is larger than the
/// processor's caches each place costs a wait for memory.
pub(crate) struct PositionIndex {
    /// The hash's upper half, and the position + 1; 0 when empty.
    slots: Vec<u64>,
    count: usize,
}

impl PositionIndex {
    /// An index for up to `positions` positions.
    pub(crate) fn with_capacity(positions: usize) -> PositionIndex {
        // Between a third and two thirds of the slots are used.
        let slots = (positions + positions / 2 + 1).next_power_of_two();
        PositionIndex { slots: vec![0; slots], count: 0 }
    }

    /// The position of the key with this hash.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut is_key: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut place = self.place(hash);
        loop {
            let slot = *self.slots.get(place)?;
            if slot == 0 {
                return None;
            }
            let position = (slot as u32).wrapping_sub(1);
            if slot >> 32 == hash >> 32 && is_key(position) {
                return Some(position);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Adds the position of a key that is not there yet.
    pub(crate) fn insert(&mut self, hash: u64, position: u32) {
        // A free slot ends every search.
        debug_assert!(self.count + 1 < self.slots.len());
        let mut place = self.place(hash);
        while self.slots.get(place).is_some_and(|slot| *slot != 0) {
            place = (place + 1) & (self.slots.len() - 1);
        }
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = hash >> 32 << 32 | u64::from(position.wrapping_add(1));
            self.count += 1;
        }
    }

    /// Reads the place where the search for this hash begins, so that it is in the cache.
    #[inline]
    pub(crate) fn touch(&self, hash: u64) -> u64 {
        self.slots.get(self.place(hash)).copied().unwrap_or_default()
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }
}
