//! The exporter: runs in, a thread for each output, answers back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};
use weir_delivery::{Answer, EnrichedRun, RunAnswer};
use weir_ipfix::{LayoutPair, RecordGroup};

use crate::checked::CheckedRun;
use crate::clock::Clock;
use crate::collector_config::CollectorConfig;
use crate::config::ExporterConfig;
use crate::error::ExportError;
use crate::lane_thread::{Failure, LaneThread};
use crate::live::Live;
use crate::outputs::open_outputs;
use crate::pending::{Commits, PendingRun, Totals};
use crate::reconfigure::reconfigure;
use crate::report::{ExportReport, TemplateStatus};
use crate::stopper::Stopper;
use crate::templates::templates;

/// Half of the runs whose memory is kept for others.
const SPARE_RUNS: usize = 8;

/// Hears the answer to each run, on the thread of the output that was the last to take it, or of
/// the caller where nothing had to be written. A run that waits for a report's window alone is
/// ACCEPTED first.
pub type AnswerHandler = Arc<dyn Fn(RunAnswer) + Send + Sync>;

/// A running exporter. Dropped, it stops as a [`Stopper`] stops it.
pub struct Exporter {
    layouts: Live<LayoutPair>,
    clock: Clock,
    stopper: Stopper,
    commits: Arc<Commits>,
    /// Takes one for each run that is pending.
    permits: Sender<()>,
    spare: Receiver<Vec<RecordGroup>>,
    lanes: Vec<LaneThread>,
    failure: Failure,
    max_held_runs: Arc<AtomicUsize>,
}

/// The exporter has stopped; [`Exporter::finish`] says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the exporter has stopped")]
pub struct Stopped;

/// Why a run was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// [`ExporterConfig::max_pending_runs`] are pending. The run comes back.
    #[error("the exporter has as many runs as it can take")]
    Full(Box<CheckedRun>),
    /// The exporter has stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Exporter {
    /// Opens all outputs and starts their threads.
    ///
    /// # Errors
    ///
    /// What the first output that cannot be opened says. A UDP peer without an address or route
    /// is no error where nothing is given up ([`ExporterConfig::give_up_after`]); TCP and TLS
    /// connections are made later.
    pub fn start(config: &ExporterConfig, on_answer: AnswerHandler) -> Result<Self, ExportError> {
        let layouts =
            Arc::new(LayoutPair::with_extras(config.enterprise_number, &config.extra_elements));
        let (clock, stopper) = Clock::start();
        let max_held_runs = Arc::new(AtomicUsize::new(config.max_held_runs));
        let outputs = open_outputs(config, &layouts, &clock, &max_held_runs)?;
        let most = config.max_pending_runs.max(1);
        let (permits, permits_back) = bounded(most);
        let (spare_back, spare) = bounded(2 * most.min(SPARE_RUNS));
        let totals = Mutex::new(Totals::default());
        let closes_windows = AtomicBool::new(false);
        let commits =
            Commits { on_answer, spare: spare_back, permits: permits_back, totals, closes_windows };
        let (commits, failure) = (Arc::new(commits), Failure::new(stopper.downgrade()));
        let mut lanes = Vec::new();
        for opened in outputs {
            lanes.push(LaneThread::start(opened, lanes.len(), most, &clock, &commits, &failure)?);
        }
        Ok(Self {
            layouts: Live::of(layouts),
            clock,
            stopper,
            commits,
            permits,
            spare,
            lanes,
            failure,
            max_held_runs,
        })
    }

    /// The layouts that records must follow.
    pub fn layouts(&self) -> Arc<LayoutPair> {
        self.layouts.get()
    }

    /// Goes by another configuration of the same collectors and outputs, from the next message of
    /// each on: packet size, rate, elements and fields. What gets the rows of a report keeps its
    /// elements and fields. Runs that were taken are written in any case, whatever layouts they
    /// follow. True when the layouts are others than before.
    ///
    /// What cannot be had is left as it was and told in the status of its output: a packet size
    /// that has no room for the templates, or fields that leave no room for them. Connects a
    /// socket to find out about paths: not for a thread that must not wait.
    pub fn reconfigure(&self, config: &ExporterConfig) -> bool {
        reconfigure(&self.lanes, &self.layouts, config)
    }

    /// Windows of reports hold back so many runs from now on: [`ExporterConfig::max_held_runs`].
    pub fn set_max_held_runs(&self, max_held_runs: usize) {
        self.max_held_runs.store(max_held_runs, Ordering::Relaxed);
    }

    /// Checks a run before any output sees it, so that none takes half of it. This walks all
    /// records once, on the caller's thread.
    ///
    /// # Errors
    ///
    /// The answer to a run that cannot be taken at all; the handler does not hear it.
    pub fn check(&self, run: EnrichedRun) -> Result<CheckedRun, Answer> {
        CheckedRun::new(run, &self.layouts.get())
    }

    /// Checks a run and hands it to every output. Waits while the exporter has enough to do:
    /// this is the back-pressure. A run that cannot be taken at all is answered.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when an output has failed or a [`Stopper`] has stopped the exporter; the run
    /// is not delivered then.
    pub fn submit(&self, run: EnrichedRun) -> Result<(), Stopped> {
        let id = run.id;
        match self.check(run) {
            Ok(run) => self.submit_checked(run),
            Err(answer) => {
                (self.commits.on_answer)(RunAnswer { run: id, answer });
                Ok(())
            }
        }
    }

    /// Hands a run to every output without waiting.
    ///
    /// # Errors
    ///
    /// [`NotTaken::Full`] with the run when there are too many, [`NotTaken::Stopped`] as
    /// [`Self::submit`].
    pub fn try_submit(&self, run: CheckedRun) -> Result<(), NotTaken> {
        self.check_running()?;
        match self.permits.try_send(()) {
            Ok(()) => Ok(self.hand_out(run)?),
            Err(TrySendError::Full(())) => Err(NotTaken::Full(Box::new(run))),
            Err(TrySendError::Disconnected(())) => Err(Stopped.into()),
        }
    }

    fn submit_checked(&self, run: CheckedRun) -> Result<(), Stopped> {
        self.check_running()?;
        select! {
            send(self.permits, ()) -> sent => sent.map_err(|_| Stopped)?,
            recv(self.clock.stop()) -> _ => return Err(Stopped),
        }
        self.hand_out(run)
    }

    fn check_running(&self) -> Result<(), Stopped> {
        if self.clock.is_stopped() { Err(Stopped) } else { Ok(()) }
    }

    /// Gives a run that has a permit to every output. Their queues have a place for each permit.
    fn hand_out(&self, run: CheckedRun) -> Result<(), Stopped> {
        let Some((last, others)) = self.lanes.split_last() else {
            self.commits.commit_at_once(run);
            return Ok(());
        };
        let run = Arc::new(PendingRun::new(run, self.lanes.len()));
        others.iter().try_for_each(|lane| lane.give(Arc::clone(&run)))?;
        last.give(run)
    }

    /// Groups of a run that is committed, for the next run: their memory is worth keeping. None
    /// where there are none.
    pub fn take_spare(&self) -> Vec<RecordGroup> {
        self.spare.try_recv().unwrap_or_default()
    }

    /// What can stop the exporter from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// From now on the windows of reports are closed as soon as there is nothing else to do, so
    /// that no run waits for the end of an interval.
    pub fn close_windows(&self) {
        self.commits.closes_windows.store(true, Ordering::Relaxed);
    }

    /// What was exported so far, and how it goes with each output.
    pub fn status(&self) -> ExportReport {
        let Totals { runs, tally, rejected } = self.commits.totals();
        let now = self.clock.elapsed();
        let outputs = self.lanes.iter().map(|lane| lane.meter().report(now)).collect();
        ExportReport { tally, rejected, runs, pending_runs: self.permits.len() as u64, outputs }
    }

    /// The templates that each collector gets.
    pub fn templates(&self) -> Vec<TemplateStatus> {
        let layouts = self.layouts.get();
        let collectors = self.lanes.iter().filter_map(|lane| lane.changing().collector(&layouts));
        // They were made before, when the exporter began to go by this configuration.
        let templates = |(live, layouts): (&Live<CollectorConfig>, &Arc<LayoutPair>)| {
            templates(&live.get(), layouts).unwrap_or_default()
        };
        collectors.flat_map(templates).collect()
    }

    /// Waits until all runs are written, or the exporter has stopped.
    ///
    /// # Errors
    ///
    /// What stopped the exporter.
    pub fn finish(mut self) -> Result<ExportReport, ExportError> {
        let threads: Vec<_> = self.lanes.iter_mut().filter_map(LaneThread::close).collect();
        let joined: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
        match self.failure.take() {
            Some(error) => Err(error),
            None if joined.iter().any(Result::is_err) => Err(ExportError::Panicked),
            None => Ok(self.status()),
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.stopper.stop();
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").field("status", &self.status()).finish_non_exhaustive()
    }
}
