//! The thread of one output: runs in, each written until the output has taken it.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use weir_report::Extent;

use crate::checked::CheckedRun;
use crate::clock::Clock;
use crate::config::WhenDown;
use crate::error::ExportError;
use crate::health::{Health, Next};
use crate::lane_window::LaneWindow;
use crate::meter::Meter;
use crate::output::Output;
use crate::pending::{Commits, PendingRun};
use crate::report::DropReason;

/// How often outputs have their turn between runs.
const TURN: Duration = Duration::from_millis(500);

/// One output with its queue's end.
pub(crate) struct Lane {
    /// Its place among the outputs.
    pub(crate) number: usize,
    pub(crate) output: Box<dyn Output>,
    /// Counts the records; without one they are written as they come.
    pub(crate) window: Option<LaneWindow>,
    pub(crate) when_down: WhenDown,
    pub(crate) health: Health,
    /// Whether a connection is made before there is a run for it.
    pub(crate) is_eager: bool,
    pub(crate) clock: Clock,
    pub(crate) meter: Arc<Meter>,
    pub(crate) commits: Arc<Commits>,
}

impl Lane {
    /// Takes runs until there are no more, or the exporter is stopped.
    ///
    /// # Errors
    ///
    /// The output's, once it is given up.
    pub(crate) fn work(mut self, runs: &Receiver<Arc<PendingRun>>) -> Result<(), ExportError> {
        let mut next_turn = Instant::now();
        loop {
            let (done, is_last) = match runs.recv_deadline(next_turn) {
                Ok(run) => (self.take_run(run), false),
                Err(RecvTimeoutError::Timeout) => (Ok(()), false),
                Err(RecvTimeoutError::Disconnected) => (self.close_window(Extent::All), true),
            };
            let done = done.and_then(|()| self.close_window_when_due(runs.is_empty()));
            if self.clock.is_stopped() {
                return Ok(());
            }
            done?;
            if is_last {
                return Ok(());
            }
            // Also while there is always a run to take: silent domains need their templates.
            if Instant::now() >= next_turn {
                self.turn();
                next_turn = Instant::now() + TURN;
            }
        }
    }

    /// Writes a run, or counts its records.
    fn take_run(&mut self, run: Arc<PendingRun>) -> Result<(), ExportError> {
        match &mut self.window {
            Some(window) => {
                window.count(run.run(), self.clock.elapsed());
                self.meter.taken(run.octets());
                window.hold(self.commits.counted(run, self.number));
            }
            None => {
                self.take(run.run())?;
                self.meter.taken(run.octets());
                self.commits.taken(run, self.number);
            }
        }
        Ok(())
    }

    fn close_window_when_due(&mut self, is_idle: bool) -> Result<(), ExportError> {
        let Some(window) = &self.window else { return Ok(()) };
        let is_ending = is_idle && self.commits.closes_windows.load(Ordering::Relaxed);
        if is_ending && window.holds_runs() {
            self.close_window(Extent::All)
        } else if window.is_due(self.clock.elapsed()) {
            self.close_window(Extent::Interval)
        } else {
            Ok(())
        }
    }

    /// Writes the rows of the window, then lets go of its runs.
    fn close_window(&mut self, extent: Extent) -> Result<(), ExportError> {
        let Some(mut window) = self.window.take() else { return Ok(()) };
        let mut closed = window.close(self.clock.elapsed(), extent);
        while let Some(rows) = window.next_rows(&mut closed) {
            self.take(&rows)?;
        }
        for run in window.written(&closed) {
            self.commits.done(&run, self.number);
        }
        self.window = Some(window);
        Ok(())
    }

    /// Writes a run, or drops it where that is asked for.
    fn take(&mut self, run: &CheckedRun) -> Result<(), ExportError> {
        loop {
            match self.attempt(run) {
                Ok(true) => {
                    self.health.succeeded();
                    self.meter.is_up();
                    return Ok(());
                }
                Ok(false) => {
                    self.output.abandon();
                    let records = self.output.records_of(run) as u64;
                    self.meter.dropped(DropReason::OutputDown, records);
                    return Ok(());
                }
                Err(error) => self.recover(error)?,
            }
        }
    }

    /// Writes a run. False when the output is known to be down, which is not waited for.
    fn attempt(&mut self, run: &CheckedRun) -> Result<bool, ExportError> {
        let waits = self.when_down == WhenDown::Wait || !self.health.is_down();
        if !waits && !self.health.is_due(self.clock.elapsed()) {
            return Ok(false);
        }
        if !self.output.ready(waits)? {
            return Ok(false);
        }
        self.output.write(run).map(|()| true)
    }

    /// After a failed attempt: returns when the next may be made.
    fn recover(&mut self, error: ExportError) -> Result<(), ExportError> {
        if self.clock.is_stopped() {
            return Err(error);
        }
        match self.failed(&error) {
            Next::GiveUp => Err(error),
            Next::After(pause) if self.when_down == WhenDown::Wait => {
                self.clock.sleep(pause).map_err(|_| error)
            }
            Next::After(_) | Next::AtOnce => Ok(()),
        }
    }

    /// Between runs: what is due, and a connection for the next run.
    fn turn(&mut self) {
        let now = self.clock.elapsed();
        match self.try_turn(now) {
            // What was written shows that the output works.
            Ok(true) => self.health.succeeded(),
            Ok(false) => {}
            Err(_) if self.clock.is_stopped() => {}
            // Nothing is lost: there is no run.
            Err(error) => drop(self.failed(&error)),
        }
    }

    fn try_turn(&mut self, now: Duration) -> Result<bool, ExportError> {
        if self.is_eager && self.health.is_due(now) {
            if !self.output.ready(false)? {
                return Ok(false);
            }
            self.meter.is_up();
        }
        self.output.idle(now)
    }

    fn failed(&mut self, error: &ExportError) -> Next {
        let next = match error.is_final() {
            true => Next::GiveUp,
            false => self.health.failed(self.clock.elapsed(), error.has_worked(), chance()),
        };
        let text = with_causes(error);
        let output = self.meter.address();
        match next {
            Next::AtOnce => tracing::info!(output, error = text, "failed, trying again"),
            Next::After(pause) => {
                tracing::warn!(output, error = text, "down, trying again in {pause:.1?}");
            }
            Next::GiveUp => {}
        }
        self.meter.failed(text, next != Next::AtOnce);
        next
    }
}

/// An error with its causes, for status and logs.
fn with_causes(error: &ExportError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// 0 to 1 by chance.
fn chance() -> f64 {
    f64::from(RandomState::new().hash_one(0) as u32) / f64::from(u32::MAX)
}
