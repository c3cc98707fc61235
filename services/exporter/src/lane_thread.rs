//! The thread of one output, and what happens when it ends too soon.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, bounded};

use crate::clock::Clock;
use crate::error::ExportError;
use crate::exporter::Stopped;
use crate::lane::Lane;
use crate::meter::Meter;
use crate::outputs::{Changing, OpenedOutput};
use crate::pending::{Commits, PendingRun};
use crate::stopper::WeakStopper;

/// The way to one output.
pub(crate) struct LaneThread {
    meter: Arc<Meter>,
    changing: Changing,
    queue: Option<Sender<Arc<PendingRun>>>,
    thread: Option<JoinHandle<()>>,
}

impl LaneThread {
    /// Starts the thread of an output, the `number`-th. Its queue holds `most` runs.
    pub(crate) fn start(
        opened: OpenedOutput,
        number: usize,
        most: usize,
        clock: &Clock,
        commits: &Arc<Commits>,
        failure: &Failure,
    ) -> Result<Self, ExportError> {
        let OpenedOutput { output, window, meter, when_down, health, is_eager, changing } = opened;
        let (queue, runs) = bounded(most);
        let lane = Lane {
            number,
            output,
            window,
            when_down,
            health,
            is_eager,
            clock: clock.clone(),
            meter: Arc::clone(&meter),
            commits: Arc::clone(commits),
        };
        let failure = failure.clone();
        let thread = thread::Builder::new()
            .name(format!("output-{number}"))
            .spawn(move || {
                let _stops_all = StopOnPanic(failure.stopper.clone());
                if let Err(error) = lane.work(&runs) {
                    failure.set(error);
                }
            })
            .map_err(|source| ExportError::Thread { source })?;
        Ok(Self { meter, changing, queue: Some(queue), thread: Some(thread) })
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// What may change while the output works.
    pub(crate) fn changing(&self) -> &Changing {
        &self.changing
    }

    /// Queues a run.
    pub(crate) fn give(&self, run: Arc<PendingRun>) -> Result<(), Stopped> {
        let queue = self.queue.as_ref().ok_or(Stopped)?;
        // Counted first: the output may have taken it a moment later.
        self.meter.queued(run.octets());
        queue.send(run).map_err(|_| Stopped)
    }

    /// Takes no more runs. Returns the thread to wait for.
    pub(crate) fn close(&mut self) -> Option<JoinHandle<()>> {
        self.queue = None;
        self.thread.take()
    }
}

/// Where an output that is given up leaves its error. The others are stopped.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    error: Arc<Mutex<Option<ExportError>>>,
    stopper: WeakStopper,
}

impl Failure {
    pub(crate) fn new(stopper: WeakStopper) -> Self {
        Self { error: Arc::default(), stopper }
    }

    /// The first error stays.
    fn set(&self, error: ExportError) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stopper.stop();
    }

    pub(crate) fn take(&self) -> Option<ExportError> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Nobody waits for an output whose thread is gone.
struct StopOnPanic(WeakStopper);

impl Drop for StopOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}
