//! One link's reading half: what the sender says.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::sleep;
use weir_delivery::{Answer, Arrival, Payload, RunAnswer};

use super::state::Rooms;
use super::{Handler, Session};
use crate::budget::Budget;
use crate::link::{Incoming, ToReceiver};

/// How long a sender that was asked to end its half may say nothing. What it says counts only
/// once it is read: a slow receiver is not its fault.
const CLOSING_GRACE: Duration = Duration::from_secs(30);

/// Nothing more is read from a sender that has more answers to read.
const MAX_UNREAD: usize = 65_536;

impl<T: Payload + Send + 'static> Session<'_, T> {
    /// Reads until the sender's half or the link has ended.
    pub(super) async fn read(
        &self,
        mut requests: Incoming<ToReceiver<T>>,
        handler: &dyn Handler<T>,
    ) {
        let octets = Budget::new(self.receiver.stream_octets.subscribe());
        while let Some(said) = self.next(&mut requests).await {
            self.take(said, &octets, handler).await;
            self.answers_are_read().await;
        }
    }

    /// What the sender says next.
    async fn next(&self, requests: &mut Incoming<ToReceiver<T>>) -> Option<ToReceiver<T>> {
        let said = tokio::select! {
            biased;
            () = self.ended.cancelled() => return None,
            said = requests.next() => said,
            () = self.is_overdue() => {
                tracing::warn!("a sender did not end its stream in time");
                self.ended.cancel();
                return None;
            }
        };
        match said {
            Some(Ok(said)) => return Some(said),
            Some(Err(status)) => {
                tracing::info!(%status, "a sender's stream broke");
                self.ended.cancel();
            }
            None => self.receiver.state().complete(self.stream),
        }
        None
    }

    async fn is_overdue(&self) {
        self.closing.cancelled().await;
        sleep(CLOSING_GRACE).await;
    }

    async fn take(&self, said: ToReceiver<T>, octets: &Arc<Budget>, handler: &dyn Handler<T>) {
        let (receiver, stream) = (self.receiver, self.stream);
        for (run, rejection) in said.refused {
            let answer = Answer::Rejected(rejection);
            receiver.state().tell(stream, RunAnswer { run, answer });
        }
        for run in said.resume {
            let is_new = receiver.state().resume(run, stream) == Arrival::New;
            if is_new && !handler.announced(run).await {
                receiver.answer(RunAnswer { run, answer: Answer::Unknown });
            }
        }
        for run in said.runs {
            // What has not arrived is sent again.
            if self.ended.is_cancelled() {
                return;
            }
            let id = run.id();
            let arrival = receiver.state().arrive(id, stream);
            if arrival == Arrival::New {
                let rooms = self.rooms(octets, run.octets()).await;
                receiver.state().hold(id, rooms);
                handler.take(run).await;
            }
        }
    }

    /// Room for `octets` in the budgets of the stream and of the process.
    async fn rooms(&self, stream: &Arc<Budget>, octets: usize) -> Rooms {
        let stream = stream.take(octets).await;
        Rooms { _stream: stream, _process: self.receiver.in_flight.take(octets).await }
    }

    async fn answers_are_read(&self) {
        let said = self.receiver.state().said(self.stream);
        while self.receiver.state().unread(self.stream) > MAX_UNREAD {
            tokio::select! {
                () = said.notified() => {}
                () = self.ended.cancelled() => return,
            }
        }
    }
}
