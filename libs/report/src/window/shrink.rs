//! What becomes of a window whose memory is full.

use super::contents::Contents;
use super::windowed::Window;

impl Window {
    /// Counts the smaller half of all flows as the rest of their VPCs.
    #[cold]
    pub(crate) fn shrink(&mut self) {
        let counts_once = self.options.counts_once;
        let sizes = self.contents.iter().map(|entry| self.contents.count(entry, counts_once));
        let mut octets: Vec<u64> = sizes.map(|count| count.octets).collect();
        let left = octets.len().div_ceil(2);
        let limit = match left.checked_sub(1) {
            Some(last) => *octets.select_nth_unstable(last).1,
            None => return,
        };
        let ties = octets.iter().take(left).filter(|octets| **octets == limit).count();
        drop(octets);
        let old = self.take_contents();
        self.keep_larger(old, ties, limit);
    }

    /// Keeps what has more octets than `limit`, and those of as many that come after `ties`.
    fn keep_larger(&mut self, mut old: Contents, mut ties: usize, limit: u64) {
        let counts_once = self.options.counts_once;
        for entry in old.take_entries() {
            let count = old.count(&entry, counts_once);
            let is_tie = count.octets == limit && ties > 0;
            if count.octets < limit || is_tie {
                ties -= usize::from(is_tie);
                self.others.add(entry.key.observation_domain_id, count);
                self.others.leave_out(old.seen_twice(&entry, counts_once));
            } else {
                self.adopt(entry, &old, old.session_of(&entry));
            }
        }
    }
}
