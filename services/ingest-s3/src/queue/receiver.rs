//! Receives messages of one queue as there are free slots for them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use weir_ingest::Backoff;

use super::{MOST_AT_ONCE, Queue, Received, keep};
use crate::desk::Desk;
use crate::event::Event;
use crate::message::Message;
use crate::slots::Slot;
use crate::work;

/// How long a call waits for messages, where no other queue needs the slots meanwhile.
const LONG_WAIT: Duration = Duration::from_secs(20);

/// The same where there are other queues. Anything above 0 asks all servers of the queue.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// The longest pause after a call that brought nothing, where there are other queues.
const PAUSES: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(5) };

/// Receives until it is stopped. A call that is under way then is taken to its end: messages
/// that it brings would be nobody's for the whole visibility timeout.
pub(crate) async fn receive(desk: Arc<Desk>, queue: Arc<Queue>, stop: CancellationToken) {
    info!(queue = queue.name(), "a queue is read");
    tokio::spawn(warn_of_missing_policy(Arc::clone(&queue)));
    let (mut failures, mut empty) = (0, 0);
    while let Some(slots) = next_slots(&desk, &stop).await {
        let is_alone = desk.queues() <= 1;
        let wait = if is_alone { LONG_WAIT } else { SHORT_WAIT };
        let pause = match queue.receive(slots.len(), wait).await {
            Ok(messages) => {
                failures = 0;
                empty = if messages.is_empty() { empty + 1 } else { 0 };
                start(&desk, &queue, messages, slots);
                (empty > 0 && !is_alone).then(|| PAUSES.wait(empty))
            }
            Err(error) => {
                drop(slots);
                failures += 1;
                desk.metrics.retry(error.fault());
                desk.send(Event::Delayed { name: queue.name().to_owned(), error }).await;
                Some(Backoff::default().wait(failures))
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(pause.unwrap_or_default()) => {}
        }
    }
    info!(queue = queue.name(), "a queue is no longer read");
}

/// Slots for messages to come; none once it is stopped.
async fn next_slots(desk: &Arc<Desk>, stop: &CancellationToken) -> Option<Vec<Slot>> {
    let slots = async {
        desk.held.has_room().await;
        desk.slots.take(MOST_AT_ONCE).await
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        slots = slots => Some(slots),
    }
}

/// Begins to work on messages. Slots that are left over are free again.
fn start(desk: &Arc<Desk>, queue: &Arc<Queue>, messages: Vec<Received>, slots: Vec<Slot>) {
    for (received, slot) in messages.into_iter().zip(slots) {
        let (message, body) = Message::new(Arc::clone(queue), received, desk.next_number());
        let message = Arc::new(message);
        desk.held.add(&message);
        tokio::spawn(keep(Arc::clone(desk), Arc::clone(&message)));
        tokio::spawn(work::work(Arc::clone(desk), message, body, slot));
    }
}

/// Without a redrive policy a message that can never be done comes again for ever.
async fn warn_of_missing_policy(queue: Arc<Queue>) {
    let name = queue.name();
    match queue.has_redrive_policy().await {
        Ok(true) => {}
        Ok(false) => warn!(
            queue = name,
            "the queue has no redrive policy: messages that cannot be done come again until they \
             expire; give it a dead-letter queue"
        ),
        Err(error) => {
            warn!(
                queue = name,
                error = error.describe(),
                "the queue's redrive policy is not known"
            );
        }
    }
}
