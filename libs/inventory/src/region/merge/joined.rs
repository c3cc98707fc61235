//! Resources that several parts may have, each once.

use std::collections::HashMap;
use std::hash::Hash;

/// Resources by key, in the order in which they were found first.
pub(super) struct Joined<K, T> {
    /// With whether it is its owner's.
    resources: Vec<(T, bool)>,
    by_key: HashMap<K, usize>,
}

impl<K, T> Default for Joined<K, T> {
    fn default() -> Joined<K, T> {
        Joined { resources: Vec::new(), by_key: HashMap::new() }
    }
}

impl<'p, K: Eq + Hash, T: Clone> Joined<K, &'p T> {
    /// Adds a resource. What its owner has takes the place of what others have of it; else the
    /// first stays.
    pub(super) fn add(&mut self, key: K, resource: &'p T, is_owners: bool) {
        let at = *self.by_key.entry(key).or_insert(self.resources.len());
        match self.resources.get_mut(at) {
            None => self.resources.push((resource, is_owners)),
            Some(known) if is_owners && !known.1 => *known = (resource, true),
            Some(_) => {}
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<&'p T> {
        self.resources.get(*self.by_key.get(key)?).map(|(resource, _)| *resource)
    }

    pub(super) fn finish(self) -> Vec<T> {
        self.resources.into_iter().map(|(resource, _)| resource.clone()).collect()
    }
}
