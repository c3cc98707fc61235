//! How long a failed server is left alone.

use std::time::Duration;

/// The first backoff, before jitter.
pub const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// The longest backoff, before jitter.
pub const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Doubling times with jitter, from a random sequence of its own (SplitMix64).
#[derive(Debug)]
pub(super) struct Backoff {
    state: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The backoff after this many failures in a row before: 0.8 to 1.2 of 0.2 s × 2ⁿ, or of
    /// 10 s.
    pub(super) fn after(&mut self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        let whole = FIRST_BACKOFF.saturating_mul(factor).min(MAX_BACKOFF);
        whole.mul_f64(0.8 + 0.4 * self.fraction())
    }

    /// A random number from 0 up to 1.
    fn fraction(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(((mixed ^ (mixed >> 31)) >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }
}
