//! How much may be unpacked.

use crate::failure::Failure;
use crate::limits::Limits;

/// Octets of memory that the open pages and dictionaries of all columns may take together. Pages
/// have a MiB by default, and those of flow logs are seldom full.
const MAX_MEMORY: usize = 48 * 1024 * 1024;

/// Counts what is unpacked of a file and what is kept of that.
pub(super) struct Budget {
    memory: usize,
    unpacked: u64,
    max_unpacked: u64,
}

impl Budget {
    /// The budget for a file of `length` octets: pages may be unpacked to as much as its text.
    pub(super) fn new(length: u64, limits: &Limits) -> Self {
        let max_unpacked = length.saturating_mul(limits.max_ratio).max(Limits::RATIO_GRACE);
        Self { memory: 0, unpacked: 0, max_unpacked }
    }

    /// Counts a page of `length` octets that is about to be unpacked.
    pub(super) fn unpack(&mut self, length: usize) -> Result<(), Failure> {
        self.unpacked = self.unpacked.saturating_add(length as u64);
        if self.unpacked > self.max_unpacked { Err(Failure::Ratio) } else { Ok(()) }
    }

    /// Counts memory that is about to be taken.
    pub(super) fn take(&mut self, length: usize) -> Result<(), Failure> {
        self.memory = self.memory.saturating_add(length);
        if self.memory > MAX_MEMORY {
            return Err(Failure::Memory { limit: MAX_MEMORY as u64 });
        }
        Ok(())
    }

    /// Counts memory that was given back.
    pub(super) fn give_back(&mut self, length: usize) {
        self.memory = self.memory.saturating_sub(length);
    }
}
