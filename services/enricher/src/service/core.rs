//! The enricher between the receiving and the sending side of the delivery contract.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use weir_delivery::{
    Answer, Consequence, EnrichedRun, Part, Parts, RawRun, RunAnswer, RunId, RunRejection, Shards,
};
use weir_ipfix::LayoutPair;
use weir_rpc::dispatcher::{Delivery, DispatcherConfig, Receivers};
use weir_rpc::link::ReceiverEnd;
use weir_rpc::receiver::{Handler, Receiver, ReceiverConfig, ReceiverStatus};

use super::encoder::Tools;
use super::exporters::{Deliveries, ExporterEnd, ExporterStatus, Exporters};
use super::inventory::LoadedInventory;
use super::layouts::AllLayouts;
use super::metrics::Metrics;
use super::pool::{Enriched, Pool};
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
    /// What is on its way to all exporters together.
    pub dispatcher: DispatcherConfig,
    /// Where regions of public addresses come from.
    pub geo_database: Option<Arc<GeoDatabase>>,
}

/// Takes runs of lines over any number of links, enriches them and sends to each exporter what is
/// of its observation domains. It is stateless: what it has in memory, sources send again.
pub struct EnricherCore {
    receiver: Receiver<RawRun>,
    pool: Pool,
    exporters: Exporters,
    parts: Mutex<Parts>,
    /// The text of runs that the exporters have not taken over.
    texts: Mutex<HashMap<RunId, RawRun>>,
    inventory: LoadedInventory,
    /// Becomes true when there are layouts and an inventory.
    ready: watch::Receiver<bool>,
    geo_database: Option<Arc<GeoDatabase>>,
    lines: AtomicU64,
    records: AtomicU64,
    metrics: Metrics,
}

impl EnricherCore {
    /// Starts the threads and opens links to `exporters`, whose order is that of the shards.
    /// Nothing is read before the first layouts of each and the first inventory are there.
    ///
    /// # Errors
    ///
    /// When the system gives no thread, or there are no exporters or more than [`Shards::MOST`].
    pub fn start<R: Receivers<EnrichedRun>>(
        config: &EnricherConfig,
        exporters: Vec<ExporterEnd<R>>,
        inventory: LoadedInventory,
    ) -> std::io::Result<Arc<Self>> {
        let (exporters, deliveries) = Exporters::start(exporters, config.dispatcher)?;
        let tools = Arc::new(ArcSwapOption::empty());
        let ready = follow_tools(config, &exporters, inventory.clone(), Arc::clone(&tools));
        let (results, enriched) = mpsc::channel(2 * config.threads.get());
        let pool = Pool::start(config.threads, &tools, &results)?;
        let core = Arc::new(Self {
            receiver: Receiver::new(config.receiver),
            pool,
            exporters,
            parts: Mutex::default(),
            texts: Mutex::default(),
            inventory,
            ready,
            geo_database: config.geo_database.clone(),
            lines: AtomicU64::new(0),
            records: AtomicU64::new(0),
            metrics: Metrics::new(),
        });
        tokio::spawn(forward(Arc::downgrade(&core), enriched));
        for (shard, deliveries) in deliveries.into_iter().enumerate() {
            tokio::spawn(take_deliveries(Arc::downgrade(&core), shard, deliveries));
        }
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

    /// Holds so many octets of text from now on until the exporters have taken them over; what it
    /// holds stays.
    pub fn set_budget(&self, in_flight_octets: usize) {
        self.receiver.set_budgets(in_flight_octets, in_flight_octets);
        self.exporters.set_budgets(records_of(in_flight_octets));
    }

    /// Becomes true when there are the layouts of every exporter and an inventory.
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.ready.clone()
    }

    /// The layouts of each exporter, as far as they are known.
    pub fn layouts(&self) -> AllLayouts {
        self.exporters.layouts()
    }

    /// How observation domains are spread over the exporters.
    pub fn shards(&self) -> Shards {
        self.exporters.shards()
    }

    /// What the exporter of this shard is called, as it is configured.
    pub fn target(&self, shard: usize) -> &str {
        self.exporters.target(shard)
    }

    /// The inventory, as far as it is known.
    pub fn inventory(&self) -> LoadedInventory {
        self.inventory.clone()
    }

    /// What waits on its way in.
    pub fn receiver_status(&self) -> ReceiverStatus {
        self.receiver.status()
    }

    /// How it goes with each exporter, in the order of the shards.
    pub fn exporters(&self) -> Vec<ExporterStatus> {
        self.exporters.status()
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

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn enriched(&self, enriched: Enriched) {
        match enriched {
            Enriched::Run(run) => {
                self.lines.fetch_add(run.tally.lines, Ordering::Relaxed);
                self.records.fetch_add(run.tally.records, Ordering::Relaxed);
                self.metrics.enriched(&run);
                self.send(run).await;
            }
            Enriched::Failed(run) => {
                tracing::error!(%run, "a run cannot be enriched: this is a fault of weir, please report it");
                let consequence = self.parts().failed(run, RunRejection::Malformed);
                self.say(consequence);
            }
        }
    }

    /// Sends each exporter its part, but for what it was sent before.
    async fn send(&self, run: EnrichedRun) {
        let id = run.id;
        let parts = run.split(self.shards());
        let ids: Vec<_> = parts.iter().map(|part| part.run.id).collect();
        let (fresh, consequence) = self.parts().encoded(id, &ids);
        self.say(consequence);
        for Part { shard, run } in parts {
            if fresh.contains(&run.id) {
                self.exporters.send(shard, run).await;
            } else {
                self.pool.recycle(run.groups);
            }
        }
    }

    fn delivered(self: &Arc<Self>, shard: usize, delivery: Delivery<EnrichedRun>) {
        let (part, item, answer) = match delivery {
            Delivery::Accepted { run, item } => (run, Some(item), Answer::Accepted),
            Delivery::Done { run, item, answer } => (run, item, answer),
        };
        let consequence = self.parts().answered(part, answer);
        if let Consequence::Encode(run) = consequence {
            return self.encode_again(run, shard, item);
        }
        if let Some(item) = item {
            self.pool.recycle(item.groups);
        }
        self.say(consequence);
    }

    /// Tells the run's source. Its text is of no use after any word.
    fn say(&self, consequence: Consequence) {
        if let Consequence::Say(run, answer) = consequence {
            self.texts().remove(&run);
            self.receiver.answer(RunAnswer { run, answer });
        }
    }

    /// Encodes a run under the layouts that its exporters have now. Those of an exporter that
    /// found the part `stale` come over another stream than its answer, perhaps later.
    fn encode_again(self: &Arc<Self>, run: RunId, shard: usize, stale: Option<EnrichedRun>) {
        let Some(text) = self.texts().get(&run).cloned() else { return };
        self.metrics.encoded_again();
        let core = Arc::clone(self);
        tokio::spawn(async move {
            if let Some(stale) = stale {
                let mut layouts = core.layouts();
                let others = layouts.wait_for(|all| !knows(all.get(shard), &stale));
                drop(tokio::time::timeout(STALE_PATIENCE, others).await);
                core.pool.recycle(stale.groups);
            }
            core.pool.submit(text).await;
        });
    }
}

/// Whether the records of `run` follow these layouts.
fn knows(layouts: Option<&Option<Arc<LayoutPair>>>, run: &EnrichedRun) -> bool {
    let layouts = layouts.and_then(Option::as_deref);
    let has = |revision| layouts.is_some_and(|pair| pair.by_revision(revision).is_some());
    run.groups.iter().all(|group| has(group.revision))
}

#[async_trait]
impl Handler<RawRun> for EnricherCore {
    async fn take(&self, run: RawRun) {
        // It ends with the process alone.
        drop(self.ready.clone().wait_for(|is_ready| *is_ready).await);
        self.texts().insert(run.id, run.clone());
        self.pool.submit(run).await;
    }

    /// The exporter may have it. What several exporters know its parts by depends on its text,
    /// which is not here: the source reads it again, and what was committed is known then.
    async fn announced(&self, run: RunId) -> bool {
        let Some(exporter) = self.exporters.only() else { return false };
        self.parts().announced(run);
        exporter.announce(vec![run]).await.is_ok()
    }
}

/// What may be on its way to the exporters where so much text is held: records take more memory
/// than lines, and the text is what the budget bounds.
pub fn records_of(in_flight_octets: usize) -> DispatcherConfig {
    let octets = in_flight_octets.saturating_mul(4);
    DispatcherConfig { in_flight_octets: octets, link_octets: octets }
}

/// Keeps the threads' tools up to date. The answer becomes true with the first ones.
fn follow_tools(
    config: &EnricherConfig,
    exporters: &Exporters,
    mut inventory: LoadedInventory,
    tools: Arc<ArcSwapOption<Tools>>,
) -> watch::Receiver<bool> {
    let (publisher, ready) = watch::channel(false);
    let (geo_database, shards) = (config.geo_database.clone(), exporters.shards());
    let mut layouts = exporters.layouts();
    tokio::spawn(async move {
        loop {
            let known: Option<Vec<_>> = layouts.borrow_and_update().iter().cloned().collect();
            let loaded = inventory.borrow_and_update().clone();
            if let (Some(layouts), Some(loaded)) = (known, loaded) {
                let (snapshot, geo_database) = (Arc::clone(&loaded.snapshot), geo_database.clone());
                let tools_now = Tools { shards, layouts, snapshot, geo_database };
                tools.store(Some(Arc::new(tools_now)));
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
    shard: usize,
    mut deliveries: Deliveries,
) {
    while let Some(delivery) = deliveries.recv().await {
        let Some(core) = core.upgrade() else { return };
        core.delivered(shard, delivery);
    }
}
