//! Runs on their way to the outputs, and what happens when the last has taken one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use weir_delivery::{Answer, RunAnswer, RunId, RunTally};
use weir_flowlog::RejectReason;
use weir_ipfix::{Octets, RecordGroup};

use crate::checked::CheckedRun;
use crate::exporter::AnswerHandler;

/// The most outputs of an exporter, rejects counted in: one bit each.
pub(crate) const MAX_OUTPUTS: usize = 64;

/// A run whose records are in memory, since not all outputs have taken them.
#[derive(Debug)]
pub(crate) struct PendingRun {
    run: CheckedRun,
    octets: u64,
    fate: Arc<Fate>,
}

/// What is left of a run when its records are not needed any more: what is counted when it is
/// committed, and for which outputs it waits.
#[derive(Debug)]
pub(crate) struct Fate {
    id: RunId,
    tally: RunTally,
    /// Rejected lines by reason, where there are any.
    rejected: Option<Box<[u64; RejectReason::COUNT]>>,
    /// One bit for each output that has not done its part.
    waiting_for: AtomicU64,
    /// One bit for each output that has counted its records and holds it back.
    held_by: AtomicU64,
}

impl PendingRun {
    /// A run that the first `outputs` outputs have to take.
    pub(crate) fn new(run: CheckedRun, outputs: usize) -> Self {
        let octets = run.octets() as u64;
        let fate = Arc::new(Fate::new(&run, outputs));
        Self { run, octets, fate }
    }

    pub(crate) fn run(&self) -> &CheckedRun {
        &self.run
    }

    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }
}

impl Fate {
    /// About what it takes in memory, with its place among the runs that are held back.
    pub(crate) const OCTETS: usize = 512;

    fn new(run: &CheckedRun, outputs: usize) -> Self {
        let waiting_for = (0..outputs.min(MAX_OUTPUTS)).fold(0, |bits, output| bits | 1 << output);
        let mut rejected = None;
        for line in run.rejected() {
            let counts = rejected.get_or_insert_with(|| Box::new([0; RejectReason::COUNT]));
            if let Some(count) = counts.get_mut(line.reason as usize) {
                *count += 1;
            }
        }
        let (id, tally) = (run.id(), *run.tally());
        let (waiting_for, held_by) = (AtomicU64::new(waiting_for), AtomicU64::new(0));
        Self { id, tally, rejected, waiting_for, held_by }
    }

    /// Notes that an output has done its part. True for the last one.
    fn done_by(&self, output: usize) -> bool {
        let bit = 1 << output;
        self.waiting_for.fetch_and(!bit, Ordering::AcqRel) == bit
    }

    /// Notes that an output has counted its records.
    fn held_by(&self, output: usize) {
        self.held_by.fetch_or(1 << output, Ordering::AcqRel);
    }

    /// Whether it waits for outputs that hold it back and for no others: one that was stopped
    /// before it took the run will never have it.
    fn is_held(&self) -> bool {
        let waiting_for = self.waiting_for.load(Ordering::Acquire);
        waiting_for != 0 && waiting_for & !self.held_by.load(Ordering::Acquire) == 0
    }
}

/// Counts over the committed runs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) runs: u64,
    pub(crate) tally: RunTally,
    pub(crate) rejected: [u64; RejectReason::COUNT],
}

/// What the threads of all outputs do for a run in the end.
pub(crate) struct Commits {
    pub(crate) on_answer: AnswerHandler,
    /// Where the groups of committed runs go.
    pub(crate) spare: Sender<Vec<RecordGroup>>,
    /// One for each pending run.
    pub(crate) permits: Receiver<()>,
    pub(crate) totals: Mutex<Totals>,
    /// Windows are closed as soon as there is nothing to take.
    pub(crate) closes_windows: AtomicBool,
}

impl Commits {
    /// Takes a run from an output that has done its part.
    pub(crate) fn taken(&self, run: Arc<PendingRun>, output: usize) {
        self.done(&run.fate, output);
        self.let_go(run);
    }

    /// Takes a run from an output that has counted its records and will have done its part when
    /// it has written what it counted.
    pub(crate) fn counted(&self, run: Arc<PendingRun>, output: usize) -> Arc<Fate> {
        let fate = Arc::clone(&run.fate);
        fate.held_by(output);
        self.let_go(run);
        fate
    }

    /// An output has done its part for a run.
    pub(crate) fn done(&self, fate: &Fate, output: usize) {
        if fate.done_by(output) {
            self.commit(fate);
        }
    }

    /// Answers a run for which there is no output.
    pub(crate) fn commit_at_once(&self, run: CheckedRun) {
        self.commit(&Fate::new(&run, 0));
        self.release(run);
    }

    /// Gives the run's memory back where no other output needs it. One that is still held back is
    /// then accepted: its sender need not keep it, and here it costs next to nothing.
    fn let_go(&self, run: Arc<PendingRun>) {
        let Some(PendingRun { run, fate, .. }) = Arc::into_inner(run) else { return };
        self.release(run);
        if fate.is_held() {
            (self.on_answer)(RunAnswer { run: fate.id, answer: Answer::Accepted });
        }
    }

    /// Counts a run that every output has done its part for, and answers.
    fn commit(&self, fate: &Fate) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.runs += 1;
        totals.tally.add(&fate.tally);
        let rejected = fate.rejected.iter().flat_map(|counts| counts.iter());
        for (total, count) in totals.rejected.iter_mut().zip(rejected) {
            *total += count;
        }
        drop(totals);
        (self.on_answer)(RunAnswer { run: fate.id, answer: Answer::Committed });
    }

    /// Gives the memory of a run that is done, and its place, to others.
    fn release(&self, run: CheckedRun) {
        let groups = run.into_groups();
        // Shared memory is the sender's message, which must not outlive the run.
        if groups.iter().all(|group| matches!(group.bytes, Octets::Owned(_))) {
            // A full queue has enough of them.
            drop(self.spare.try_send(groups));
        }
        let permit = self.permits.try_recv();
        debug_assert!(permit.is_ok(), "every run in the exporter has a permit");
    }

    pub(crate) fn totals(&self) -> Totals {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use weir_delivery::{EnrichedRun, Origin, RunId};
    use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair};

    use super::*;

    proptest! {
        #[test]
        fn the_last_output_and_no_other_completes_a_run(
            outputs in 1..=MAX_OUTPUTS,
            order in prop::collection::vec(0..MAX_OUTPUTS, 0..500),
        ) {
            let layouts = Arc::new(LayoutPair::new(DEFAULT_ENTERPRISE_NUMBER));
            let run = EnrichedRun::new(RunId(1), Arc::new(Origin::default()));
            let run = PendingRun::new(CheckedRun::new(run, &layouts).unwrap(), outputs);
            let mut taken = HashSet::new();
            // Those that the order leaves out come last.
            for output in order.into_iter().chain(0..outputs).filter(|each| *each < outputs) {
                let is_last = taken.insert(output) && taken.len() == outputs;
                prop_assert_eq!(run.fate.done_by(output), is_last);
                prop_assert!(!run.fate.is_held());
            }
        }

        #[test]
        fn a_run_is_held_once_all_that_it_waits_for_have_counted_it(
            parts in prop::collection::vec(any::<bool>(), 1..=MAX_OUTPUTS),
        ) {
            let layouts = Arc::new(LayoutPair::new(DEFAULT_ENTERPRISE_NUMBER));
            let run = EnrichedRun::new(RunId(1), Arc::new(Origin::default()));
            let fate = Fate::new(&CheckedRun::new(run, &layouts).unwrap(), parts.len());
            for (output, counts) in parts.iter().enumerate() {
                prop_assert!(!fate.is_held());
                if *counts { fate.held_by(output) } else { fate.done_by(output); }
            }
            prop_assert_eq!(fate.is_held(), parts.contains(&true));
        }
    }
}
