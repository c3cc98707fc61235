//! What became of every object and run of a replay.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use weir_delivery::{Answer, RunAnswer};
use weir_flowlog::LogFormat;

/// The most names of unknown fields that are remembered.
const MAX_UNKNOWN_FIELDS: usize = 100;

/// Counts of a replay, shared by its threads.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    files: AtomicU64,
    files_failed: AtomicU64,
    records: AtomicU64,
    runs_sent: AtomicU64,
    runs_committed: AtomicU64,
    unknown_fields: Mutex<BTreeMap<String, u64>>,
}

/// The counts at the end.
#[derive(Debug)]
pub(super) struct LedgerReport {
    pub(super) files: u64,
    pub(super) files_failed: u64,
    /// Runs that were sent and never committed.
    pub(super) runs_undelivered: u64,
    pub(super) unknown_fields: BTreeMap<String, u64>,
}

impl Ledger {
    pub(super) fn file_done(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn file_failed(&self) {
        self.files_failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn run_sent(&self, records: usize) {
        self.runs_sent.fetch_add(1, Ordering::Relaxed);
        self.records.fetch_add(records as u64, Ordering::Relaxed);
    }

    /// Takes the exporter's answer; only COMMITTED is delivered.
    pub(super) fn answered(&self, answer: RunAnswer) {
        if answer.answer == Answer::Committed {
            self.runs_committed.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn note_unknown_fields(&self, format: &LogFormat) {
        let mut names = self.unknown_fields.lock().unwrap_or_else(PoisonError::into_inner);
        for name in format.unknown_fields() {
            if names.len() < MAX_UNKNOWN_FIELDS || names.contains_key(name) {
                *names.entry(name.clone()).or_default() += 1;
            }
        }
    }

    /// Objects and records so far.
    pub(super) fn progress(&self) -> (u64, u64) {
        let files = &self.files;
        (files.load(Ordering::Relaxed), self.records.load(Ordering::Relaxed))
    }

    /// The counts, once all threads are done.
    pub(super) fn report(&self) -> LedgerReport {
        let sent = self.runs_sent.load(Ordering::Relaxed);
        let names = self.unknown_fields.lock().unwrap_or_else(PoisonError::into_inner);
        LedgerReport {
            files: self.files.load(Ordering::Relaxed),
            files_failed: self.files_failed.load(Ordering::Relaxed),
            runs_undelivered: sent.saturating_sub(self.runs_committed.load(Ordering::Relaxed)),
            unknown_fields: names.clone(),
        }
    }
}
