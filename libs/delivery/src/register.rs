//! What a receiver knows of the runs that came to it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

use crate::run::RunId;

/// Runs that are pending, with the streams that wait for their answers, and the ids of runs that
/// were committed.
///
/// A run that comes again is not processed again: its new stream hears the answer too. Every
/// stream that sent it hears it, not the last alone: a copy may be overtaken on its way by the
/// one that was sent because its stream broke.
#[derive(Debug)]
pub struct RunRegister<S> {
    pending: HashMap<RunId, Pending<S>>,
    /// How many pending runs each stream waits for.
    awaited: HashMap<S, usize>,
    committed: Remembered,
}

#[derive(Debug)]
struct Pending<S> {
    is_accepted: bool,
    streams: Vec<S>,
}

/// What a run is that has just come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is to be processed.
    New,
    /// It is being processed.
    Pending {
        /// Whether its streams were told that it is accepted.
        is_accepted: bool,
    },
    /// It was committed.
    Committed,
}

impl<S: Copy + Eq + Hash> RunRegister<S> {
    /// The most streams that wait for one run; more replace the oldest.
    pub const MAX_STREAMS: usize = 8;

    /// Knows no run; remembers the last `memory` ids of committed runs.
    pub fn new(memory: usize) -> Self {
        let (pending, awaited) = (HashMap::new(), HashMap::new());
        Self { pending, awaited, committed: Remembered::new(memory) }
    }

    /// A run has come over `stream`, or was announced; the stream hears its answer, unless it was
    /// committed: the stream is then to be told at once.
    pub fn arrive(&mut self, run: RunId, stream: S) -> Arrival {
        if self.committed.contains(run) {
            return Arrival::Committed;
        }
        let Some(pending) = self.pending.get_mut(&run) else {
            self.pending.insert(run, Pending { is_accepted: false, streams: vec![stream] });
            *self.awaited.entry(stream).or_default() += 1;
            return Arrival::New;
        };
        if !pending.streams.contains(&stream) {
            if pending.streams.len() >= Self::MAX_STREAMS {
                let oldest = pending.streams.remove(0);
                count_down(&mut self.awaited, oldest);
            }
            pending.streams.push(stream);
            *self.awaited.entry(stream).or_default() += 1;
        }
        Arrival::Pending { is_accepted: pending.is_accepted }
    }

    /// The run was taken over: the streams that are to hear of it.
    pub fn accept(&mut self, run: RunId) -> &[S] {
        let Some(pending) = self.pending.get_mut(&run) else { return &[] };
        pending.is_accepted = true;
        &pending.streams
    }

    /// The run is committed and remembered: the streams that are to hear of it.
    pub fn commit(&mut self, run: RunId) -> Vec<S> {
        self.committed.insert(run);
        self.forget(run)
    }

    /// The run is done with and not remembered: the streams that are to hear of it.
    pub fn forget(&mut self, run: RunId) -> Vec<S> {
        let streams = self.pending.remove(&run).map_or_else(Vec::new, |pending| pending.streams);
        streams.iter().for_each(|stream| count_down(&mut self.awaited, *stream));
        streams
    }

    /// Nobody listens on `stream` any more. The runs that came over it stay.
    pub fn close(&mut self, stream: S) {
        if self.awaited.remove(&stream).is_some() {
            for pending in self.pending.values_mut() {
                pending.streams.retain(|each| *each != stream);
            }
        }
    }

    /// How many pending runs have their answer go to `stream`.
    pub fn awaited(&self, stream: S) -> usize {
        self.awaited.get(&stream).copied().unwrap_or(0)
    }

    /// Runs that are pending.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Ids that are remembered as committed.
    pub fn remembered(&self) -> usize {
        self.committed.order.len()
    }
}

fn count_down<S: Eq + Hash>(awaited: &mut HashMap<S, usize>, stream: S) {
    if let Some(count) = awaited.get_mut(&stream) {
        *count -= 1;
        if *count == 0 {
            awaited.remove(&stream);
        }
    }
}

/// The last so many ids.
#[derive(Debug)]
struct Remembered {
    most: usize,
    order: VecDeque<RunId>,
    ids: HashSet<RunId>,
}

impl Remembered {
    fn new(most: usize) -> Self {
        Self { most, order: VecDeque::new(), ids: HashSet::new() }
    }

    fn contains(&self, run: RunId) -> bool {
        self.ids.contains(&run)
    }

    fn insert(&mut self, run: RunId) {
        if self.most == 0 || !self.ids.insert(run) {
            return;
        }
        self.order.push_back(run);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}
