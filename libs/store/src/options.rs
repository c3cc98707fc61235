//! What may differ from store to store.

use crate::clock::Clock;

/// What may differ from store to store. The defaults are for production.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// By which members of sets expire. Default: the system's.
    pub clock: Clock,
    /// The length of the longest value, in octets. Default: 64 MiB, the snapshot of a large
    /// inventory.
    pub max_value_length: usize,
    /// How many members a set has at most; for one more, the one that would expire first goes.
    /// 0 counts as 1. Default: 1,000,000.
    pub max_set_members: usize,
    /// How many changed keys a watcher may leave unread; with one more it is told to read all
    /// again. 0 counts as 1. Default: 1,024.
    pub max_unread_changes: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            max_value_length: 64 << 20,
            max_set_members: 1_000_000,
            max_unread_changes: 1024,
        }
    }
}
