//! Counts what an input does, for whoever asks: the status, the metrics.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use weir_delivery::{RawRun, RunRejection};
use weir_flowlog::LogFormat;

use super::InputKind;
use super::metrics::Metrics;
use super::status::{InputStatus, now_ms};
use crate::error::Fault;

/// The longest error that is shown, in octets.
const MAX_ERROR: usize = 1024;

/// How many log formats are shown. Of more, those that came first are left out.
const MAX_FORMATS: usize = 32;

/// Stands for no lag.
const NO_LAG: u64 = u64::MAX;

/// Counts what an input does. Make it after telemetry has started.
pub struct InputMeter {
    name: String,
    kind: InputKind,
    worker: String,
    metrics: Metrics,
    runs_read: AtomicU64,
    octets_read: AtomicU64,
    runs_committed: AtomicU64,
    runs_rejected: AtomicU64,
    runs_resent: AtomicU64,
    rewinds: AtomicU64,
    runs_in_flight: AtomicU64,
    octets_in_flight: AtomicU64,
    units_done: AtomicU64,
    units_failed: AtomicU64,
    source_errors: AtomicU64,
    lag_ms: AtomicU64,
    last_error: Mutex<String>,
    formats: Mutex<VecDeque<Arc<LogFormat>>>,
}

impl InputMeter {
    /// Counts from zero. `name` is what the configuration calls the input, `worker` the process.
    pub fn new(name: impl Into<String>, kind: InputKind, worker: impl Into<String>) -> Self {
        let (name, zero) = (name.into(), || AtomicU64::new(0));
        Self {
            metrics: Metrics::new(&name, kind),
            name,
            kind,
            worker: worker.into(),
            runs_read: zero(),
            octets_read: zero(),
            runs_committed: zero(),
            runs_rejected: zero(),
            runs_resent: zero(),
            rewinds: zero(),
            runs_in_flight: zero(),
            octets_in_flight: zero(),
            units_done: zero(),
            units_failed: zero(),
            source_errors: zero(),
            lag_ms: AtomicU64::new(NO_LAG),
            last_error: Mutex::default(),
            formats: Mutex::default(),
        }
    }

    /// What the configuration calls the input.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process that reads it.
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// The state at this moment.
    pub fn status(&self) -> InputStatus {
        let lag = get(&self.lag_ms);
        InputStatus {
            name: self.name.clone(),
            kind: self.kind.name().to_owned(),
            worker: self.worker.clone(),
            runs_read: get(&self.runs_read),
            octets_read: get(&self.octets_read),
            runs_committed: get(&self.runs_committed),
            runs_rejected: get(&self.runs_rejected),
            runs_resent: get(&self.runs_resent),
            rewinds: get(&self.rewinds),
            runs_in_flight: get(&self.runs_in_flight),
            octets_in_flight: get(&self.octets_in_flight),
            units_done: get(&self.units_done),
            units_failed: get(&self.units_failed),
            source_errors: get(&self.source_errors),
            lag_ms: (lag != NO_LAG).then_some(lag),
            last_error: self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            log_formats: self.log_formats(),
            written_ms: now_ms(),
        }
    }

    pub(crate) fn read(&self, run: &RawRun) {
        let octets = run.text.len() as u64;
        add(&self.runs_read, 1);
        add(&self.octets_read, octets);
        self.metrics.read(octets);
        self.note_format(&run.format);
    }

    fn note_format(&self, format: &Arc<LogFormat>) {
        let mut formats = self.formats.lock().unwrap_or_else(PoisonError::into_inner);
        // Neighbouring runs share it.
        let is_known = formats.iter().any(|known| Arc::ptr_eq(known, format));
        if is_known || format.is_undecided() {
            return;
        }
        formats.retain(|known| known != format);
        if formats.len() >= MAX_FORMATS {
            formats.pop_front();
        }
        formats.push_back(Arc::clone(format));
    }

    fn log_formats(&self) -> Vec<String> {
        let formats = self.formats.lock().unwrap_or_else(PoisonError::into_inner);
        formats.iter().map(ToString::to_string).collect()
    }

    pub(crate) fn committed(&self) {
        add(&self.runs_committed, 1);
        self.metrics.committed();
    }

    pub(crate) fn rejected(&self, rejection: RunRejection) {
        add(&self.runs_rejected, 1);
        self.metrics.rejected(rejection.name());
    }

    pub(crate) fn resent(&self) {
        add(&self.runs_resent, 1);
        self.metrics.resent();
    }

    pub(crate) fn rewound(&self) {
        add(&self.rewinds, 1);
        self.metrics.rewound();
    }

    pub(crate) fn unit_done(&self) {
        add(&self.units_done, 1);
        self.metrics.done();
    }

    pub(crate) fn unit_failed(&self, fault: Fault) {
        add(&self.units_failed, 1);
        self.metrics.failed(fault.name());
    }

    pub(crate) fn source_error(&self, fault: Fault) {
        add(&self.source_errors, 1);
        self.metrics.error(fault.name());
    }

    /// Shows what went wrong.
    pub(crate) fn show_error(&self, error: &str) {
        let end = error.floor_char_boundary(MAX_ERROR);
        let mut last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        *last = error.get(..end).unwrap_or_default().to_owned();
    }

    pub(crate) fn levels(&self, runs: usize, octets: usize, lag: Option<Duration>) {
        let lag_ms = lag.map_or(NO_LAG, |lag| u64::try_from(lag.as_millis()).unwrap_or(NO_LAG - 1));
        self.runs_in_flight.store(runs as u64, Ordering::Relaxed);
        self.octets_in_flight.store(octets as u64, Ordering::Relaxed);
        self.lag_ms.store(lag_ms, Ordering::Relaxed);
        let seconds = lag.unwrap_or_default().as_secs_f64();
        self.metrics.levels(runs as u64, octets as u64, seconds);
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
