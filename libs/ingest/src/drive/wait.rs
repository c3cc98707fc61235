//! What the loop waits for.

use std::future;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use weir_runtime::Shutdown;

use super::Driver;
use crate::config::IngestConfig;
use crate::dispatch::{Closed, DeliveryEvent};
use crate::error::{Fault, SourceError};
use crate::source::{EventOf, Source};

/// What a call of the source has while a shutdown is asked for, of the grace time.
const CALL_AT_END: u32 = 10;

/// The time that a call of the source has.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// At most.
    pub(super) most: Duration,
    /// Once a shutdown is asked for.
    pub(super) at_end: Duration,
}

impl Patience {
    pub(super) fn of(config: &IngestConfig) -> Self {
        Self { most: config.call_timeout, at_end: config.grace / CALL_AT_END }
    }

    /// The result of the call, unless it takes too long.
    pub(super) async fn limit<T>(
        self,
        shutdown: &Shutdown,
        what: &str,
        call: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        let cut = async {
            shutdown.requested().await;
            sleep(self.at_end).await;
        };
        tokio::select! {
            biased;
            result = call => return result,
            () = sleep(self.most) => {}
            () = cut => {}
        }
        let what = format!("{what} took too long; it is tried again");
        Err(SourceError::transient(Fault::Timeout, what))
    }
}

/// What has happened.
pub(super) enum Wake<S: Source + ?Sized, E> {
    /// An answer has come, or none comes any more.
    Answer(Option<E>),
    /// The run has got its room, or never will.
    Sent(Result<(), Closed>),
    /// The source has something to say.
    Event(Result<EventOf<S>, SourceError>),
    /// A shutdown is asked for.
    Shutdown,
    /// It is time for something.
    Time,
}

impl<S, E> Driver<S, E>
where
    S: Source,
    E: Into<DeliveryEvent> + Send,
{
    /// Waits for the next thing to do. Answers come first: they make room.
    pub(super) async fn wait(&mut self) -> Wake<S, E> {
        let now = Instant::now();
        let may_read = self.may_read(now);
        let is_stopping = self.phase.is_stopping();
        let next = self.next_time(now);
        let sending = &mut self.sending;
        let sent = async {
            match sending {
                Some(sending) => sending.await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = self.events.recv() => Wake::Answer(answer),
            sent = sent => Wake::Sent(sent),
            () = self.shutdown.requested(), if !is_stopping => Wake::Shutdown,
            () = sleep_until(next) => Wake::Time,
            event = self.source.next(), if may_read => Wake::Event(event),
        }
    }

    /// When something is to be done, whatever happens.
    fn next_time(&self, now: Instant) -> Instant {
        let read = self.read_errors.until.filter(|until| *until > now);
        let commit = self.commits.due(self.is_hurried());
        let rewind = self.rewinds.due().filter(|_| !self.phase.is_stopping());
        let end = self.phase.until();
        let all = [read, commit, rewind, end];
        all.into_iter().flatten().fold(self.next_tick, Instant::min)
    }
}
