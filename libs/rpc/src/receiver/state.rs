//! The streams of a receiver and what is to be said over each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;
use weir_delivery::{Answer, Arrival, RunAnswer, RunId, RunRegister};

use crate::budget::Room;
use crate::link::MAX_ANSWERS;

/// Identifies a stream; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct StreamId(pub(super) u64);

/// What a receiver is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiverStatus {
    /// Open streams.
    pub streams: usize,
    /// Runs without a final answer.
    pub pending: usize,
    /// Octets of runs that are not accepted.
    pub octets_in_flight: usize,
    /// Runs that came again and were not processed again, since the start.
    pub duplicates: u64,
    /// Ids that are remembered as committed.
    pub remembered: usize,
}

/// A run's room in the budgets.
#[derive(Debug)]
pub(super) struct Rooms {
    pub(super) _stream: Room,
    pub(super) _process: Room,
}

/// What a stream is to say next.
#[derive(Debug)]
pub(super) enum Next {
    Say(Vec<RunAnswer>),
    /// Nothing for now.
    Wait,
    /// All is said.
    End,
}

#[derive(Debug, Default)]
struct Stream {
    waiting: VecDeque<RunAnswer>,
    /// Its sender's half has ended.
    is_complete: bool,
    /// There is something to say.
    changed: Arc<Notify>,
    /// Something was said.
    said: Arc<Notify>,
}

#[derive(Debug)]
pub(super) struct State {
    register: RunRegister<StreamId>,
    streams: HashMap<StreamId, Stream>,
    rooms: HashMap<RunId, Rooms>,
    opened: u64,
    duplicates: u64,
}

impl State {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            register: RunRegister::new(memory),
            streams: HashMap::new(),
            rooms: HashMap::new(),
            opened: 0,
            duplicates: 0,
        }
    }

    /// A new stream, unless `most` are open.
    pub(super) fn open(&mut self, most: usize) -> Option<StreamId> {
        if self.streams.len() >= most {
            return None;
        }
        let id = StreamId(self.opened);
        self.opened += 1;
        self.streams.insert(id, Stream::default());
        Some(id)
    }

    pub(super) fn close(&mut self, stream: StreamId) {
        self.register.close(stream);
        self.streams.remove(&stream);
    }

    /// Wakes who writes to the stream.
    pub(super) fn changed(&self, stream: StreamId) -> Arc<Notify> {
        self.streams.get(&stream).map(|each| Arc::clone(&each.changed)).unwrap_or_default()
    }

    /// Wakes who waits for answers to be said.
    pub(super) fn said(&self, stream: StreamId) -> Arc<Notify> {
        self.streams.get(&stream).map(|each| Arc::clone(&each.said)).unwrap_or_default()
    }

    /// The sender's half has ended.
    pub(super) fn complete(&mut self, stream: StreamId) {
        self.change(stream, |stream| stream.is_complete = true);
    }

    /// Answers that are still to be said.
    pub(super) fn unread(&self, stream: StreamId) -> usize {
        self.streams.get(&stream).map_or(0, |stream| stream.waiting.len())
    }

    /// A run has come; what is known of it is said at once.
    pub(super) fn arrive(&mut self, run: RunId, stream: StreamId) -> Arrival {
        let arrival = self.register.arrive(run, stream);
        self.tell_known(run, stream, arrival)
    }

    /// A run was announced; what is known of it is said at once. An unknown one counts as
    /// pending, until it is answered.
    pub(super) fn resume(&mut self, run: RunId, stream: StreamId) -> Arrival {
        let arrival = self.register.arrive(run, stream);
        if arrival == Arrival::New {
            self.register.accept(run);
            return arrival;
        }
        self.tell_known(run, stream, arrival)
    }

    fn tell_known(&mut self, run: RunId, stream: StreamId, arrival: Arrival) -> Arrival {
        self.duplicates += u64::from(arrival != Arrival::New);
        match arrival {
            Arrival::Committed => self.tell(stream, RunAnswer { run, answer: Answer::Committed }),
            Arrival::Pending { is_accepted: true } => {
                self.tell(stream, RunAnswer { run, answer: Answer::Accepted });
            }
            Arrival::Pending { is_accepted: false } | Arrival::New => {}
        }
        arrival
    }

    /// Keeps a run's room until it is accepted or done with.
    pub(super) fn hold(&mut self, run: RunId, rooms: Rooms) {
        self.rooms.insert(run, rooms);
    }

    /// Tells all who wait for it.
    pub(super) fn answer(&mut self, answer: RunAnswer) {
        self.rooms.remove(&answer.run);
        let streams = match answer.answer {
            Answer::Accepted => self.register.accept(answer.run).to_vec(),
            Answer::Committed => self.register.commit(answer.run),
            _ => self.register.forget(answer.run),
        };
        streams.into_iter().for_each(|stream| self.tell(stream, answer));
    }

    pub(super) fn tell(&mut self, stream: StreamId, answer: RunAnswer) {
        self.change(stream, |stream| stream.waiting.push_back(answer));
    }

    pub(super) fn next(&mut self, id: StreamId) -> Next {
        let Some(stream) = self.streams.get_mut(&id) else { return Next::End };
        if !stream.waiting.is_empty() {
            let most = stream.waiting.len().min(MAX_ANSWERS);
            let rest = stream.waiting.split_off(most);
            stream.said.notify_one();
            return Next::Say(std::mem::replace(&mut stream.waiting, rest).into());
        }
        let is_over = stream.is_complete && self.register.awaited(id) == 0;
        if is_over { Next::End } else { Next::Wait }
    }

    pub(super) fn status(&self, octets_in_flight: usize) -> ReceiverStatus {
        ReceiverStatus {
            streams: self.streams.len(),
            pending: self.register.pending(),
            octets_in_flight,
            duplicates: self.duplicates,
            remembered: self.register.remembered(),
        }
    }

    fn change(&mut self, stream: StreamId, change: impl FnOnce(&mut Stream)) {
        if let Some(stream) = self.streams.get_mut(&stream) {
            change(stream);
            stream.changed.notify_one();
        }
    }
}
