//! The exporter's thread: runs in, answers back.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use weir_delivery::{Answer, EnrichedRun, RetryReason, RunAnswer, RunId, RunRejection};
use weir_ipfix::LayoutPair;

use crate::address::Transport;
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
        let start = Instant::now();
        let outputs = open_outputs(config, &layouts, start)?;
        let (sender, runs) = bounded(QUEUE);
        let report = ExportReport::default();
        let engine = Engine { layouts: Arc::clone(&layouts), outputs, start, on_answer, report };
        let thread = std::thread::Builder::new()
            .name("exporter".to_owned())
            .spawn(move || engine.work(&runs))
            .map_err(|source| ExportError::Thread { source })?;
        Ok(Self { layouts, sender, thread })
    }

    /// The layouts that records must follow.
    pub fn layouts(&self) -> &Arc<LayoutPair> {
        &self.layouts
    }

    /// Hands a run over. Waits while the exporter has enough to do: this is the back-pressure.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when an output has failed; the run is not delivered then.
    pub fn submit(&self, run: EnrichedRun) -> Result<(), Stopped> {
        self.sender.send(run).map_err(|_| Stopped)
    }

    /// Waits until all runs are written.
    ///
    /// # Errors
    ///
    /// What stopped the exporter.
    pub fn finish(self) -> Result<ExportReport, ExportError> {
        drop(self.sender);
        self.thread.join().unwrap_or(Err(ExportError::Panicked))
    }
}

fn open_outputs(
    config: &ExporterConfig,
    layouts: &Arc<LayoutPair>,
    start: Instant,
) -> Result<Vec<Box<dyn Output>>, ExportError> {
    let mut outputs: Vec<Box<dyn Output>> = Vec::new();
    for collector in &config.collectors {
        let layouts = Arc::clone(layouts);
        outputs.push(match collector.address.transport {
            Transport::Udp => Box::new(UdpCollector::open(collector, layouts, start)?),
            Transport::Tcp => Box::new(TcpCollector::open(collector, layouts, start)?),
        });
    }
    for OutputConfig { target, fields } in &config.outputs {
        let layouts = Arc::clone(layouts);
        outputs.push(match target {
            OutputTarget::JsonLines(file) => Box::new(JsonLines::open(file, fields, layouts)?),
            OutputTarget::Syslog(address) => Box::new(Syslog::open(address, fields, layouts)?),
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
    start: Instant,
    on_answer: AnswerHandler,
    report: ExportReport,
}

impl Engine {
    fn work(mut self, runs: &Receiver<EnrichedRun>) -> Result<ExportReport, ExportError> {
        let mut next_idle = Instant::now() + IDLE;
        loop {
            match runs.recv_deadline(next_idle) {
                Ok(run) => self.take(&run)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
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
        let now = self.start.elapsed();
        self.outputs.iter_mut().try_for_each(|output| output.idle(now))
    }
}
