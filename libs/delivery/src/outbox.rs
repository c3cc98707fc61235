//! What a sender holds until the receivers have answered.

use std::collections::{BTreeMap, HashMap};

use crate::answer::{Answer, RetryReason, RunAnswer};
use crate::run::RunId;

/// What travels as one run.
pub trait Payload {
    /// Identifies the run.
    fn id(&self) -> RunId;
    /// About what it takes in memory.
    fn octets(&self) -> usize;
}

/// Identifies one connection to a receiver, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// The runs of a sender that have no final answer.
///
/// A run waits, is sent over a link, perhaps accepted, and done with its final answer. When a
/// link is lost, what was sent over it and not accepted waits again; what was accepted is to be
/// announced over another link, by its id alone. Runs wait in the order in which they came, so
/// that those that are sent again go before all others.
#[derive(Debug)]
pub struct Outbox<T> {
    entries: HashMap<RunId, Entry<T>>,
    /// Runs to send, by their places.
    waiting: BTreeMap<u64, RunId>,
    /// Accepted runs to announce, by their places.
    unannounced: BTreeMap<u64, RunId>,
    next_place: u64,
    octets: usize,
}

#[derive(Debug)]
struct Entry<T> {
    state: State,
    /// Its place among those that wait.
    place: u64,
    /// Until it is accepted.
    item: Option<T>,
    octets: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is to be sent, or announced when it was accepted.
    Waiting,
    /// It was refused for now and waits for its time.
    Delayed,
    /// It was sent.
    Sent(LinkId),
    /// It was announced by its id.
    Announced(LinkId),
    /// The receiver has taken it over.
    Accepted(LinkId),
}

/// What an answer means for the sender.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It is none for a run that is out over that link: the receiver is at fault.
    Stray,
    /// It says nothing new.
    Nothing,
    /// The receiver has taken the run over; its memory is free.
    Accepted {
        /// The run.
        item: T,
    },
    /// It is to be sent or announced again, not before the answer's time; [`Outbox::release`]
    /// lets it.
    Delayed,
    /// The answer is final.
    Done {
        /// The run, unless it was accepted before.
        item: Option<T>,
    },
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        let (waiting, unannounced) = (BTreeMap::new(), BTreeMap::new());
        Self { entries: HashMap::new(), waiting, unannounced, next_place: 0, octets: 0 }
    }
}

impl<T: Payload> Outbox<T> {
    /// Holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a run to send. One whose id is here already is given back: its answer will come.
    ///
    /// # Errors
    ///
    /// The run.
    pub fn push(&mut self, item: T) -> Result<(), T> {
        let (run, octets) = (item.id(), item.octets());
        if self.entries.contains_key(&run) {
            return Err(item);
        }
        self.octets += octets;
        self.insert(run, Some(item), octets);
        Ok(())
    }

    /// Takes a run that another sender was told is accepted, to announce it. False when it is
    /// here already.
    pub fn push_accepted(&mut self, run: RunId) -> bool {
        let is_new = !self.entries.contains_key(&run);
        if is_new {
            self.insert(run, None, 0);
        }
        is_new
    }

    /// The octets of the run that is to be sent next.
    pub fn next_octets(&self) -> Option<usize> {
        let (_, run) = self.waiting.first_key_value()?;
        self.entries.get(run).map(|entry| entry.octets)
    }

    /// The run that is to be sent next; it counts as sent over `link`.
    pub fn send(&mut self, link: LinkId) -> Option<&T> {
        let (_, run) = self.waiting.pop_first()?;
        let entry = self.entries.get_mut(&run)?;
        entry.state = State::Sent(link);
        entry.item.as_ref()
    }

    /// At most `most` accepted runs of lost links; they count as announced over `link`.
    pub fn announce(&mut self, link: LinkId, most: usize) -> Vec<RunId> {
        let next = std::iter::from_fn(|| self.unannounced.pop_first());
        let runs: Vec<_> = next.take(most).map(|(_, run)| run).collect();
        for run in &runs {
            if let Some(entry) = self.entries.get_mut(run) {
                entry.state = State::Announced(link);
            }
        }
        runs
    }

    /// Takes an answer that came over `link`.
    pub fn answer(&mut self, link: LinkId, answer: RunAnswer) -> Outcome<T> {
        let RunAnswer { run, answer } = answer;
        let entry = self.entries.get_mut(&run).filter(|entry| entry.state.is_out_over(link));
        let Some(entry) = entry else { return Outcome::Stray };
        match (entry.state, answer) {
            (State::Accepted(_), Answer::Accepted) => Outcome::Nothing,
            (_, Answer::Accepted) => {
                entry.state = State::Accepted(link);
                self.octets -= std::mem::take(&mut entry.octets);
                entry.item.take().map_or(Outcome::Nothing, |item| Outcome::Accepted { item })
            }
            // What was taken over cannot be given back, and what was sent is known.
            (State::Accepted(_), Answer::Retry(..)) | (State::Sent(_), Answer::Unknown) => {
                Outcome::Stray
            }
            // It is of no use to send the same again.
            (State::Sent(_), Answer::Retry(RetryReason::StaleTemplates, _)) => self.finish(run),
            (_, Answer::Retry(..)) => {
                entry.state = State::Delayed;
                Outcome::Delayed
            }
            _ => self.finish(run),
        }
    }

    /// Lets a delayed run wait for a link again; its time has come.
    pub fn release(&mut self, run: RunId) {
        let entry = self.entries.get_mut(&run).filter(|entry| entry.state == State::Delayed);
        if let Some(entry) = entry {
            entry.wait(run, &mut self.waiting, &mut self.unannounced);
        }
    }

    /// Nothing more comes over `link`. Returns how many runs are to be sent again.
    pub fn link_lost(&mut self, link: LinkId) -> usize {
        let mut again = 0;
        for (run, entry) in &mut self.entries {
            if entry.state.is_out_over(link) {
                again += usize::from(entry.item.is_some());
                entry.wait(*run, &mut self.waiting, &mut self.unannounced);
            }
        }
        again
    }

    /// Octets of the runs that no receiver has taken over.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Runs without a final answer.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether every run has its final answer.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether accepted runs of lost links are to be announced.
    pub fn is_unannounced(&self) -> bool {
        !self.unannounced.is_empty()
    }

    /// Octets of a run that no receiver has taken over; 0 for all others.
    pub fn octets_of(&self, run: RunId) -> usize {
        self.entries.get(&run).map_or(0, |entry| entry.octets)
    }

    fn insert(&mut self, run: RunId, item: Option<T>, octets: usize) {
        let mut entry = Entry { state: State::Waiting, place: self.next_place, item, octets };
        self.next_place += 1;
        entry.wait(run, &mut self.waiting, &mut self.unannounced);
        self.entries.insert(run, entry);
    }

    fn finish(&mut self, run: RunId) -> Outcome<T> {
        let Some(entry) = self.entries.remove(&run) else { return Outcome::Stray };
        self.octets -= entry.octets;
        Outcome::Done { item: entry.item }
    }
}

impl<T> Entry<T> {
    /// Puts it among those to send, or to announce when it was accepted.
    fn wait(
        &mut self,
        run: RunId,
        waiting: &mut BTreeMap<u64, RunId>,
        unannounced: &mut BTreeMap<u64, RunId>,
    ) {
        self.state = State::Waiting;
        let among = if self.item.is_some() { waiting } else { unannounced };
        among.insert(self.place, run);
    }
}

impl State {
    fn is_out_over(self, link: LinkId) -> bool {
        match self {
            Self::Waiting | Self::Delayed => false,
            Self::Sent(over) | Self::Announced(over) | Self::Accepted(over) => over == link,
        }
    }
}
