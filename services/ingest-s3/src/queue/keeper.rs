//! Keeps a message ours from its receipt until it is deleted or let go.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::debug;

use super::Refusal;
use crate::desk::Desk;
use crate::event::Event;
use crate::message::Message;
use crate::metrics::MessageOutcome;

/// A message is kept for longer each time that this part of its visibility timeout has passed:
/// two calls may fail before it is lost.
const PART: u32 = 3;

/// The wait after a call that failed.
const RETRY: Duration = Duration::from_secs(1);

/// Extends the visibility of `message` until it is let go.
pub(crate) async fn keep(desk: Arc<Desk>, message: Arc<Message>) {
    let queue = &message.queue;
    let interval = queue.visibility / PART;
    let mut wait = interval;
    loop {
        tokio::select! {
            () = message.let_go() => return,
            () = sleep(wait) => {}
        }
        let extended = tokio::select! {
            () = message.let_go() => return,
            extended = queue.extend(&message.handle) => extended,
        };
        desk.metrics.extended(extended.is_ok());
        wait = match extended {
            Ok(()) => interval,
            Err(Refusal::Error(error)) => {
                desk.metrics.retry(error.fault());
                desk.mention(Event::Delayed { name: format!("message {message}"), error });
                interval.min(RETRY)
            }
            Err(Refusal::Lost(error)) => {
                debug!(%message, error = error.describe(), "a message is not ours any more");
                if message.lose() {
                    desk.metrics.message(MessageOutcome::Lost);
                    desk.release(&message);
                    desk.send(Event::Lost { message, error }).await;
                }
                return;
            }
        };
    }
}
