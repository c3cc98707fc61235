//! What goes wrong, and whom it strikes.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::enricher::Enricher;
use super::exporter::Exporter;
use super::network::Network;

const ENRICHERS: [&str; 3] = ["enricher 1", "enricher 2", "enricher 3"];

#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// A link breaks; what is on its way is lost, answers too.
    BreakLink(usize),
    /// All links break.
    BreakAll,
    /// An enricher loses all it knows, and starts anew.
    CrashEnricher(usize),
    /// The exporter loses all it knows, also what it has accepted.
    CrashExporter,
    /// An enricher is replaced in good order.
    ReplaceEnricher(usize),
}

pub(super) fn faults(may_exporter_crash: bool) -> impl Strategy<Value = Vec<(Duration, Fault)>> {
    let fault = prop_oneof![
        6 => (0_usize..6).prop_map(Fault::BreakLink),
        1 => Just(Fault::BreakAll),
        2 => (0_usize..3).prop_map(Fault::CrashEnricher),
        2 => (0_usize..3).prop_map(move |index| match may_exporter_crash {
            true => Fault::CrashExporter,
            false => Fault::BreakLink(index),
        }),
        1 => (0_usize..3).prop_map(Fault::ReplaceEnricher),
    ];
    let pause = (0_u64..3000).prop_map(Duration::from_millis);
    prop::collection::vec((pause, fault), 0..25)
}

pub(super) struct World {
    pub(super) network: Arc<Network>,
    pub(super) exporter: Exporter,
    enrichers: [Enricher; 3],
    /// Those that were replaced finish what they have.
    replaced: Vec<Enricher>,
}

impl World {
    pub(super) fn new(chance: u64) -> Self {
        let network = Arc::<Network>::default();
        let exporter = Exporter::start(&network, chance);
        let enrichers = ENRICHERS.map(|name| Enricher::start(name, &network));
        Self { network, exporter, enrichers, replaced: Vec::new() }
    }

    pub(super) fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::BreakLink(index) => self.network.break_one(index),
            Fault::BreakAll => self.network.break_all(),
            Fault::CrashEnricher(index) => {
                self.enrichers[index].crash(&self.network);
                self.enrichers[index] = Enricher::start(ENRICHERS[index], &self.network);
            }
            Fault::CrashExporter => self.exporter.crash(&self.network),
            Fault::ReplaceEnricher(index) => {
                let new = Enricher::start(ENRICHERS[index], &self.network);
                let old = std::mem::replace(&mut self.enrichers[index], new);
                old.close();
                self.replaced.push(old);
            }
        }
    }

    /// Whether nobody has anything left.
    pub(super) fn is_idle(&self) -> bool {
        let mut enrichers = self.enrichers.iter().chain(&self.replaced);
        enrichers.all(Enricher::is_idle) && self.exporter.is_idle()
    }
}
