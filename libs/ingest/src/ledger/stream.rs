//! The ordered parts of a source.

use std::collections::HashMap;
use std::hash::Hash;

use weir_delivery::{OrderedTracker, Registered, RunId, TrackError, Verdict};

use crate::source::Commit;

/// What is known of a run, and what that lets be committed.
pub(super) type Registration<K, P> = Registered<Option<Commit<K, P>>>;

/// The ordered parts of a source.
pub(super) struct Streams<K, P> {
    streams: HashMap<K, Stream<P>>,
    /// Runs that no checkpoint has passed.
    queued: usize,
    most: usize,
}

struct Stream<P> {
    tracker: OrderedTracker<P>,
    /// Rejected when it cannot be read to its end.
    verdict: Verdict,
}

impl<K: Clone + Eq + Hash, P: Clone> Streams<K, P> {
    pub(super) fn new(most: usize) -> Self {
        Self { streams: HashMap::new(), queued: 0, most }
    }

    pub(super) fn open(&mut self, part: K) {
        let most = self.most;
        let stream = self.streams.entry(part).or_insert_with(|| Stream {
            tracker: OrderedTracker::new(most),
            verdict: Verdict::Committed,
        });
        stream.tracker.reopen();
        stream.verdict = Verdict::Committed;
    }

    /// None when the part is no stream.
    pub(super) fn register(
        &mut self,
        part: &K,
        run: RunId,
        position: P,
    ) -> Result<Option<Registration<K, P>>, TrackError> {
        let Some(stream) = self.streams.get_mut(part) else { return Ok(None) };
        let before = stream.tracker.len();
        let registered = stream.tracker.register(run, position);
        self.queued = self.queued - before + stream.tracker.len();
        Ok(Some(match registered? {
            Registered::New => Registered::New,
            Registered::InFlight => Registered::InFlight,
            Registered::Settled(moved) => Registered::Settled(self.commit(part, moved)),
        }))
    }

    pub(super) fn settle(&mut self, part: &K, run: RunId) -> Option<Commit<K, P>> {
        let stream = self.streams.get_mut(part)?;
        let before = stream.tracker.len();
        let moved = stream.tracker.settle(run);
        self.queued = self.queued - before + stream.tracker.len();
        self.commit(part, moved)
    }

    pub(super) fn lose(&mut self, part: &K, run: RunId) -> bool {
        self.streams.get_mut(part).is_some_and(|stream| stream.tracker.lose(run))
    }

    pub(super) fn rewind(&mut self, part: &K) {
        if let Some(stream) = self.streams.get_mut(part) {
            self.queued -= stream.tracker.len();
            stream.tracker.rewind();
            stream.verdict = Verdict::Committed;
        }
    }

    pub(super) fn close(&mut self, part: &K, verdict: Verdict) -> Option<Commit<K, P>> {
        let stream = self.streams.get_mut(part)?;
        stream.tracker.close();
        stream.verdict = verdict;
        self.commit(part, None)
    }

    pub(super) fn forget(&mut self, part: &K) {
        if let Some(stream) = self.streams.remove(part) {
            self.queued -= stream.tracker.len();
        }
    }

    pub(super) fn contains(&self, part: &K) -> bool {
        self.streams.contains_key(part)
    }

    pub(super) fn checkpoint(&self, part: &K) -> Option<P> {
        self.streams.get(part)?.tracker.checkpoint().cloned()
    }

    pub(super) fn queued(&self) -> usize {
        self.queued
    }

    /// What may be committed after the checkpoint moved so far; a part that is done is forgotten.
    fn commit(&mut self, part: &K, position: Option<P>) -> Option<Commit<K, P>> {
        let is_done = self.streams.get(part)?.tracker.is_done();
        let done = is_done.then(|| self.streams.remove(part)).flatten();
        let done = done.map(|stream| stream.verdict);
        (position.is_some() || done.is_some()).then(|| Commit {
            part: part.clone(),
            position,
            done,
        })
    }
}
