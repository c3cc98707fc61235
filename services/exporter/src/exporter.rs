//! The exporter's thread: runs in, answers back.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use weir_delivery::{Answer, EnrichedRun, RetryReason, RunAnswer, RunId, RunRejection};
use weir_ipfix::{LayoutPair, RecordGroup};

use crate::address::Transport;
use crate::clock::{Clock, StopOnDrop};
use crate::config::{ExporterConfig, OutputConfig, OutputTarget};
use crate::error::ExportError;
use crate::json_lines::JsonLines;
use crate::output::Output;
use crate::rejects::Rejects;
use crate::report::ExportReport;
use crate::syslog::Syslog;
use crate::tcp::TcpCollector;
use crate::udp::UdpCollector;

/// Runs that wait for the exporter at most; a sender of more has to wait itself.
const QUEUE: usize = 4;

/// How often outputs have their turn between runs.
const IDLE: Duration = Duration::from_millis(500);

/// Hears the answer to each run, on the exporter's thread.
pub type AnswerHandler = Box<dyn FnMut(RunAnswer) + Send>;

/// A running exporter.
#[derive(Debug)]
pub struct Exporter {
    layouts: Arc<LayoutPair>,
    sender: Sender<EnrichedRun>,
    spare: Receiver<Vec<RecordGroup>>,
    stopper: Stopper,
    thread: JoinHandle<Result<ExportReport, ExportError>>,
}

/// The exporter has stopped; [`Exporter::finish`] says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the exporter has stopped")]
pub struct Stopped;

impl Exporter {
    /// Opens all outputs and starts the thread.
    ///
    /// # Errors
    ///
    /// What the first output that cannot be opened says.
    pub fn start(config: &ExporterConfig, on_answer: AnswerHandler) -> Result<Self, ExportError> {
        let layouts =
            Arc::new(LayoutPair::with_extras(config.enterprise_number, &config.extra_elements));
        let (clock, stop) = Clock::start();
        let outputs = open_outputs(config, &layouts, &clock)?;
        let (sender, runs) = bounded(QUEUE);
        let (spare_sender, spare) = bounded(2 * QUEUE);
        let report = ExportReport::default();
        let engine = Engine {
            layouts: Arc::clone(&layouts),
            outputs,
            clock,
            on_answer,
            report,
            spare: spare_sender,
        };
        let thread = std::thread::Builder::new()
            .name("exporter".to_owned())
            .spawn(move || engine.work(&runs))
            .map_err(|source| ExportError::Thread { source })?;
        Ok(Self { layouts, sender, spare, stopper: Stopper::new(stop), thread })
    }

    /// The layouts that records must follow.
    pub fn layouts(&self) -> &Arc<LayoutPair> {
        &self.layouts
    }

    /// Hands a run over. Waits while the exporter has enough to do: this is the back-pressure.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when an output has failed or a [`Stopper`] has stopped the exporter; the run is not delivered then.
    pub fn submit(&self, run: EnrichedRun) -> Result<(), Stopped> {
        self.sender.send(run).map_err(|_| Stopped)
    }

    /// Groups of a run that is written, for the next run: their memory is worth keeping. None
    /// where there are none.
    pub fn take_spare(&self) -> Vec<RecordGroup> {
        self.spare.try_recv().unwrap_or_default()
    }

    /// What can stop the exporter from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until all runs are written, or the exporter has stopped.
    ///
    /// # Errors
    ///
    /// What stopped the exporter.
    pub fn finish(self) -> Result<ExportReport, ExportError> {
        drop(self.sender);
        self.thread.join().unwrap_or(Err(ExportError::Panicked))
    }
}

/// Stops an [`Exporter`].
#[derive(Clone, Debug)]
pub struct Stopper {
    stop: Arc<Mutex<Option<StopOnDrop>>>,
}

impl Stopper {
    fn new(stop: StopOnDrop) -> Self {
        Self { stop: Arc::new(Mutex::new(Some(stop))) }
    }

    /// Stops without writing the runs that wait, and amid the one at hand where that one has to
    /// wait for the rate limit or a connection. They are not answered: not delivered.
    pub fn stop(&self) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn open_outputs(
    config: &ExporterConfig,
    layouts: &Arc<LayoutPair>,
    clock: &Clock,
) -> Result<Vec<Box<dyn Output>>, ExportError> {
    let mut outputs: Vec<Box<dyn Output>> = Vec::new();
    for collector in &config.collectors {
        let layouts = Arc::clone(layouts);
        outputs.push(match collector.address.transport {
            Transport::Udp => Box::new(UdpCollector::open(collector, layouts, clock.clone())?),
            Transport::Tcp => Box::new(TcpCollector::open(collector, layouts, clock.clone())?),
        });
    }
    for OutputConfig { target, fields } in &config.outputs {
        let layouts = Arc::clone(layouts);
        outputs.push(match target {
            OutputTarget::JsonLines(file) => Box::new(JsonLines::open(file, fields, layouts)?),
            OutputTarget::Syslog(address) => {
                Box::new(Syslog::open(address, fields, layouts, clock.clone())?)
            }
        });
    }
    if let Some(target) = &config.rejects {
        outputs.push(Box::new(Rejects::open(target)?));
    }
    Ok(outputs)
}

struct Engine {
    layouts: Arc<LayoutPair>,
    outputs: Vec<Box<dyn Output>>,
    clock: Clock,
    on_answer: AnswerHandler,
    report: ExportReport,
    /// Where the groups of written runs go.
    spare: Sender<Vec<RecordGroup>>,
}

impl Engine {
    fn work(mut self, runs: &Receiver<EnrichedRun>) -> Result<ExportReport, ExportError> {
        let mut next_idle = Instant::now() + IDLE;
        loop {
            match runs.recv_deadline(next_idle) {
                Ok(run) => match self.take(&run) {
                    // A full queue has enough of them.
                    Ok(()) => drop(self.spare.try_send(run.groups)),
                    Err(_) if self.clock.is_stopped() => break,
                    Err(error) => return Err(error),
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.clock.is_stopped() {
                break;
            }
            // Also while there is always a run to take: silent domains need their templates.
            if Instant::now() >= next_idle {
                self.idle()?;
                next_idle = Instant::now() + IDLE;
            }
        }
        for output in &self.outputs {
            output.report(&mut self.report);
        }
        Ok(self.report)
    }

    /// Writes a run to every output and answers. A failed output ends the exporter without an
    /// answer: the run counts as not delivered.
    fn take(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        if let Some(refusal) = self.refuse(run) {
            self.answer(run.id, refusal);
            return Ok(());
        }
        for output in &mut self.outputs {
            output.write(run)?;
        }
        self.count(run);
        self.answer(run.id, Answer::Committed);
        Ok(())
    }

    /// Why a run cannot be taken at all: checked before the first output sees it, so that no
    /// output takes half of it.
    fn refuse(&self, run: &EnrichedRun) -> Option<Answer> {
        run.groups.iter().find_map(|group| {
            let Some(layout) = self.layouts.by_revision(group.revision) else {
                return Some(Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO));
            };
            let is_malformed = group.records(layout).is_err();
            is_malformed.then_some(Answer::Rejected(RunRejection::Malformed))
        })
    }

    fn count(&mut self, run: &EnrichedRun) {
        self.report.runs += 1;
        self.report.tally.add(&run.tally);
        for rejected in &run.rejected {
            if let Some(count) = self.report.rejected.get_mut(rejected.reason as usize) {
                *count += 1;
            }
        }
    }

    fn answer(&mut self, run: RunId, answer: Answer) {
        (self.on_answer)(RunAnswer { run, answer });
    }

    fn idle(&mut self) -> Result<(), ExportError> {
        let now = self.clock.elapsed();
        self.outputs.iter_mut().try_for_each(|output| output.idle(now))
    }
}
