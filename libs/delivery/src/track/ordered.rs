//! How far the checkpoint of an ordered source may go.

use std::collections::{HashMap, VecDeque};

use super::{Registered, TrackError};
use crate::run::RunId;

/// Follows the runs of one ordered stream: a shard, a log group, a file.
///
/// Runs are registered in the order in which they were read, each with the position after it.
/// The checkpoint is the position after the longest prefix of settled runs: it never passes a run
/// that has no answer, however the answers come. A rejected run counts as settled: a stream moves
/// on, or one damaged run would stop it for ever.
#[derive(Debug)]
pub struct OrderedTracker<P> {
    queue: VecDeque<Entry<P>>,
    /// The number of the run at the queue's front, counted over the tracker's life.
    first: u64,
    numbers: HashMap<RunId, u64>,
    /// Runs of readings before the last rewind: whether they are settled.
    remembered: HashMap<RunId, bool>,
    checkpoint: Option<P>,
    is_closed: bool,
    most: usize,
}

#[derive(Debug)]
struct Entry<P> {
    run: RunId,
    position: P,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Its answer is to come.
    InFlight,
    Settled,
    /// Nobody has it: it is to be read again.
    Lost,
    /// The same run stands before it, and decides for both.
    Repeated,
}

impl<P: Clone> OrderedTracker<P> {
    /// Follows at most `most` runs that are behind the checkpoint.
    pub fn new(most: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            first: 0,
            numbers: HashMap::new(),
            remembered: HashMap::new(),
            checkpoint: None,
            is_closed: false,
            most,
        }
    }

    /// A run was read that ends at `position`. A run that is settled already, because it was
    /// read before, may move the checkpoint; the new one is returned then.
    ///
    /// # Errors
    ///
    /// [`TrackError::Full`] when so many runs wait that no more is followed.
    pub fn register(
        &mut self,
        run: RunId,
        position: P,
    ) -> Result<Registered<Option<P>>, TrackError> {
        if self.queue.len() >= self.most {
            return Err(TrackError::Full { most: self.most });
        }
        if let Some(known) = self.state_mut(run) {
            let is_lost = *known == State::Lost;
            if is_lost {
                *known = State::InFlight;
            }
            self.queue.push_back(Entry { run, position, state: State::Repeated });
            return Ok(if is_lost { Registered::New } else { Registered::InFlight });
        }
        let remembered = self.remembered.remove(&run);
        let state = if remembered == Some(true) { State::Settled } else { State::InFlight };
        self.numbers.insert(run, self.first + self.queue.len() as u64);
        self.queue.push_back(Entry { run, position, state });
        Ok(match remembered {
            None => Registered::New,
            Some(false) => Registered::InFlight,
            Some(true) => Registered::Settled(self.advance()),
        })
    }

    /// The run has its answer, whichever. The new checkpoint, when that moves it.
    pub fn settle(&mut self, run: RunId) -> Option<P> {
        if let Some(state) = self.state_mut(run) {
            *state = State::Settled;
            return self.advance();
        }
        if let Some(is_settled) = self.remembered.get_mut(&run) {
            *is_settled = true;
        }
        None
    }

    /// Nobody has the run any more. Whether the stream has to be read again for it; else it was
    /// settled, or its turn in the present reading is to come.
    pub fn lose(&mut self, run: RunId) -> bool {
        if let Some(state) = self.state_mut(run) {
            let was_in_flight = *state == State::InFlight;
            if was_in_flight {
                *state = State::Lost;
            }
            return was_in_flight;
        }
        if self.remembered.get(&run) == Some(&false) {
            self.remembered.remove(&run);
        }
        false
    }

    /// The stream is read again from the checkpoint: what comes next is registered anew. Of the
    /// runs before, those with an answer, and those whose answer is to come, are not sent again.
    pub fn rewind(&mut self) {
        self.first += self.queue.len() as u64;
        self.numbers.clear();
        self.is_closed = false;
        for entry in self.queue.drain(..) {
            let is_settled = entry.state == State::Settled;
            // What does not fit is sent again, and answered as a duplicate.
            if matches!(entry.state, State::Settled | State::InFlight)
                && self.remembered.len() < self.most
            {
                self.remembered.insert(entry.run, is_settled);
            }
        }
    }

    /// Nothing more comes, until [`Self::reopen`] or a rewind.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// More may come.
    pub fn reopen(&mut self) {
        self.is_closed = false;
    }

    /// Whether it is closed and all that was registered is behind the checkpoint.
    pub fn is_done(&self) -> bool {
        self.is_closed && self.queue.is_empty()
    }

    /// The position after the last run that, with all runs before it, is settled; none as long as
    /// there is no such run.
    pub fn checkpoint(&self) -> Option<&P> {
        self.checkpoint.as_ref()
    }

    /// Runs that the checkpoint has not passed.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether the checkpoint has passed every run.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn state_mut(&mut self, run: RunId) -> Option<&mut State> {
        let number = self.numbers.get(&run)?;
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.queue.get_mut(index).map(|entry| &mut entry.state)
    }

    /// Moves the checkpoint past the settled prefix.
    fn advance(&mut self) -> Option<P> {
        let is_passed = |state| matches!(state, State::Settled | State::Repeated);
        let mut moved = None;
        while let Some(entry) = self.queue.pop_front_if(|front| is_passed(front.state)) {
            if entry.state == State::Settled {
                self.numbers.remove(&entry.run);
            }
            self.first += 1;
            moved = Some(entry.position);
        }
        if moved.is_some() {
            self.checkpoint.clone_from(&moved);
        }
        moved
    }
}
