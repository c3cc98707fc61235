//! What a window counts while it is open, to be read at any time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::report::WindowReport;

/// The counts of one output's windows.
#[derive(Debug, Default)]
pub(crate) struct WindowMeter {
    closed: AtomicU64,
    closed_early: AtomicU64,
    entries: AtomicU64,
    octets: AtomicU64,
    held_runs: AtomicU64,
    deduplicated: AtomicU64,
}

impl WindowMeter {
    /// How the open window is.
    pub(crate) fn holds(&self, entries: usize, octets: usize, runs: usize) {
        self.entries.store(entries as u64, Relaxed);
        self.octets.store(octets as u64, Relaxed);
        self.held_runs.store(runs as u64, Relaxed);
    }

    /// A window's rows are written.
    pub(crate) fn closed(&self, is_early: bool, deduplicated: u64) {
        self.closed.fetch_add(1, Relaxed);
        self.closed_early.fetch_add(u64::from(is_early), Relaxed);
        self.deduplicated.fetch_add(deduplicated, Relaxed);
    }

    pub(crate) fn report(&self) -> WindowReport {
        WindowReport {
            closed: self.closed.load(Relaxed),
            closed_early: self.closed_early.load(Relaxed),
            entries: self.entries.load(Relaxed),
            octets: self.octets.load(Relaxed),
            held_runs: self.held_runs.load(Relaxed),
            deduplicated: self.deduplicated.load(Relaxed),
        }
    }
}
