//! Which runs are in flight, of which parts, and what their answers let the source commit.

mod stream;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use tokio::time::Instant;
use weir_delivery::{
    Origin, RawRun, Registered, RunId, TrackError, UnitDone, UnitTracker, Verdict,
};

use crate::source::{Commit, Tracking};
use stream::Streams;

/// The loop's books. Time comes in as an argument.
pub(crate) struct Ledger<K, P> {
    streams: Streams<K, P>,
    units: UnitTracker<K>,
    flights: HashMap<RunId, Flight<K>>,
    /// Runs that are to be sent again when they are read again.
    lost: HashSet<RunId>,
    octets: usize,
    most: usize,
}

/// A run without a final answer.
struct Flight<K> {
    /// Whose run it is; none when all of them were revoked.
    parts: Vec<K>,
    /// Octets of its text until an exporter has taken it over.
    octets: usize,
    /// When its source got it.
    since: Instant,
    origin: Arc<Origin>,
}

/// A run that has its answer.
pub(crate) struct Landed<K, P> {
    /// Where its lines come from.
    pub(crate) origin: Arc<Origin>,
    pub(crate) commits: Vec<Commit<K, P>>,
}

/// What is to be done with a run that was read.
pub(crate) struct Entered<K, P> {
    pub(crate) is_to_be_sent: bool,
    /// Whether it was sent before, and lost.
    pub(crate) is_resent: bool,
    pub(crate) commit: Option<Commit<K, P>>,
}

impl<K: Clone + Eq + Hash, P: Clone> Ledger<K, P> {
    /// Follows at most `most` runs.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            streams: Streams::new(most),
            units: UnitTracker::new(most),
            flights: HashMap::new(),
            lost: HashSet::new(),
            octets: 0,
            most,
        }
    }

    pub(crate) fn open(&mut self, part: K, tracking: Tracking) {
        match tracking {
            Tracking::Ordered => self.streams.open(part),
            Tracking::Whole => self.units.open(part),
        }
    }

    /// A run was read.
    pub(crate) fn enter(
        &mut self,
        part: &K,
        run: &RawRun,
        position: P,
        since: Instant,
    ) -> Result<Entered<K, P>, TrackError> {
        let (is_waited_for, commit) = match self.streams.register(part, run.id, position)? {
            Some(Registered::Settled(moved)) => (false, moved),
            Some(_) => (true, None),
            None => match self.units.add_run(part, run.id)? {
                Registered::Settled(()) => (false, None),
                _ => (true, None),
            },
        };
        let is_to_be_sent = is_waited_for && !self.flights.contains_key(&run.id);
        if is_waited_for {
            self.take_off(part, run, since);
        }
        let is_resent = is_to_be_sent && self.lost.remove(&run.id);
        Ok(Entered { is_to_be_sent, is_resent, commit })
    }

    /// Something without lines was read of an ordered part.
    pub(crate) fn pass(
        &mut self,
        part: &K,
        run: RunId,
        position: P,
    ) -> Result<Option<Commit<K, P>>, TrackError> {
        Ok(match self.streams.register(part, run, position)? {
            Some(Registered::Settled(moved)) => moved,
            Some(_) => self.streams.settle(part, run),
            None => None,
        })
    }

    fn take_off(&mut self, part: &K, run: &RawRun, since: Instant) {
        let octets = run.text.len();
        let flight = self.flights.entry(run.id).or_insert_with(|| {
            self.octets += octets;
            Flight { parts: Vec::new(), octets, since, origin: Arc::clone(&run.origin) }
        });
        if !flight.parts.contains(part) {
            flight.parts.push(part.clone());
        }
    }

    /// An exporter has taken the run over.
    pub(crate) fn accept(&mut self, run: RunId) {
        if let Some(flight) = self.flights.get_mut(&run) {
            self.octets -= std::mem::take(&mut flight.octets);
        }
    }

    /// Whether the run's octets are held: no exporter has taken it over.
    pub(crate) fn holds(&self, run: RunId) -> bool {
        self.flights.get(&run).is_some_and(|flight| flight.octets > 0)
    }

    /// The run has its answer. None when nobody waited for it.
    pub(crate) fn settle(&mut self, run: RunId, verdict: Verdict) -> Option<Landed<K, P>> {
        let flight = self.land(run)?;
        let moved = flight.parts.iter().filter_map(|part| self.streams.settle(part, run));
        let mut commits: Vec<_> = moved.collect();
        commits.extend(self.units.settle(run, verdict).into_iter().map(done));
        Some(Landed { origin: flight.origin, commits })
    }

    /// Nobody has the run any more. The parts that have to be read again for it, and when the
    /// source got it.
    pub(crate) fn lose(&mut self, run: RunId) -> Option<(Instant, Vec<K>)> {
        let flight = self.land(run)?;
        let mut again = self.units.lose(run);
        let is_stream_lost = |part: &&K| self.streams.lose(part, run);
        again.extend(flight.parts.iter().filter(is_stream_lost).cloned());
        // Only a count depends on it.
        if self.lost.len() < self.most {
            self.lost.insert(run);
        }
        Some((flight.since, again))
    }

    /// The part is read again from its checkpoint.
    pub(crate) fn rewind(&mut self, part: &K) {
        self.streams.rewind(part);
        self.units.rewind(part);
    }

    /// No more runs come of the part.
    pub(crate) fn close(&mut self, part: &K) -> Option<Commit<K, P>> {
        let closed = self.streams.close(part, Verdict::Committed);
        closed.or_else(|| self.units.close(part).map(done))
    }

    /// The part cannot be read to its end.
    pub(crate) fn fail(&mut self, part: &K) -> Option<Commit<K, P>> {
        let closed = self.streams.close(part, Verdict::Rejected);
        closed.or_else(|| self.units.fail(part).map(done))
    }

    /// The part is no longer ours.
    pub(crate) fn forget(&mut self, part: &K) {
        self.streams.forget(part);
        self.units.forget(part);
        for flight in self.flights.values_mut() {
            flight.parts.retain(|owner| owner != part);
        }
    }

    /// Whether the part is followed.
    pub(crate) fn contains(&self, part: &K) -> bool {
        self.streams.contains(part) || self.units.contains(part)
    }

    /// How far the part is settled.
    pub(crate) fn checkpoint(&self, part: &K) -> Option<P> {
        self.streams.checkpoint(part)
    }

    /// Whether one more run may be read.
    pub(crate) fn has_room(&self) -> bool {
        let followed = self.streams.queued() + self.units.in_flight();
        followed.max(self.flights.len()) < self.most
    }

    /// Octets of text that no exporter has taken over.
    pub(crate) fn octets(&self) -> usize {
        self.octets
    }

    /// Runs without a final answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// Runs that no checkpoint has passed and no unit was done with.
    pub(crate) fn left(&self) -> usize {
        self.streams.queued() + self.units.unsettled()
    }

    /// Since when the oldest run waits for its answer.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.flights.values().map(|flight| flight.since).min()
    }

    fn land(&mut self, run: RunId) -> Option<Flight<K>> {
        let flight = self.flights.remove(&run)?;
        self.octets -= flight.octets;
        Some(flight)
    }
}

fn done<K, P>(done: UnitDone<K>) -> Commit<K, P> {
    Commit { part: done.unit, position: None, done: Some(done.verdict) }
}
