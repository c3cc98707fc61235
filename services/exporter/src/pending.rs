//! Runs on their way to the outputs, and what happens when the last has taken one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use weir_delivery::{Answer, RunAnswer, RunTally};
use weir_flowlog::RejectReason;
use weir_ipfix::{Octets, RecordGroup};

use crate::checked::CheckedRun;
use crate::exporter::AnswerHandler;

/// The most outputs of an exporter, rejects counted in: one bit each.
pub(crate) const MAX_OUTPUTS: usize = 64;

/// A run that not all outputs have taken.
#[derive(Debug)]
pub(crate) struct PendingRun {
    run: CheckedRun,
    octets: u64,
    /// One bit for each output that has not taken it.
    waiting_for: AtomicU64,
}

impl PendingRun {
    /// A run that the first `outputs` outputs have to take.
    pub(crate) fn new(run: CheckedRun, outputs: usize) -> Self {
        let waiting_for = (0..outputs.min(MAX_OUTPUTS)).fold(0, |bits, output| bits | 1 << output);
        let octets = run.octets() as u64;
        Self { run, octets, waiting_for: AtomicU64::new(waiting_for) }
    }

    pub(crate) fn run(&self) -> &CheckedRun {
        &self.run
    }

    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// Notes that an output has taken it. True for the last one.
    fn taken_by(&self, output: usize) -> bool {
        let bit = 1 << output;
        self.waiting_for.fetch_and(!bit, Ordering::AcqRel) == bit
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
}

impl Commits {
    /// Takes a run from an output that has done its part.
    pub(crate) fn taken(&self, run: Arc<PendingRun>, output: usize) {
        if run.taken_by(output) {
            self.commit(&run.run);
        }
        if let Some(run) = Arc::into_inner(run) {
            self.release(run.run);
        }
    }

    /// Counts a run that every output has taken, and answers.
    pub(crate) fn commit(&self, run: &CheckedRun) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.runs += 1;
        totals.tally.add(run.tally());
        for rejected in run.rejected() {
            if let Some(count) = totals.rejected.get_mut(rejected.reason as usize) {
                *count += 1;
            }
        }
        drop(totals);
        (self.on_answer)(RunAnswer { run: run.id(), answer: Answer::Committed });
    }

    /// Gives the memory of a run that is done, and its place, to others.
    pub(crate) fn release(&self, run: CheckedRun) {
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
                prop_assert_eq!(run.taken_by(output), is_last);
            }
        }
    }
}
