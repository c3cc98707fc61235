//! What keeps an inventory from being read: counted, and logged once a minute.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};

/// How often a failure of one kind is logged.
const INTERVAL: Duration = Duration::from_secs(60);

/// What keeps an inventory, or a part of it, from being read. The names are labels of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The file is not there, or cannot be read or indexed.
    File,
    /// The store does not answer.
    Store,
    /// The store has no index.
    NoIndex,
    /// The index is damaged, or of another version of weir.
    Index,
    /// A part that the index names is not there.
    PartMissing,
    /// A part is damaged, or of another version of weir.
    PartDamaged,
    /// The parts cannot be indexed together.
    Build,
}

impl Failure {
    const ALL: [Self; 7] = [
        Self::File,
        Self::Store,
        Self::NoIndex,
        Self::Index,
        Self::PartMissing,
        Self::PartDamaged,
        Self::Build,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Store => "store",
            Self::NoIndex => "no_index",
            Self::Index => "index",
            Self::PartMissing => "part_missing",
            Self::PartDamaged => "part_damaged",
            Self::Build => "build",
        }
    }
}

/// Counts failures.
pub(super) struct Failures {
    counter: Counter<u64>,
    /// When each was logged last, and how many were not since.
    logged: Mutex<[(Option<Instant>, u64); Failure::ALL.len()]>,
}

impl Failures {
    pub(super) fn new() -> Self {
        let meter = global::meter("weir");
        let counter = meter
            .u64_counter("weir_enricher_inventory_failures_total")
            .with_description("Inventories, or parts of them, that were not read, by reason.")
            .build();
        Self { counter, logged: Mutex::default() }
    }

    pub(super) fn count(&self, failure: Failure, source: &str, error: &anyhow::Error) {
        self.counter.add(1, &[KeyValue::new("reason", failure.name())]);
        if let Some(left_out) = self.may_log(failure) {
            let (reason, error) = (failure.name(), format!("{error:#}"));
            tracing::error!(source, reason, error, left_out, "inventory not read");
        }
    }

    /// Whether it may be logged now: then, how many were not since the last time.
    fn may_log(&self, failure: Failure) -> Option<u64> {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, left_out) = logged.get_mut(failure as usize)?;
        if last.is_some_and(|last| last.elapsed() < INTERVAL) {
            *left_out += 1;
            return None;
        }
        *last = Some(Instant::now());
        Some(std::mem::take(left_out))
    }
}
