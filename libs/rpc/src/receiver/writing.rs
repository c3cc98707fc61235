//! One link's writing half: answers, and that the sender is to end its half.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use weir_delivery::Payload;

use super::Session;
use super::state::{Next, StreamId};
use crate::link::FromReceiver;

/// How long a stream is used before its sender is asked to open another, so that senders spread
/// over replicas anew; up to a quarter more, so that they don't all do so at once.
const LIFETIME: Duration = Duration::from_secs(600);

/// How long a sender may read no answer when many wait; then it is cut off.
const MAX_STALL: Duration = Duration::from_secs(30);

impl<T: Payload + Send + 'static> Session<'_, T> {
    /// Says what there is to say, until all is said after the sender's half has ended, or the
    /// link has ended. Then nothing more is read either.
    pub(super) async fn write(&self, responses: mpsc::Sender<FromReceiver>) {
        tokio::select! {
            () = self.ended.cancelled() => {}
            () = self.say_all(responses) => self.ended.cancel(),
        }
    }

    async fn say_all(&self, responses: mpsc::Sender<FromReceiver>) {
        let changed = self.receiver.state().changed(self.stream);
        let life = sleep(lifetime(self.stream));
        tokio::pin!(life);
        let mut is_asked_to_close = false;
        loop {
            if self.closing.is_cancelled() && !is_asked_to_close {
                is_asked_to_close = true;
                if !say(&responses, FromReceiver::Closing).await {
                    return;
                }
            }
            let next = self.receiver.state().next(self.stream);
            match next {
                Next::Say(answers) => {
                    if !say(&responses, FromReceiver::Answers(answers)).await {
                        return;
                    }
                }
                Next::Wait => tokio::select! {
                    () = changed.notified() => {}
                    () = self.closing.cancelled(), if !is_asked_to_close => {}
                    () = &mut life, if !is_asked_to_close => self.closing.cancel(),
                    () = responses.closed() => return,
                },
                Next::End => return,
            }
        }
    }
}

/// False when the sender is gone, or reads nothing.
async fn say(responses: &mpsc::Sender<FromReceiver>, said: FromReceiver) -> bool {
    match timeout(MAX_STALL, responses.send(said)).await {
        Ok(sent) => sent.is_ok(),
        Err(_) => {
            tracing::warn!("a sender does not read its answers: its stream is cut");
            false
        }
    }
}

fn lifetime(StreamId(number): StreamId) -> Duration {
    // Successive streams differ most: the golden ratio's fraction spreads them evenly.
    let spread = (number as f64 * 0.618).fract();
    LIFETIME.mul_f64(1.0 + spread / 4.0)
}
