//! The runs of one unit of a queue.

use std::collections::HashMap;

use super::{Registered, Verdict};
use crate::run::RunId;

#[derive(Debug)]
pub(super) struct UnitRuns {
    runs: HashMap<RunId, Standing>,
    /// Runs of readings before the last rewind.
    remembered: HashMap<RunId, Standing>,
    /// Of `runs`, those without an answer.
    pub(super) unsettled: usize,
    pub(super) is_closed: bool,
    pub(super) verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    InFlight,
    Settled(Verdict),
    /// Nobody has it: it is to be read again.
    Lost,
}

impl UnitRuns {
    pub(super) fn new() -> Self {
        Self {
            runs: HashMap::new(),
            remembered: HashMap::new(),
            unsettled: 0,
            is_closed: false,
            verdict: Verdict::Committed,
        }
    }

    /// The runs of readings before that the last one did not have.
    pub(super) fn into_remembered(self) -> impl Iterator<Item = RunId> {
        self.remembered.into_keys()
    }

    /// What is known of the run, and whether the unit waits for its answer.
    pub(super) fn add(&mut self, run: RunId, is_in_flight: bool) -> (Registered<()>, bool) {
        let (known, is_counted) = match self.runs.get(&run) {
            Some(known) => (Some(*known), true),
            None => (self.remembered.remove(&run), false),
        };
        let standing = match known {
            Some(Standing::Settled(verdict)) => Standing::Settled(verdict),
            _ => Standing::InFlight,
        };
        self.runs.insert(run, standing);
        if let Standing::Settled(verdict) = standing {
            self.verdict = self.verdict.and(verdict);
            return (Registered::Settled(()), false);
        }
        self.unsettled += usize::from(!is_counted);
        (if is_in_flight { Registered::InFlight } else { Registered::New }, true)
    }

    pub(super) fn settle(&mut self, run: RunId, verdict: Verdict, most: usize) {
        let settled = Standing::Settled(verdict);
        if let Some(standing) = self.runs.get_mut(&run) {
            if !matches!(standing, Standing::Settled(_)) {
                *standing = settled;
                self.unsettled -= 1;
                self.verdict = self.verdict.and(verdict);
            }
            // What is not remembered is sent again after a rewind, and answered as a duplicate.
            if self.runs.len() > most {
                self.runs.remove(&run);
            }
        } else if let Some(standing) = self.remembered.get_mut(&run) {
            *standing = settled;
        }
    }

    pub(super) fn lose(&mut self, run: RunId) -> bool {
        self.remembered.remove(&run);
        let standing = self.runs.get_mut(&run);
        let is_here = standing.as_deref() == Some(&Standing::InFlight);
        if let Some(standing) = standing.filter(|_| is_here) {
            *standing = Standing::Lost;
        }
        is_here
    }

    pub(super) fn rewind(&mut self, most: usize) {
        for (run, standing) in self.runs.drain() {
            if standing != Standing::Lost && self.remembered.len() < most {
                self.remembered.insert(run, standing);
            }
        }
        self.unsettled = 0;
        self.is_closed = false;
        self.verdict = Verdict::Committed;
    }
}
