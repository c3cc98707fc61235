//! The exporters that an enricher sends to: each a shard of the observation domains.

use std::sync::Arc;

use tokio::sync::mpsc;
use weir_delivery::{EnrichedRun, Shards};
use weir_ipfix::LayoutPair;
use weir_rpc::dispatcher::{
    Delivery, Dispatcher, DispatcherConfig, DispatcherStatus, Receivers, Started,
};

use super::layouts::{AllLayouts, Layouts, of_all};

/// One exporter: how it is reached, and what it asks for.
pub struct ExporterEnd<R> {
    /// What it is called in logs, metrics and answers: as it is configured.
    pub target: String,
    /// Opens links to it.
    pub receivers: R,
    /// Its layouts.
    pub layouts: Layouts,
}

/// How it goes with one exporter.
#[derive(Clone, Debug)]
pub struct ExporterStatus {
    /// As it is configured.
    pub target: String,
    /// Its layouts, once they are known.
    pub layouts: Option<Arc<LayoutPair>>,
    /// What waits on its way there.
    pub dispatcher: DispatcherStatus,
}

/// All exporters in the order of the configuration.
pub(super) struct Exporters {
    shards: Shards,
    targets: Vec<String>,
    dispatchers: Vec<Dispatcher<EnrichedRun>>,
    layouts: AllLayouts,
}

/// What becomes of the runs that one exporter was sent.
pub(super) type Deliveries = mpsc::Receiver<Delivery<EnrichedRun>>;

impl Exporters {
    /// Starts to open links. All exporters together have the budgets of `config`.
    ///
    /// # Errors
    ///
    /// When there is none, or more than [`Shards::MOST`].
    pub(super) fn start<R: Receivers<EnrichedRun>>(
        ends: Vec<ExporterEnd<R>>,
        config: DispatcherConfig,
    ) -> std::io::Result<(Self, Vec<Deliveries>)> {
        let shards = Shards::new(ends.len()).ok_or_else(|| {
            let problem = format!("{} exporters: give 1 to {}", ends.len(), Shards::MOST);
            std::io::Error::new(std::io::ErrorKind::InvalidInput, problem)
        })?;
        let (mut targets, mut layouts) = (Vec::new(), Vec::new());
        let (mut dispatchers, mut all) = (Vec::<Dispatcher<_>>::new(), Vec::new());
        for end in ends {
            let started = match dispatchers.first() {
                Some(first) => first.start_beside(end.receivers),
                None => Dispatcher::start(end.receivers, config),
            };
            let Started { dispatcher, deliveries, .. } = started;
            dispatchers.push(dispatcher);
            all.push(deliveries);
            targets.push(end.target);
            layouts.push(end.layouts);
        }
        Ok((Self { shards, targets, dispatchers, layouts: of_all(layouts) }, all))
    }

    /// How observation domains are spread over them.
    pub(super) fn shards(&self) -> Shards {
        self.shards
    }

    /// The layouts of each, as far as they are known.
    pub(super) fn layouts(&self) -> AllLayouts {
        self.layouts.clone()
    }

    /// What the exporter of this shard is called.
    pub(super) fn target(&self, shard: usize) -> &str {
        self.targets.get(shard).map_or("", String::as_str)
    }

    /// Sends a part to its exporter, once the budget has room for it.
    pub(super) async fn send(&self, shard: usize, part: EnrichedRun) {
        let Some(dispatcher) = self.dispatchers.get(shard) else { return };
        if let Err(ended) = dispatcher.send(part).await {
            // With the process: its sources send the run again.
            tracing::debug!(%ended, "a run is left");
        }
    }

    /// The one exporter, where there is one.
    pub(super) fn only(&self) -> Option<&Dispatcher<EnrichedRun>> {
        self.dispatchers.first().filter(|_| self.shards.is_one())
    }

    /// All together have so much on their way from now on.
    pub(super) fn set_budgets(&self, config: DispatcherConfig) {
        if let Some(first) = self.dispatchers.first() {
            first.set_budgets(config);
        }
    }

    /// How it goes with each.
    pub(super) fn status(&self) -> Vec<ExporterStatus> {
        let layouts = self.layouts.borrow().clone();
        let all = self.targets.iter().zip(&self.dispatchers).zip(layouts);
        all.map(|((target, dispatcher), layouts)| ExporterStatus {
            target: target.clone(),
            layouts,
            dispatcher: dispatcher.status(),
        })
        .collect()
    }
}
