//! Enrichers, exporters and their faults in any order: a source that moves on has lost no line.
//!
//! While all this goes on, enrichers start anew with other lists of exporters and learn of VPCs or
//! forget them, so that the same run is split in other ways.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use weir_delivery::{Answer, Consequence, Parts, RunId, Shards};

use crate::split::run_of;
use crate::{STALE, run};

/// Lists of exporters, of three that there are.
const LISTS: [&[usize]; 6] = [&[0], &[1], &[0, 1], &[1, 0], &[0, 1, 2], &[2, 1, 0]];
/// Each line is a record of a VPC, which has a domain of its own where it is known.
const VPCS: [usize; 8] = [0, 1, 2, 3, 0, 1, 2, 3];
/// Stands for the lines that are no records.
const OTHERS: usize = 99;
/// A step that chooses among what there is.
type Choice = usize;

#[derive(Clone, Debug)]
enum Step {
    /// The source sends a run to an enricher.
    Send(u8, usize),
    /// An enricher knows a VPC, or no more.
    Learn(usize, usize),
    /// A part arrives.
    Arrive(Choice),
    /// A part finds other layouts.
    Refuse(Choice),
    /// An exporter takes a part over.
    Accept(usize, Choice),
    /// An exporter writes a part.
    Commit(usize, Choice),
    /// An exporter starts anew and remembers nothing.
    EndExporter(usize),
    /// An enricher starts anew, with another list.
    EndEnricher(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let choice = || any::<Choice>();
    let step = prop_oneof![
        6 => (0..2_u8, 0..2_usize).prop_map(|(run, enricher)| Step::Send(run, enricher)),
        3 => (0..2_usize, 0..4_usize).prop_map(|(enricher, vpc)| Step::Learn(enricher, vpc)),
        9 => choice().prop_map(Step::Arrive),
        2 => choice().prop_map(Step::Refuse),
        3 => (0..3_usize, choice()).prop_map(|(exporter, which)| Step::Accept(exporter, which)),
        7 => (0..3_usize, choice()).prop_map(|(exporter, which)| Step::Commit(exporter, which)),
        1 => (0..3_usize).prop_map(Step::EndExporter),
        2 => (0..2_usize, 0..LISTS.len()).prop_map(|(enricher, list)| Step::EndEnricher(enricher, list)),
    ];
    prop::collection::vec(step, 0..120)
}

/// A part with the lines that are in it.
#[derive(Clone, Debug)]
struct Parcel {
    exporter: usize,
    part: RunId,
    run: u8,
    lines: BTreeSet<usize>,
    /// Who sent it, and in which life.
    sender: (usize, u32),
}

#[derive(Default)]
struct Enricher {
    life: u32,
    list: &'static [usize],
    knows: [bool; 4],
    parts: Parts,
    /// Runs without a final answer.
    runs: BTreeSet<u8>,
    /// What its dispatchers hold, and whether it was accepted.
    outbox: BTreeMap<RunId, (Parcel, bool)>,
}

#[derive(Default)]
struct Exporter {
    pending: BTreeMap<RunId, Vec<Parcel>>,
    committed: BTreeSet<RunId>,
}

struct World {
    enrichers: [Enricher; 2],
    exporters: [Exporter; 3],
    flying: Vec<Parcel>,
    /// What collectors have.
    written: BTreeSet<(u8, usize)>,
}

impl World {
    fn new() -> Self {
        let enricher = || Enricher { list: LISTS[2], ..Enricher::default() };
        let enrichers = [enricher(), enricher()];
        let (exporters, flying) = (Default::default(), Vec::new());
        Self { enrichers, exporters, flying, written: BTreeSet::new() }
    }

    fn step(&mut self, step: Step) {
        let among = |count: usize, choice: Choice| (count > 0).then(|| choice % count.max(1));
        match step {
            Step::Send(number, enricher) => {
                if self.enrichers[enricher].runs.insert(number) {
                    self.encode(enricher, number);
                }
            }
            Step::Learn(enricher, vpc) => self.enrichers[enricher].knows[vpc] ^= true,
            Step::Arrive(choice) => {
                if let Some(which) = among(self.flying.len(), choice) {
                    let parcel = self.flying.swap_remove(which);
                    self.arrive(parcel);
                }
            }
            Step::Refuse(choice) => {
                if let Some(which) = among(self.flying.len(), choice) {
                    let parcel = self.flying.swap_remove(which);
                    self.answer(&parcel, STALE);
                }
            }
            Step::Accept(exporter, choice) => {
                let pending = &self.exporters[exporter].pending;
                if let Some(which) = among(pending.len(), choice) {
                    let waiting = pending.values().nth(which).unwrap().clone();
                    waiting.iter().for_each(|parcel| self.answer(parcel, Answer::Accepted));
                }
            }
            Step::Commit(exporter, choice) => {
                let count = self.exporters[exporter].pending.len();
                if let Some(which) = among(count, choice) {
                    self.commit(exporter, which);
                }
            }
            Step::EndExporter(exporter) => self.end_exporter(exporter),
            Step::EndEnricher(enricher, list) => {
                let Enricher { life, knows, .. } = self.enrichers[enricher];
                let (life, list) = (life + 1, LISTS[list]);
                self.enrichers[enricher] = Enricher { life, list, knows, ..Enricher::default() };
            }
        }
    }

    fn encode(&mut self, enricher: usize, number: u8) {
        let Enricher { list, knows, life, .. } = self.enrichers[enricher];
        let domain = |vpc: usize| if knows[vpc] { 10 + vpc as u32 } else { 1 };
        let shards = Shards::new(list.len()).unwrap();
        let domains = VPCS.map(domain);
        let split = run_of(number.into(), &domains, 2).split(shards);
        let mut parcels = Vec::new();
        for part in split {
            let is_in = |line: &usize| shards.of_domain(domains[*line]) == part.shard;
            let mut lines: BTreeSet<_> = (0..VPCS.len()).filter(is_in).collect();
            lines.extend((!part.run.rejected.is_empty()).then_some(OTHERS));
            let (exporter, sender) = (list[part.shard], (enricher, life));
            parcels.push(Parcel { exporter, part: part.run.id, run: number, lines, sender });
        }
        let ids: Vec<_> = parcels.iter().map(|parcel| parcel.part).collect();
        let (fresh, consequence) = self.enrichers[enricher].parts.encoded(run(number), &ids);
        for parcel in parcels.into_iter().filter(|parcel| fresh.contains(&parcel.part)) {
            let outbox = &mut self.enrichers[enricher].outbox;
            // One that is on its way gets its answer.
            if let Entry::Vacant(place) = outbox.entry(parcel.part) {
                place.insert((parcel.clone(), false));
                self.flying.push(parcel);
            }
        }
        self.follow(enricher, consequence);
    }

    fn arrive(&mut self, parcel: Parcel) {
        let exporter = &mut self.exporters[parcel.exporter];
        if exporter.committed.contains(&parcel.part) {
            return self.answer(&parcel, Answer::Committed);
        }
        exporter.pending.entry(parcel.part).or_default().push(parcel);
    }

    fn commit(&mut self, exporter: usize, which: usize) {
        let part = *self.exporters[exporter].pending.keys().nth(which).unwrap();
        let waiting = self.exporters[exporter].pending.remove(&part).unwrap();
        // It has the records of the copy that came first.
        let Parcel { run, lines, .. } = &waiting[0];
        self.written.extend(lines.iter().map(|line| (*run, *line)));
        self.exporters[exporter].committed.insert(part);
        waiting.iter().for_each(|parcel| self.answer(parcel, Answer::Committed));
    }

    /// What was sent is sent again; what was accepted is announced, and unknown.
    fn end_exporter(&mut self, ended: usize) {
        self.exporters[ended] = Exporter::default();
        self.flying.retain(|parcel| parcel.exporter != ended);
        for enricher in 0..self.enrichers.len() {
            let outbox = self.enrichers[enricher].outbox.values();
            let sent: Vec<_> = outbox.filter(|(each, _)| each.exporter == ended).cloned().collect();
            for (parcel, is_accepted) in sent {
                if is_accepted {
                    self.answer(&parcel, Answer::Unknown);
                } else {
                    self.flying.push(parcel);
                }
            }
        }
    }

    fn answer(&mut self, parcel: &Parcel, answer: Answer) {
        let (number, life) = parcel.sender;
        let enricher = &mut self.enrichers[number];
        if enricher.life != life {
            return;
        }
        let Some((_, is_accepted)) = enricher.outbox.get_mut(&parcel.part) else { return };
        match answer {
            Answer::Accepted => *is_accepted = true,
            _ => drop(enricher.outbox.remove(&parcel.part)),
        }
        let consequence = enricher.parts.answered(parcel.part, answer);
        self.follow(number, consequence);
    }

    fn follow(&mut self, enricher: usize, consequence: Consequence) {
        let of = |run: RunId| u8::try_from(run.0).unwrap();
        match consequence {
            Consequence::Nothing => {}
            Consequence::Encode(run) => self.encode(enricher, of(run)),
            Consequence::Say(_, Answer::Accepted) => {}
            Consequence::Say(run, answer) => {
                assert!(self.enrichers[enricher].runs.remove(&of(run)), "one final answer");
                if answer == Answer::Committed {
                    self.is_written(of(run));
                }
            }
        }
    }

    /// The source moves on: nobody sends the run again.
    fn is_written(&self, run: u8) {
        let lines = (0..VPCS.len()).chain([OTHERS]);
        let missing: Vec<_> = lines.filter(|line| !self.written.contains(&(run, *line))).collect();
        assert!(missing.is_empty(), "lines {missing:?} of run {run} are lost");
    }

    /// Without faults, every run comes to its end.
    fn settle(&mut self) {
        while let Some(parcel) = self.flying.pop() {
            self.arrive(parcel);
        }
        for exporter in 0..self.exporters.len() {
            while !self.exporters[exporter].pending.is_empty() {
                self.commit(exporter, 0);
            }
        }
        for enricher in &self.enrichers {
            assert!(enricher.runs.is_empty() && enricher.parts.is_empty(), "{:?}", enricher.runs);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_list_or_inventory_that_changes_amid_faults_loses_a_line(steps in steps()) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.step(step));
        world.settle();
    }
}
