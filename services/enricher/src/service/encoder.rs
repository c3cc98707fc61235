//! Encodes runs for every exporter, each under its own layouts.

use std::sync::Arc;

use weir_delivery::{EnrichedRun, Run, Shards};
use weir_inventory::Snapshot;
use weir_ipfix::{LayoutPair, RecordGroup};

use crate::{Enricher, GeoDatabase};

/// What records are made with.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) shards: Shards,
    /// The layouts of each exporter.
    pub(super) layouts: Vec<Arc<LayoutPair>>,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) geo_database: Option<Arc<GeoDatabase>>,
}

/// Encodes runs, one at a time. Exporters nearly always have the same layouts, and then a run is
/// read once. Where they differ, as while they are configured anew one after another, it is read
/// once for each pair of layouts that has records of it.
#[derive(Debug)]
pub(super) struct Encoder {
    shards: Shards,
    first: Encoding,
    others: Vec<Encoding>,
}

/// One pair of layouts, and the exporters that have it.
#[derive(Debug)]
struct Encoding {
    layouts: Arc<LayoutPair>,
    enricher: Enricher,
    /// A bit for each shard: there are 64 at most.
    owners: u64,
}

impl Encoder {
    /// None without any exporter.
    pub(super) fn new(tools: &Tools) -> Option<Self> {
        let mut all: Vec<Encoding> = Vec::new();
        for (shard, layouts) in tools.layouts.iter().enumerate() {
            match all.iter_mut().find(|each| are_same(&each.layouts, layouts)) {
                Some(encoding) => encoding.owners |= 1 << shard,
                None => all.push(Encoding::new(shard, layouts, tools)),
            }
        }
        let mut all = all.into_iter();
        Some(Self { shards: tools.shards, first: all.next()?, others: all.collect() })
    }

    /// Takes groups of an earlier run that are written: the next run uses their memory.
    pub(super) fn recycle(&mut self, groups: Vec<RecordGroup>) {
        self.first.enricher.recycle(groups);
    }

    /// Each record of the run once, under the layout of the exporter that has its observation
    /// domain. Strings that are cut are counted under the first layouts.
    pub(super) fn encode(&mut self, run: &Run<'_>) -> EnrichedRun {
        let mut encoded = self.first.enricher.enrich(run);
        if self.others.is_empty() {
            return encoded;
        }
        let wanted = owners_of(&encoded.groups, self.shards) & !self.first.owners;
        self.first.keep_own(&mut encoded.groups, self.shards);
        for other in self.others.iter_mut().filter(|other| other.owners & wanted != 0) {
            let mut again = other.enricher.enrich(run).groups;
            other.keep_own(&mut again, self.shards);
            encoded.groups.append(&mut again);
        }
        encoded
    }
}

impl Encoding {
    fn new(shard: usize, layouts: &Arc<LayoutPair>, tools: &Tools) -> Self {
        let enricher = Enricher::new(Arc::clone(layouts), Arc::clone(&tools.snapshot));
        let enricher = match &tools.geo_database {
            Some(database) => enricher.with_geo_database(Arc::clone(database)),
            None => enricher,
        };
        Self { layouts: Arc::clone(layouts), enricher, owners: 1 << shard }
    }

    /// Leaves out the groups of exporters with other layouts.
    fn keep_own(&self, groups: &mut Vec<RecordGroup>, shards: Shards) {
        groups.retain(|group| self.owners & owner_of(group, shards) != 0);
    }
}

fn owners_of(groups: &[RecordGroup], shards: Shards) -> u64 {
    groups.iter().fold(0, |owners, group| owners | owner_of(group, shards))
}

fn owner_of(group: &RecordGroup, shards: Shards) -> u64 {
    1 << shards.of_domain(group.observation_domain_id)
}

/// Whether records are the same under both.
pub(super) fn are_same(one: &LayoutPair, other: &LayoutPair) -> bool {
    let revisions = |pair: &LayoutPair| (pair.v4.revision(), pair.v6.revision());
    revisions(one) == revisions(other)
}
