//! A map that forgets what was not used for the longest time.

use std::hash::Hash;

use hashbrown::HashMap;

/// At most `capacity` entries.
#[derive(Debug)]
pub(super) struct BoundedMap<K, V> {
    entries: HashMap<K, Entry<V>, foldhash::fast::RandomState>,
    capacity: usize,
    /// Counts uses; the age of an entry is what it was at the entry's last use.
    uses: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    last_use: u64,
}

impl<K: Eq + Hash, V> BoundedMap<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::default(), capacity, uses: 0 }
    }

    /// Looks up and marks as used.
    pub(super) fn get(&mut self, key: &K) -> Option<&V> {
        self.uses += 1;
        let entry = self.entries.get_mut(key)?;
        entry.last_use = self.uses;
        Some(&entry.value)
    }

    /// Looks up without marking as used.
    pub(super) fn peek(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.forget_oldest();
        }
        self.uses += 1;
        self.entries.insert(key, Entry { value, last_use: self.uses });
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        self.entries.remove(key).map(|entry| entry.value)
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.entries.retain(|key, entry| keep(key, &entry.value));
    }

    /// Forgets an eighth at once, so that a flood of new keys pays for one scan in many.
    fn forget_oldest(&mut self) {
        let mut ages: Vec<u64> = self.entries.values().map(|entry| entry.last_use).collect();
        let eighth = ages.len() / 8;
        if eighth < ages.len() {
            let (_, oldest_kept, _) = ages.select_nth_unstable(eighth);
            let limit = *oldest_kept;
            self.entries.retain(|_, entry| entry.last_use > limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_forgets_what_was_not_used_for_longest() {
        let mut map = BoundedMap::new(16);
        for key in 0..16 {
            map.insert(key, ());
        }
        map.get(&0);
        map.insert(16, ());
        assert!(map.peek(&0).is_some() && map.peek(&16).is_some());
        assert!(map.peek(&1).is_none());
        assert!(map.entries.len() <= 16);
    }

    #[test]
    fn a_map_of_one_holds_the_newest() {
        let mut map = BoundedMap::new(1);
        map.insert('a', 1);
        map.insert('b', 2);
        assert_eq!((map.peek(&'a'), map.peek(&'b')), (None, Some(&2)));
    }
}
