//! The receiving side of the delivery contract, the same for enricher and exporter.

mod reading;
mod state;
mod writing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use weir_delivery::{Payload, RunAnswer, RunId};

use crate::budget::Budget;
use crate::link::ReceiverEnd;
pub use state::ReceiverStatus;
use state::{State, StreamId};

/// What a receiver does with runs.
#[async_trait]
pub trait Handler<T>: Send + Sync + 'static {
    /// Takes a run that is new here; [`Receiver::answer`] gives the answer, exactly one final
    /// one. It waits while the run cannot be taken: meanwhile nothing more is read from its
    /// stream, which is the back-pressure. It is polled to its end, also when the stream breaks.
    async fn take(&self, run: T);

    /// A run was announced that is not known here. True when its answer will come; false is
    /// [`weir_delivery::Answer::Unknown`].
    async fn announced(&self, run: RunId) -> bool;
}

/// How much a receiver takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverConfig {
    /// The most octets of runs that are not accepted, over all streams. A larger run may still
    /// go alone.
    pub in_flight_octets: usize,
    /// The same for each stream.
    pub stream_octets: usize,
    /// Ids of committed runs that are remembered.
    pub memory: usize,
    /// The most open streams; more are refused.
    pub streams: usize,
}

impl Default for ReceiverConfig {
    fn default() -> Self {
        Self {
            in_flight_octets: 64 * 1024 * 1024,
            stream_octets: 16 * 1024 * 1024,
            memory: 262_144,
            streams: 1024,
        }
    }
}

/// Reads runs from any number of links, and gives each of them its answers.
pub struct Receiver<T> {
    /// The most open streams.
    streams: usize,
    in_flight_octets: watch::Sender<usize>,
    stream_octets: watch::Sender<usize>,
    in_flight: Arc<Budget>,
    state: Mutex<State>,
    closing: CancellationToken,
    of: std::marker::PhantomData<fn(T)>,
}

/// One link while it is served.
struct Session<'r, T> {
    receiver: &'r Receiver<T>,
    stream: StreamId,
    /// Its sender is to end its half.
    closing: CancellationToken,
    /// Nothing more is read or said: one of the halves broke, or all is said.
    ended: CancellationToken,
}

impl<T: Payload + Send + 'static> Receiver<T> {
    /// A receiver without any link.
    pub fn new(config: ReceiverConfig) -> Self {
        let in_flight_octets = watch::Sender::new(config.in_flight_octets);
        Self {
            streams: config.streams,
            in_flight: Budget::new(in_flight_octets.subscribe()),
            in_flight_octets,
            stream_octets: watch::Sender::new(config.stream_octets),
            state: Mutex::new(State::new(config.memory)),
            closing: CancellationToken::new(),
            of: std::marker::PhantomData,
        }
    }

    /// Serves one link, until its sender has ended its half and every run is answered, or until
    /// it breaks. The future must be polled to its end: a run that was read goes to `handler`
    /// even when its link breaks meanwhile, for others may wait for its answer.
    pub async fn serve(&self, end: ReceiverEnd<T>, handler: &dyn Handler<T>) {
        let ReceiverEnd { requests, responses } = end;
        let Some(stream) = self.state().open(self.streams) else {
            tracing::warn!(streams = self.streams, "a stream is refused: too many are open");
            return;
        };
        let (closing, ended) = (self.closing.child_token(), CancellationToken::new());
        let session = Session { receiver: self, stream, closing, ended };
        tokio::join!(session.read(requests, handler), session.write(responses));
        self.state().close(stream);
    }

    /// Takes the answer to a run, from any thread.
    pub fn answer(&self, answer: RunAnswer) {
        self.state().answer(answer);
    }

    /// Asks the senders of all links to end their halves, also of those that come later.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Takes so many octets of runs that are not accepted from now on, over all streams and over
    /// each: see [`ReceiverConfig`]. What was taken stays.
    pub fn set_budgets(&self, in_flight_octets: usize, stream_octets: usize) {
        self.in_flight_octets.send_replace(in_flight_octets);
        self.stream_octets.send_replace(stream_octets);
    }

    /// What it is doing.
    pub fn status(&self) -> ReceiverStatus {
        self.state().status(self.in_flight.used())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
