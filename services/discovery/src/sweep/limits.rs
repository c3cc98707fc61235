//! How hard a sweep may ask.

/// Bounds of a sweep's calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SweepLimits {
    /// Calls on their way in all; at least 1.
    pub calls: usize,
    /// Calls on their way in one region of one account; at least 1.
    pub calls_per_region: usize,
    /// Accounts whose regions are listed at a time; at least 1.
    pub accounts: usize,
    /// The share of the usual pace, which is about half of what AWS allows: 0.01 to 10.
    pub pace: f64,
}

impl Default for SweepLimits {
    fn default() -> Self {
        Self { calls: 64, calls_per_region: 6, accounts: 16, pace: 1.0 }
    }
}
