//! The exporter behind the receiving side of the delivery contract.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::{Notify, watch};
use weir_delivery::{Answer, EnrichedRun, RetryReason, RunAnswer, RunId, Shards};
use weir_ipfix::LayoutPair;
use weir_rpc::link::ReceiverEnd;
use weir_rpc::receiver::{Handler, Receiver, ReceiverConfig, ReceiverStatus};

use super::held::Held;
use super::metrics::Metrics;
use crate::config::ExporterConfig;
use crate::error::ExportError;
use crate::exporter::{Exporter, NotTaken, Stopped};
use crate::pending::Fate;
use crate::report::{ExportReport, TemplateStatus};
use crate::stopper::Stopper;

/// How often runs are looked through for those that are held back.
const HOLDING: Duration = Duration::from_millis(250);

/// What a run that comes during a stop is told to wait.
const STOPPED: Duration = Duration::from_secs(1);

/// Takes runs over any number of links and writes them. It serves the links of a gRPC server as
/// well as those inside its process.
pub struct ExporterCore {
    exporter: Exporter,
    exporters: Shards,
    counts_across_domains: bool,
    layouts: watch::Sender<Arc<LayoutPair>>,
    shared: Arc<Shared>,
}

/// How many runs of which little is left there is room for.
fn max_held_runs(held_octets: usize) -> usize {
    held_octets / Fate::OCTETS
}

/// What the outputs' threads reach too.
struct Shared {
    receiver: Receiver<EnrichedRun>,
    held: Mutex<Held>,
    /// A run was answered: there may be room for another.
    freed: Notify,
    /// The same for who waits for the last one.
    settled: Notify,
    metrics: Metrics,
}

impl ExporterCore {
    /// Opens all outputs.
    ///
    /// # Errors
    ///
    /// What the first output that cannot be opened says.
    pub fn start(
        exporter: &ExporterConfig,
        receiver: ReceiverConfig,
        held_octets: usize,
    ) -> Result<Arc<Self>, ExportError> {
        let shared = Arc::new(Shared {
            receiver: Receiver::new(receiver),
            held: Mutex::new(Held::new(held_octets)),
            freed: Notify::new(),
            settled: Notify::new(),
            metrics: Metrics::new(),
        });
        let answers = Arc::clone(&shared);
        let max_held_runs = max_held_runs(held_octets);
        let (exporters, counts_across_domains) =
            (exporter.exporters, exporter.counts_across_domains());
        let exporter = ExporterConfig { max_held_runs, ..exporter.clone() };
        let exporter =
            Exporter::start(&exporter, Arc::new(move |answer| answers.answered(answer)))?;
        let layouts = watch::Sender::new(exporter.layouts());
        Ok(Arc::new(Self { exporter, exporters, counts_across_domains, layouts, shared }))
    }

    /// Serves one link until its sender has ended it and all its runs are answered.
    pub async fn serve(&self, end: ReceiverEnd<EnrichedRun>) {
        self.shared.receiver.serve(end, self).await;
    }

    /// Accepts the runs that outputs hold back; it never ends and must run beside the links.
    pub async fn hold(&self) {
        let mut ticks = tokio::time::interval(HOLDING);
        loop {
            ticks.tick().await;
            for run in self.shared.held().accept(Instant::now()) {
                self.shared.receiver.answer(RunAnswer { run, answer: Answer::Accepted });
            }
        }
    }

    /// Waits until every run that was taken is answered, also those whose senders are gone.
    pub async fn settled(&self) {
        self.close_windows();
        while self.shared.receiver.status().pending > 0 {
            self.shared.settled.notified().await;
        }
    }

    /// Has the windows of reports closed as soon as there is nothing else to do.
    pub fn close_windows(&self) {
        self.exporter.close_windows();
    }

    /// Asks all senders to end their links. Windows do not wait for their end any more.
    pub fn close(&self) {
        self.close_windows();
        self.shared.receiver.close();
    }

    /// Among how many exporters observation domains and the rate limit are shared.
    pub fn exporters(&self) -> Shards {
        self.exporters
    }

    /// Whether an enricher may send here that spreads observation domains over so many exporters.
    ///
    /// # Errors
    ///
    /// Why not, and what to do.
    pub fn admits(&self, spread_over: usize) -> Result<(), String> {
        if spread_over > 1 && self.counts_across_domains {
            return Err(format!(
                "this exporter has a report with deduplication, which has to see the flows of \
                 all VPCs, and the enricher spreads them over {spread_over} exporters: leave \
                 deduplication out, or give the enricher one exporter"
            ));
        }
        if spread_over != self.exporters.count() {
            tracing::warn!(
                enricher = spread_over,
                exporter = self.exporters.count(),
                "an enricher spreads observation domains over another number of exporters than \
                 share the rate limit: let `exporters` be the same, unless it is being changed"
            );
        }
        Ok(())
    }

    /// The layouts that records must follow.
    pub fn layouts(&self) -> watch::Receiver<Arc<LayoutPair>> {
        self.layouts.subscribe()
    }

    /// Goes by another configuration of the same collectors and outputs: see
    /// [`Exporter::reconfigure`], which waits. Senders learn of new layouts.
    pub fn reconfigure(&self, config: &ExporterConfig) {
        if self.exporter.reconfigure(config) {
            let layouts = self.exporter.layouts();
            tracing::info!(v4 = %layouts.v4.revision(), v6 = %layouts.v6.revision(), "new layouts");
            self.layouts.send_replace(layouts);
        }
    }

    /// Takes and holds so many octets from now on; what was taken stays.
    pub fn set_budgets(&self, in_flight_octets: usize, held_octets: usize) {
        self.shared.receiver.set_budgets(in_flight_octets, in_flight_octets);
        self.shared.held().set_budget(held_octets);
        self.exporter.set_max_held_runs(max_held_runs(held_octets));
    }

    /// The templates that each collector gets.
    pub fn templates(&self) -> Vec<TemplateStatus> {
        self.exporter.templates()
    }

    /// What was exported so far, and how it goes with each output.
    pub fn report(&self) -> ExportReport {
        self.exporter.status()
    }

    /// What waits on its way in.
    pub fn receiver_status(&self) -> ReceiverStatus {
        self.shared.receiver.status()
    }

    /// Octets of runs that were accepted and are not committed.
    pub fn held_octets(&self) -> usize {
        self.shared.held().octets()
    }

    /// What can stop the outputs amid a run.
    pub fn stopper(&self) -> Stopper {
        self.exporter.stopper()
    }

    /// Closes the outputs, once every link has ended.
    ///
    /// # Errors
    ///
    /// What stopped the exporter.
    pub fn finish(self) -> Result<ExportReport, ExportError> {
        self.exporter.finish()
    }
}

impl Shared {
    /// On the thread of the output that was the last to take the run.
    fn answered(&self, answer: RunAnswer) {
        match answer.answer {
            Answer::Accepted => self.held().counted(answer.run, Fate::OCTETS),
            _ => self.held().done(answer.run),
        }
        self.receiver.answer(answer);
        if answer.answer != Answer::Accepted {
            self.metrics.answered(&answer.answer);
        }
        self.freed.notify_one();
        self.settled.notify_one();
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Handler<EnrichedRun> for ExporterCore {
    async fn take(&self, run: EnrichedRun) {
        let (id, octets) = (run.id, run.octets());
        let mut checked = match self.exporter.check(run) {
            Ok(checked) => checked,
            Err(answer) => return self.shared.answered(RunAnswer { run: id, answer }),
        };
        self.shared.held().take(id, octets, Instant::now());
        loop {
            match self.exporter.try_submit(checked) {
                Ok(()) => return,
                Err(NotTaken::Full(run)) => {
                    checked = *run;
                    self.shared.freed.notified().await;
                }
                Err(NotTaken::Stopped(Stopped)) => {
                    let answer = Answer::Retry(RetryReason::Draining, STOPPED);
                    return self.shared.answered(RunAnswer { run: id, answer });
                }
            }
        }
    }

    /// What was accepted and is not pending died with an earlier exporter.
    async fn announced(&self, _run: RunId) -> bool {
        false
    }
}
