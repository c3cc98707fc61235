//! What a sender holds until the receivers have answered.

use std::collections::{HashMap, VecDeque};

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
/// link is lost, what was sent over it and not accepted waits again, in its old order and before
/// all others; what was accepted is to be announced over another link, by its id alone.
#[derive(Debug)]
pub struct Outbox<T> {
    entries: HashMap<RunId, Entry<T>>,
    waiting: VecDeque<RunId>,
    unannounced: VecDeque<RunId>,
    /// Counts sends, so that runs of a lost link wait again in their old order.
    next_turn: u64,
    octets: usize,
}

#[derive(Debug)]
struct Entry<T> {
    state: State,
    /// Until it is accepted.
    item: Option<T>,
    octets: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is to be sent.
    Waiting,
    /// It was refused for now and waits for its time.
    Delayed,
    /// It was sent.
    Sent { link: LinkId, turn: u64 },
    /// The receiver has taken it over.
    Accepted { link: LinkId },
    /// A receiver that is lost has taken it over.
    Unannounced,
    /// It was announced by its id.
    Announced { link: LinkId },
}

/// What an answer means for the sender.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It is about no run that was sent over that link: the receiver is at fault.
    Stray,
    /// It says nothing new.
    Nothing,
    /// The receiver has taken the run over; its memory is free.
    Accepted {
        /// The run.
        item: T,
    },
    /// It is to be sent again, not before the answer's time; [`Outbox::release`] lets it.
    Delayed,
    /// The answer is final.
    Done {
        /// The run, unless it was accepted before.
        item: Option<T>,
    },
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        let (waiting, unannounced) = (VecDeque::new(), VecDeque::new());
        Self { entries: HashMap::new(), waiting, unannounced, next_turn: 0, octets: 0 }
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
        let (id, octets) = (item.id(), item.octets());
        if self.entries.contains_key(&id) {
            return Err(item);
        }
        self.entries.insert(id, Entry { state: State::Waiting, item: Some(item), octets });
        self.octets += octets;
        self.waiting.push_back(id);
        Ok(())
    }

    /// Takes a run that another sender was told is accepted, to announce it. False when it is
    /// here already.
    pub fn push_accepted(&mut self, run: RunId) -> bool {
        let is_new = !self.entries.contains_key(&run);
        if is_new {
            let entry = Entry { state: State::Unannounced, item: None, octets: 0 };
            self.entries.insert(run, entry);
            self.unannounced.push_back(run);
        }
        is_new
    }

    /// The octets of the run that is to be sent next.
    pub fn next_octets(&self) -> Option<usize> {
        let run = self.waiting.front()?;
        self.entries.get(run).map(|entry| entry.octets)
    }

    /// The run that is to be sent next; it counts as sent over `link`.
    pub fn send(&mut self, link: LinkId) -> Option<&T> {
        let run = self.waiting.pop_front()?;
        let turn = self.next_turn;
        self.next_turn += 1;
        let entry = self.entries.get_mut(&run)?;
        entry.state = State::Sent { link, turn };
        entry.item.as_ref()
    }

    /// At most `most` accepted runs of lost links; they count as announced over `link`.
    pub fn announce(&mut self, link: LinkId, most: usize) -> Vec<RunId> {
        let count = most.min(self.unannounced.len());
        let runs: Vec<_> = self.unannounced.drain(..count).collect();
        for run in &runs {
            if let Some(entry) = self.entries.get_mut(run) {
                entry.state = State::Announced { link };
            }
        }
        runs
    }

    /// Takes an answer that came over `link`.
    pub fn answer(&mut self, link: LinkId, answer: RunAnswer) -> Outcome<T> {
        let RunAnswer { run, answer } = answer;
        let Some(entry) = self.entries.get_mut(&run) else { return Outcome::Stray };
        match (entry.state, answer) {
            (State::Sent { link: of, .. }, Answer::Accepted) if of == link => {
                entry.state = State::Accepted { link };
                self.octets -= std::mem::take(&mut entry.octets);
                entry.item.take().map_or(Outcome::Nothing, |item| Outcome::Accepted { item })
            }
            (State::Announced { link: of }, Answer::Accepted) if of == link => {
                entry.state = State::Accepted { link };
                Outcome::Nothing
            }
            (State::Accepted { link: of }, Answer::Accepted) if of == link => Outcome::Nothing,
            (State::Sent { link: of, .. }, Answer::Retry(reason, _))
                if of == link && reason != RetryReason::StaleTemplates =>
            {
                entry.state = State::Delayed;
                Outcome::Delayed
            }
            // What was taken over can only be committed, rejected or unknown.
            (State::Accepted { .. } | State::Announced { .. }, Answer::Retry(..)) => Outcome::Stray,
            // What was sent cannot be unknown.
            (State::Sent { .. }, Answer::Unknown) => Outcome::Stray,
            (
                State::Sent { link: of, .. }
                | State::Accepted { link: of }
                | State::Announced { link: of },
                _,
            ) if of == link => self.finish(run),
            _ => Outcome::Stray,
        }
    }

    /// Lets a delayed run wait for a link again; its time has come.
    pub fn release(&mut self, run: RunId) {
        if let Some(entry) = self.entries.get_mut(&run)
            && entry.state == State::Delayed
        {
            entry.state = State::Waiting;
            self.waiting.push_front(run);
        }
    }

    /// Nothing more comes over `link`. Returns how many runs are to be sent again.
    pub fn link_lost(&mut self, link: LinkId) -> usize {
        let mut again = Vec::new();
        for (run, entry) in &mut self.entries {
            match entry.state {
                State::Sent { link: of, turn } if of == link => {
                    entry.state = State::Waiting;
                    again.push((turn, *run));
                }
                State::Accepted { link: of } | State::Announced { link: of } if of == link => {
                    entry.state = State::Unannounced;
                    self.unannounced.push_back(*run);
                }
                _ => {}
            }
        }
        again.sort_unstable();
        again.iter().rev().for_each(|(_, run)| self.waiting.push_front(*run));
        again.len()
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

    fn finish(&mut self, run: RunId) -> Outcome<T> {
        let Some(entry) = self.entries.remove(&run) else { return Outcome::Stray };
        self.octets -= entry.octets;
        Outcome::Done { item: entry.item }
    }
}
