//! The receiving side of the delivery contract, the same for enricher and exporter.

mod state;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use weir_delivery::{Answer, Arrival, Payload, RunAnswer, RunId};

use crate::link::{FromReceiver, Incoming, ReceiverEnd, ToReceiver};
pub use state::ReceiverStatus;
use state::{Next, Permits, State, StreamId};

/// How long a stream is used before its sender is asked to open another, so that senders spread
/// over replicas anew; up to a quarter more, so that they don't all do so at once.
const LIFETIME: Duration = Duration::from_secs(600);

/// How long a sender may take to end its half after it was asked to.
const CLOSING_GRACE: Duration = Duration::from_secs(30);

/// The most answers that wait for a sender to read them; one with more is cut off.
const MAX_UNREAD: usize = 65_536;

/// What a receiver does with runs.
#[async_trait]
pub trait Handler<T>: Send + Sync + 'static {
    /// Takes a run that is new here; [`Receiver::answer`] gives the answer, exactly one final
    /// one. It waits while the run cannot be taken: meanwhile nothing more is read from its
    /// stream, which is the back-pressure.
    async fn take(&self, run: T);

    /// A run was announced that is not known here. True when its answer will come; false is
    /// [`Answer::Unknown`].
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

/// How a sender's half ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// In good order: it waits for the answers that are left.
    Complete,
    /// It broke, or its sender does not keep to the contract.
    Broken,
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
    /// it breaks. Runs that were read go to `handler` in any case.
    pub async fn serve(&self, end: ReceiverEnd<T>, handler: &dyn Handler<T>) {
        let ReceiverEnd { requests, responses } = end;
        let Some(stream) = self.state().open(self.config.streams) else {
            tracing::warn!(streams = self.config.streams, "a stream is refused: too many are open");
            return;
        };
        let writing = self.write(stream, responses);
        tokio::pin!(writing);
        let end = tokio::select! {
            end = self.read(stream, requests, handler) => end,
            () = &mut writing => End::Broken,
        };
        if end == End::Complete {
            self.state().complete(stream);
            writing.await;
        }
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

    async fn read(
        &self,
        stream: StreamId,
        mut requests: Incoming<ToReceiver<T>>,
        handler: &dyn Handler<T>,
    ) -> End {
        let octets = Arc::new(Semaphore::new(self.config.stream_octets));
        let mut deadline = Instant::now() + lifetime(stream);
        let mut is_closing = false;
        loop {
            tokio::select! {
                said = requests.next() => match said {
                    Some(Ok(said)) => self.take(stream, &octets, said, handler).await,
                    Some(Err(status)) => {
                        tracing::info!(%status, "a sender's stream broke");
                        return End::Broken;
                    }
                    None => return End::Complete,
                },
                () = self.closing.cancelled(), if !is_closing => {
                    is_closing = true;
                    deadline = Instant::now() + CLOSING_GRACE;
                    self.state().ask_to_close(stream);
                }
                () = sleep_until(deadline) => {
                    if is_closing {
                        tracing::warn!("a sender did not end its stream in time");
                        return End::Broken;
                    }
                    is_closing = true;
                    deadline = Instant::now() + CLOSING_GRACE;
                    self.state().ask_to_close(stream);
                }
            }
            if self.state().unread(stream) > MAX_UNREAD {
                tracing::warn!("a sender does not read its answers: its stream is cut");
                return End::Broken;
            }
        }
    }

    async fn take(
        &self,
        stream: StreamId,
        octets: &Arc<Semaphore>,
        said: ToReceiver<T>,
        handler: &dyn Handler<T>,
    ) {
        for (run, rejection) in said.refused {
            let answer = Answer::Rejected(rejection);
            self.state().tell(stream, RunAnswer { run, answer });
        }
        for run in said.resume {
            let is_new = self.state().resume(run, stream) == Arrival::New;
            if is_new && !handler.announced(run).await {
                self.answer(RunAnswer { run, answer: Answer::Unknown });
            }
        }
        for run in said.runs {
            let id = run.id();
            if self.state().arrive(id, stream) == Arrival::New {
                let permits = self.permits(octets, run.octets()).await;
                self.state().hold(id, permits);
                handler.take(run).await;
            }
        }
    }

    /// Room for `octets` in the budgets of the stream and of the process. A run that is larger
    /// than a budget takes all of it.
    async fn permits(&self, stream: &Arc<Semaphore>, octets: usize) -> Permits {
        let of = |semaphore: &Arc<Semaphore>, budget: usize| {
            let octets = u32::try_from(octets.min(budget)).unwrap_or(u32::MAX);
            Arc::clone(semaphore).acquire_many_owned(octets)
        };
        // Neither is ever closed, so that there always is a permit.
        let stream = of(stream, self.config.stream_octets).await.ok();
        let process = of(&self.in_flight, self.config.in_flight_octets).await.ok();
        Permits { _stream: stream, _process: process }
    }

    /// Says what there is to say, until all is said after the sender's half has ended, or the
    /// sender is gone.
    async fn write(&self, stream: StreamId, responses: mpsc::Sender<FromReceiver>) {
        let changed = self.state().changed(stream);
        loop {
            let next = self.state().next(stream);
            let is_sent = match next {
                Next::Say(said) => responses.send(said).await.is_ok(),
                Next::Wait => {
                    tokio::select! {
                        () = changed.notified() => true,
                        () = responses.closed() => false,
                    }
                }
                Next::End => false,
            };
            if !is_sent {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lifetime(StreamId(number): StreamId) -> Duration {
    // Successive streams differ most: the golden ratio's fraction spreads them evenly.
    let spread = (number as f64 * 0.618).fract();
    LIFETIME.mul_f64(1.0 + spread / 4.0)
}
