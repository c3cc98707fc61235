//! What a store must answer, told by the simplest means.

use std::collections::BTreeMap;

use weir_store::{Condition, Etag};

/// A store without bounds on octets: etags come from the store that is compared.
#[derive(Default)]
pub(crate) struct Model {
    values: BTreeMap<String, (u8, Etag)>,
    /// When each member of each set expires.
    ends: BTreeMap<(u8, u8), u64>,
    now: u64,
}

impl Model {
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
    }

    pub(crate) fn get(&self, key: &str) -> Option<(u8, Etag)> {
        self.values.get(key).copied()
    }

    /// The current etag when the condition does not hold.
    pub(crate) fn check(&self, key: &str, condition: Condition) -> Result<(), Option<Etag>> {
        let current = self.get(key).map(|(_, etag)| etag);
        let holds = match condition {
            Condition::Any => true,
            Condition::Absent => current.is_none(),
            Condition::Etag(etag) => current == Some(etag),
        };
        if holds { Ok(()) } else { Err(current) }
    }

    pub(crate) fn put(&mut self, key: &str, value: u8, etag: Etag) {
        self.values.insert(key.to_owned(), (value, etag));
    }

    pub(crate) fn delete(&mut self, key: &str) -> bool {
        self.values.remove(key).is_some()
    }

    pub(crate) fn list(&self, start: &str, after: Option<&str>) -> Vec<(String, u8, Etag)> {
        let all = self.values.iter().filter(|(key, _)| key.starts_with(start));
        let rest = all.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        rest.map(|(key, (value, etag))| (key.clone(), *value, *etag)).collect()
    }

    pub(crate) fn contains(&self, set: u8, member: u8) -> bool {
        self.ends.get(&(set, member)).is_some_and(|end| *end > self.now)
    }

    pub(crate) fn add(&mut self, set: u8, member: u8, ttl: u64, max: usize) -> bool {
        self.ends.retain(|_, end| *end > self.now);
        let end = self.now + ttl;
        if let Some(known) = self.ends.get_mut(&(set, member)) {
            *known = end.max(*known);
            return false;
        }
        let of_set = self.ends.iter().filter(|((of, _), _)| *of == set);
        let mut by_end: Vec<_> = of_set.map(|((_, member), end)| (*end, *member)).collect();
        by_end.sort_unstable();
        if by_end.len() >= max {
            self.ends.remove(&(set, by_end[0].1));
        }
        self.ends.insert((set, member), end);
        true
    }
}
