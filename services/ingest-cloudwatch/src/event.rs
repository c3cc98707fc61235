//! What an event of a log group is called.

use std::fmt;

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_128;

/// An event: its timestamp, and a hash of the id that CloudWatch Logs gave it, which it has each
/// time that it is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EventId {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub(crate) timestamp: u64,
    pub(crate) hash: u128,
}

impl EventId {
    pub(crate) fn new(timestamp: u64, id: &str) -> Self {
        Self { timestamp, hash: xxh3_128(id.as_bytes()) }
    }

    /// What stands for it in the memory of exported events.
    pub(crate) fn member(self) -> Bytes {
        Bytes::copy_from_slice(&self.hash.to_be_bytes())
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:032x}", self.timestamp, self.hash)
    }
}
