//! The enricher between the receiving and the sending side of the delivery contract.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use weir_delivery::{Answer, EnrichedRun, RawRun, RetryReason, RunAnswer, RunId, RunRejection};
use weir_rpc::dispatcher::{
    Delivery, Dispatcher, DispatcherConfig, DispatcherStatus, Receivers, Started,
};
use weir_rpc::link::ReceiverEnd;
use weir_rpc::receiver::{Handler, Receiver, ReceiverConfig, ReceiverStatus};

use super::inventory::LoadedInventory;
use super::layouts::Layouts;
use super::metrics::Metrics;
use super::pool::{Enriched, Pool, Tools};
use crate::GeoDatabase;
use crate::geo::RememberedRegions;

/// How long the exporter's new layouts are waited for before a stale run is encoded again.
const STALE_PATIENCE: Duration = Duration::from_secs(1);

/// How it enriches.
#[derive(Clone, Debug)]
pub struct EnricherConfig {
    /// Threads that parse and enrich.
    pub threads: NonZeroUsize,
    /// What is taken from sources.
    pub receiver: ReceiverConfig,
    /// What is on its way to the exporter.
    pub dispatcher: DispatcherConfig,
    /// Where regions of public addresses come from.
    pub geo_database: Option<Arc<GeoDatabase>>,
}

/// Takes runs of lines over any number of links, enriches them and sends them to the exporter.
/// It is stateless: what it has in memory, sources send again.
pub struct EnricherCore {
    receiver: Receiver<RawRun>,
    pool: Pool,
    dispatcher: Dispatcher<EnrichedRun>,
    /// The text of runs that the exporter has not taken over.
    texts: Mutex<HashMap<RunId, RawRun>>,
    layouts: Layouts,
    inventory: LoadedInventory,
    /// Becomes true when there are layouts and an inventory.
    ready: watch::Receiver<bool>,
    geo_database: Option<Arc<GeoDatabase>>,
    lines: AtomicU64,
    records: AtomicU64,
    metrics: Metrics,
}

impl EnricherCore {
    /// Starts the threads and the dispatcher. Nothing is read before the first layouts and the
    /// first inventory are there.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn start(
        config: &EnricherConfig,
        exporters: impl Receivers<EnrichedRun>,
        layouts: Layouts,
        inventory: LoadedInventory,
    ) -> std::io::Result<Arc<Self>> {
        let tools = Arc::new(ArcSwapOption::empty());
        let ready = follow_tools(config, layouts.clone(), inventory.clone(), Arc::clone(&tools));
        let (results, enriched) = mpsc::channel(2 * config.threads.get());
        let pool = Pool::start(config.threads, &tools, &results)?;
        let Started { dispatcher, deliveries, .. } =
            Dispatcher::start(exporters, config.dispatcher);
        let core = Arc::new(Self {
            receiver: Receiver::new(config.receiver),
            pool,
            dispatcher,
            texts: Mutex::default(),
            layouts,
            inventory,
            ready,
            geo_database: config.geo_database.clone(),
            lines: AtomicU64::new(0),
            records: AtomicU64::new(0),
            metrics: Metrics::new(),
        });
        tokio::spawn(forward(Arc::downgrade(&core), enriched));
        tokio::spawn(take_deliveries(Arc::downgrade(&core), deliveries));
        Ok(core)
    }

    /// Serves one link until its source has ended it and all its runs are answered.
    pub async fn serve(&self, end: ReceiverEnd<RawRun>) {
        self.receiver.serve(end, self).await;
    }

    /// Asks all sources to end their links.
    pub fn close(&self) {
        self.receiver.close();
    }

    /// Holds so many octets of text from now on until the exporter has taken them over; what it
    /// holds stays.
    pub fn set_budget(&self, in_flight_octets: usize) {
        self.receiver.set_budgets(in_flight_octets, in_flight_octets);
        self.dispatcher.set_budgets(records_of(in_flight_octets));
    }

    /// Becomes true when there are layouts and an inventory.
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.ready.clone()
    }

    /// The exporter's layouts, as far as they are known.
    pub fn layouts(&self) -> Layouts {
        self.layouts.clone()
    }

    /// The inventory, as far as it is known.
    pub fn inventory(&self) -> LoadedInventory {
        self.inventory.clone()
    }

    /// What waits on its way in.
    pub fn receiver_status(&self) -> ReceiverStatus {
        self.receiver.status()
    }

    /// What waits on its way out.
    pub fn dispatcher_status(&self) -> DispatcherStatus {
        self.dispatcher.status()
    }

    /// Lines and records since the start.
    pub fn counts(&self) -> (u64, u64) {
        (self.lines.load(Ordering::Relaxed), self.records.load(Ordering::Relaxed))
    }

    /// Geographic regions, for an explanation.
    pub(super) fn geo_regions(&self) -> Option<RememberedRegions> {
        self.geo_database.as_ref().map(|database| RememberedRegions::new(Arc::clone(database)))
    }

    fn texts(&self) -> MutexGuard<'_, HashMap<RunId, RawRun>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn enriched(&self, enriched: Enriched) {
        match enriched {
            Enriched::Run(run) => {
                self.lines.fetch_add(run.tally.lines, Ordering::Relaxed);
                self.records.fetch_add(run.tally.records, Ordering::Relaxed);
                self.metrics.enriched(&run);
                if let Err(ended) = self.dispatcher.send(run).await {
                    // With the process: its sources send the run again.
                    tracing::debug!(%ended, "a run is left");
                }
            }
            Enriched::Failed(run) => {
                tracing::error!(%run, "a run cannot be enriched: this is a fault of weir, please report it");
                self.finish(run, None, Answer::Rejected(RunRejection::Malformed));
            }
        }
    }

    fn delivered(self: &Arc<Self>, delivery: Delivery<EnrichedRun>) {
        match delivery {
            Delivery::Accepted { run, item } => {
                self.texts().remove(&run);
                self.pool.recycle(item.groups);
                self.receiver.answer(RunAnswer { run, answer: Answer::Accepted });
            }
            Delivery::Done {
                run,
                item: Some(item),
                answer: Answer::Retry(RetryReason::StaleTemplates, _),
            } => self.encode_again(run, item),
            Delivery::Done { run, item, answer } => self.finish(run, item, answer),
        }
    }

    fn finish(&self, run: RunId, item: Option<EnrichedRun>, answer: Answer) {
        self.texts().remove(&run);
        if let Some(item) = item {
            self.pool.recycle(item.groups);
        }
        self.receiver.answer(RunAnswer { run, answer });
    }

    /// Encodes a run under the layouts that the exporter has now. They come over another stream
    /// than its answer, perhaps later.
    fn encode_again(self: &Arc<Self>, run: RunId, stale: EnrichedRun) {
        let Some(text) = self.texts().get(&run).cloned() else { return };
        self.metrics.stale();
        let (core, mut layouts) = (Arc::clone(self), self.layouts.clone());
        tokio::spawn(async move {
            let is_known = |known: &Option<Arc<weir_ipfix::LayoutPair>>| {
                let known = known.as_deref();
                let has = |revision| known.is_some_and(|pair| pair.by_revision(revision).is_some());
                stale.groups.iter().all(|group| has(group.revision))
            };
            let others = layouts.wait_for(|known| !is_known(known));
            drop(tokio::time::timeout(STALE_PATIENCE, others).await);
            core.pool.recycle(stale.groups);
            core.pool.submit(text).await;
        });
    }
}

#[async_trait]
impl Handler<RawRun> for EnricherCore {
    async fn take(&self, run: RawRun) {
        // It ends with the process alone.
        drop(self.ready.clone().wait_for(|is_ready| *is_ready).await);
        self.texts().insert(run.id, run.clone());
        self.pool.submit(run).await;
    }

    /// The exporter may have it.
    async fn announced(&self, run: RunId) -> bool {
        self.dispatcher.announce(vec![run]).await.is_ok()
    }
}

/// What may be on its way to the exporter where so much text is held: records take more memory
/// than lines, and the text is what the budget bounds.
pub fn records_of(in_flight_octets: usize) -> DispatcherConfig {
    let octets = in_flight_octets.saturating_mul(4);
    DispatcherConfig { in_flight_octets: octets, link_octets: octets }
}

/// Keeps the threads' tools up to date. The answer becomes true with the first ones.
fn follow_tools(
    config: &EnricherConfig,
    mut layouts: Layouts,
    mut inventory: LoadedInventory,
    tools: Arc<ArcSwapOption<Tools>>,
) -> watch::Receiver<bool> {
    let (publisher, ready) = watch::channel(false);
    let geo_database = config.geo_database.clone();
    tokio::spawn(async move {
        loop {
            let known = layouts.borrow_and_update().clone();
            let loaded = inventory.borrow_and_update().clone();
            if let (Some(layouts), Some(loaded)) = (known, loaded) {
                let (snapshot, geo_database) = (Arc::clone(&loaded.snapshot), geo_database.clone());
                tools.store(Some(Arc::new(Tools { layouts, snapshot, geo_database })));
                publisher.send_if_modified(|is_ready| !std::mem::replace(is_ready, true));
            }
            tokio::select! {
                Ok(()) = layouts.changed() => {}
                Ok(()) = inventory.changed() => {}
                () = publisher.closed() => return,
            }
        }
    });
    ready
}

async fn forward(core: std::sync::Weak<EnricherCore>, mut enriched: mpsc::Receiver<Enriched>) {
    while let Some(enriched) = enriched.recv().await {
        let Some(core) = core.upgrade() else { return };
        core.enriched(enriched).await;
    }
}

async fn take_deliveries(
    core: std::sync::Weak<EnricherCore>,
    mut deliveries: mpsc::Receiver<Delivery<EnrichedRun>>,
) {
    while let Some(delivery) = deliveries.recv().await {
        let Some(core) = core.upgrade() else { return };
        core.delivered(delivery);
    }
}
