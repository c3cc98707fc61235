//! The window of an output whose report is counted over intervals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use weir_ipfix::LayoutPair;
use weir_report::{Closed, Extent, HeldRuns, Window, WindowOptions};

use crate::checked::CheckedRun;
use crate::meter::Meter;
use crate::outputs::Opening;
use crate::pending::Fate;

/// Counts the records of runs and holds these back until their rows are written. It is closed when
/// its interval has passed since its first run came, and before that when it holds too many runs
/// or VPCs.
pub(crate) struct LaneWindow {
    window: Window,
    /// The layouts of the records that it counts.
    records: Arc<LayoutPair>,
    rows: Arc<LayoutPair>,
    held: HeldRuns<Arc<Fate>>,
    max_held_runs: Arc<AtomicUsize>,
    interval: Duration,
    /// When its interval began; `None` while there is nothing in it.
    opened_at: Option<Duration>,
    closed_early: bool,
    meter: Arc<Meter>,
}

impl LaneWindow {
    pub(crate) fn new(
        options: &WindowOptions,
        opening: &Opening<'_>,
        rows: &Arc<LayoutPair>,
        meter: &Arc<Meter>,
    ) -> Self {
        Self {
            window: Window::new(options.clone(), opening.layouts, Arc::clone(rows)),
            records: Arc::clone(opening.layouts),
            rows: Arc::clone(rows),
            held: HeldRuns::new(),
            max_held_runs: Arc::clone(opening.max_held_runs),
            interval: options.interval,
            opened_at: None,
            closed_early: false,
            meter: Arc::clone(meter),
        }
    }

    /// Counts the records of a run, whatever layouts they follow.
    pub(crate) fn count(&mut self, run: &CheckedRun, now: Duration) {
        if !Arc::ptr_eq(run.layouts(), &self.records) {
            self.records = Arc::clone(run.layouts());
            self.window.read_under(&self.records);
        }
        self.opened_at.get_or_insert(now);
        for (domain, records) in run.records_of_domains() {
            self.window.add(domain, records);
        }
    }

    /// Holds a run back whose records are counted.
    pub(crate) fn hold(&mut self, run: Arc<Fate>) {
        self.held.take(run);
        self.publish();
    }

    pub(crate) fn holds_runs(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether its rows must be written now.
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        self.is_full() || self.has_passed(now)
    }

    fn is_full(&self) -> bool {
        let max_held_runs = self.max_held_runs.load(Ordering::Relaxed).max(1);
        self.window.is_full() || self.held.len() >= max_held_runs
    }

    fn has_passed(&self, now: Duration) -> bool {
        self.opened_at.is_some_and(|opened_at| now.saturating_sub(opened_at) >= self.interval)
    }

    /// Begins the next window. A full one carries nothing on: it would be full at once.
    pub(crate) fn close(&mut self, now: Duration, extent: Extent) -> Closed {
        self.closed_early = !self.has_passed(now);
        let extent = if self.is_full() { Extent::All } else { extent };
        let closed = self.window.close(now, extent);
        self.opened_at = (!self.window.is_empty()).then_some(now);
        closed
    }

    /// The next rows to be written.
    pub(crate) fn next_rows(&self, closed: &mut Closed) -> Option<CheckedRun> {
        let rows = closed.next_batch()?;
        Some(CheckedRun::of_rows(rows, &self.rows))
    }

    /// The rows are written: the runs that need not be held back any more.
    pub(crate) fn written(&mut self, closed: &Closed) -> Vec<Arc<Fate>> {
        let runs = self.held.written(closed.carried() > 0);
        self.meter.window().closed(self.closed_early, closed.deduplicated().flows);
        self.publish();
        runs
    }

    fn publish(&self) {
        self.meter.window().holds(self.window.len(), self.window.octets(), self.held.len());
    }
}
