//! A set whose members expire.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;

use crate::clock::Life;

/// A set whose members expire, both by member and by the end of its life.
#[derive(Debug, Default)]
pub(super) struct MemberSet {
    ends: HashMap<Bytes, u64>,
    by_end: BTreeSet<(u64, Bytes)>,
}

impl MemberSet {
    /// Whether the member is in the set.
    pub(super) fn contains(&self, member: &Bytes, now: u64) -> bool {
        self.ends.get(member).is_some_and(|&end| end > now)
    }

    /// Forgets who has expired. How many there are left.
    pub(super) fn forget_expired(&mut self, now: u64) -> usize {
        while self.by_end.first().is_some_and(|(end, _)| *end <= now) {
            self.forget_first();
        }
        self.ends.len()
    }

    /// Whether the member is new. Nobody in the set has expired.
    pub(super) fn add(&mut self, member: &Bytes, life: Life, max: usize) -> bool {
        if let Some(end) = self.ends.get(member).copied() {
            self.prolong(member, end, life.end);
            return false;
        }
        while self.ends.len() >= max {
            self.forget_first();
        }
        self.insert(Bytes::copy_from_slice(member), life.end);
        true
    }

    fn prolong(&mut self, member: &Bytes, end: u64, new_end: u64) {
        if new_end > end
            && let Some((_, member)) = self.by_end.take(&(end, member.clone()))
        {
            self.insert(member, new_end);
        }
    }

    /// Has a copy of the member of its own: one of a page would keep the page.
    fn insert(&mut self, member: Bytes, end: u64) {
        self.by_end.insert((end, member.clone()));
        self.ends.insert(member, end);
    }

    fn forget_first(&mut self) {
        if let Some((_, member)) = self.by_end.pop_first() {
            self.ends.remove(&member);
        }
    }
}
