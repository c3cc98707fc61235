//! The receiving side of the delivery contract, the same for enricher and exporter.

mod reading;
mod state;
mod writing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use weir_delivery::{Payload, RunAnswer, RunId};

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
    config: ReceiverConfig,
    in_flight: Arc<Semaphore>,
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
        Self {
            config,
            in_flight: Arc::new(Semaphore::new(config.in_flight_octets)),
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
        let Some(stream) = self.state().open(self.config.streams) else {
            tracing::warn!(streams = self.config.streams, "a stream is refused: too many are open");
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

    /// What it is doing.
    pub fn status(&self) -> ReceiverStatus {
        let free = self.in_flight.available_permits();
        self.state().status(self.config.in_flight_octets.saturating_sub(free))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
