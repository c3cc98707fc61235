//! What became of every object and run of a replay.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use weir_delivery::{Answer, RunAnswer};
use weir_flowlog::LogFormat;
use weir_objects::EventTally;

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
    duplicates: AtomicU64,
    not_flow_logs: AtomicU64,
    control: AtomicU64,
    unknown_fields: Mutex<BTreeMap<String, u64>>,
}

/// The counts at the end.
#[derive(Debug)]
pub(super) struct LedgerReport {
    pub(super) files: u64,
    pub(super) files_failed: u64,
    /// Runs that were sent and never committed.
    pub(super) runs_undelivered: u64,
    /// What was in documents and made no lines, by reason.
    pub(super) events_left_out: BTreeMap<&'static str, u64>,
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

    /// What was in the documents of an object.
    pub(super) fn events_read(&self, tally: &EventTally) {
        self.duplicates.fetch_add(tally.duplicates, Ordering::Relaxed);
        self.not_flow_logs.fetch_add(tally.not_flow_logs, Ordering::Relaxed);
        self.control.fetch_add(tally.control, Ordering::Relaxed);
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
        let left_out = [
            ("control_message", &self.control),
            ("duplicate", &self.duplicates),
            ("not_flow_log", &self.not_flow_logs),
        ];
        let left_out = left_out.map(|(reason, count)| (reason, count.load(Ordering::Relaxed)));
        LedgerReport {
            events_left_out: left_out.into_iter().filter(|(_, count)| *count > 0).collect(),
            files: self.files.load(Ordering::Relaxed),
            files_failed: self.files_failed.load(Ordering::Relaxed),
            runs_undelivered: sent.saturating_sub(self.runs_committed.load(Ordering::Relaxed)),
            unknown_fields: names.clone(),
        }
    }
}
