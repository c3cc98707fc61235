//! What the loop waits for.

use std::future;

use tokio::time::{Instant, sleep_until};
use weir_runtime::Shutdown;

use super::Driver;
use crate::dispatch::{Closed, DeliveryEvent};
use crate::error::SourceError;
use crate::source::{EventOf, Source};

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
    pub(super) async fn wait(&mut self, shutdown: &Shutdown) -> Wake<S, E> {
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
            () = shutdown.requested(), if !is_stopping => Wake::Shutdown,
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
