//! A run becomes a delivery for each exporter that has records of it.
//!
//! An exporter remembers what it has committed, and writes nothing of it again. What it knows a
//! delivery by must therefore say exactly what is in it; else it would take one for another, and
//! records would be lost. The same run is split otherwise
//!
//! - under another list of exporters: while a list changes, enrichers with the old and the new
//!   one send parts of the same runs to the same exporters;
//! - under another inventory: a VPC that was unknown has another observation domain once it is
//!   known, and so perhaps another exporter.
//!
//! So the id of a part is made of the run's id, the shard, how many there are, which of the run's
//! records it holds ([`Places`]), and whether it has the lines that are none. Two parts with the
//! same id hold the same lines of the same run; every line of a run is in one part of each split.
//! Whoever has every part of one split committed has every line written. Another split can repeat
//! records, and never lose one.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_ipfix::{Places, RecordGroup};
use xxhash_rust::xxh3::Xxh3;

use crate::batch::{EnrichedRun, RejectedLine, RunTally};
use crate::run::RunId;
use crate::shards::Shards;

/// What one exporter gets of a run.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which exporter, by its place in the list.
    pub shard: usize,
    /// Its records, and at one of the exporters the lines that are none. The id is that of the
    /// part: see [`PartContent`].
    pub run: EnrichedRun,
}

/// What distinguishes one part of a run from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartContent {
    /// Which exporter it is for, below `shards`.
    pub shard: usize,
    /// How many exporters there are.
    pub shards: Shards,
    /// Which of the run's records it holds.
    pub places: Places,
    /// Whether it has the lines that are no records.
    pub has_other_lines: bool,
}

impl PartContent {
    /// What an exporter knows this part of `run` by: the run's own id where there is one exporter.
    pub fn id(&self, run: RunId) -> RunId {
        if self.shards.is_one() {
            return run;
        }
        let mut hasher = Xxh3::new();
        hasher.update(&run.0.to_be_bytes());
        hasher.update(&(self.shard as u64).to_be_bytes());
        hasher.update(&(self.shards.count() as u64).to_be_bytes());
        hasher.update(&self.places.digest().to_be_bytes());
        hasher.update(&[self.has_other_lines.into()]);
        RunId(hasher.digest128())
    }
}

impl EnrichedRun {
    /// A part for each exporter that has records of the run, in the order of the exporters; one
    /// part without records where the run has none.
    ///
    /// Lines that are no records, and the counts that are not of records alone, are in the first
    /// part: counts of all parts add up to those of the run.
    pub fn split(self, shards: Shards) -> Vec<Part> {
        if shards.is_one() {
            return vec![Part { shard: 0, run: self }];
        }
        let EnrichedRun { id, origin, groups, rejected, tally } = self;
        let new = |(shard, groups)| Part {
            shard,
            run: EnrichedRun { groups, ..EnrichedRun::new(id, Arc::clone(&origin)) },
        };
        let mut parts: Vec<_> = by_shard(groups, id, shards).into_iter().map(new).collect();
        parts.iter_mut().for_each(Part::count_records);
        let others = tally.lines.saturating_sub(tally.records);
        if let Some(first) = parts.first_mut() {
            first.take_others(others, rejected, tally);
        }
        for (place, part) in parts.iter_mut().enumerate() {
            let has_other_lines = place == 0 && others > 0;
            part.run.id = part.content(shards, has_other_lines).id(id);
        }
        parts
    }
}

/// The groups of each exporter that has any, in the order of the exporters; of one without any where
/// there are none.
fn by_shard(
    groups: Vec<RecordGroup>,
    run: RunId,
    shards: Shards,
) -> BTreeMap<usize, Vec<RecordGroup>> {
    let mut all: BTreeMap<usize, Vec<RecordGroup>> = BTreeMap::new();
    for group in groups {
        all.entry(shards.of_domain(group.observation_domain_id)).or_default().push(group);
    }
    if all.is_empty() {
        all.insert(shards.of_run(run.0), Vec::new());
    }
    all
}

impl Part {
    fn count_records(&mut self) {
        let records = self.run.records() as u64;
        self.run.tally = RunTally { lines: records, records, ..RunTally::default() };
    }

    /// Takes over the lines that are no records, and what of `whole` is not counted by group.
    fn take_others(&mut self, others: u64, rejected: Vec<RejectedLine>, whole: RunTally) {
        let records = self.run.tally.records;
        self.run.tally = RunTally { lines: records + others, records, ..whole };
        self.run.rejected = rejected;
    }

    fn content(&self, shards: Shards, has_other_lines: bool) -> PartContent {
        let places = self.run.groups.iter().map(|group| group.places);
        let places = places.fold(Places::NONE, Places::and);
        PartContent { shard: self.shard, shards, places, has_other_lines }
    }
}
