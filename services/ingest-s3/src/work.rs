//! The work on one message: which objects it names, and each of them read.

use std::sync::Arc;
use std::time::Duration;

use weir_ingest::{Backoff, Fault, SourceError};

use crate::desk::Desk;
use crate::event::Event;
use crate::message::Message;
use crate::metrics::{MessageOutcome, ObjectOutcome};
use crate::notification::{self, Notification, ObjectEvent};
use crate::object::is_waited_out;
use crate::part::ObjectPart;
use crate::reading::{Ending, Reading};
use crate::slots::Slot;

/// Attempts at an object whose octets break off, or that changes while it is read.
const ATTEMPTS: u32 = 5;

/// Waits between attempts at an object. Its message is held meanwhile, and its slot is free.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(60) };

/// Works on a message until all its objects are read, or it is not ours any more.
pub(crate) async fn work(desk: Arc<Desk>, message: Arc<Message>, body: String, slot: Slot) {
    let objects = match notification::read(&body) {
        Ok(Notification::Test) => Vec::new(),
        Ok(Notification::Objects { created, others }) => {
            desk.metrics.objects(ObjectOutcome::NotCreated, others as u64);
            created
        }
        Err(unknown) => return leave(&desk, &message, unknown).await,
    };
    drop(body);
    let parts = parts_of(&desk, &message, objects);
    message.has_parts(parts.len());
    for part in &parts {
        if !desk.send(Event::Opened { part: part.clone() }).await {
            return;
        }
    }
    let mut slot = Some(slot);
    for part in parts {
        slot = read(&desk, part, 0, slot.take()).await;
    }
}

/// Reads an object again of which something was lost.
pub(crate) async fn read_again(desk: Arc<Desk>, part: ObjectPart, generation: u64) {
    read(&desk, part, generation, None).await;
}

/// One part for each object. A message that names none is a part itself: it is done at once.
fn parts_of(desk: &Desk, message: &Arc<Message>, objects: Vec<ObjectEvent>) -> Vec<ObjectPart> {
    let part = |event| ObjectPart::new(desk.next_number(), message, event);
    if objects.is_empty() {
        return vec![part(None)];
    }
    objects.into_iter().map(|event| part(Some(event))).collect()
}

/// A message that nobody understands is left for the queue's redrive policy.
async fn leave(desk: &Desk, message: &Arc<Message>, unknown: notification::UnknownForm) {
    desk.metrics.message(MessageOutcome::Unknown);
    desk.release(message);
    let error = SourceError::transient(Fault::Envelope, "the message cannot be read");
    let (name, error) = (format!("message {message}"), error.because(unknown));
    desk.send(Event::Unreadable { name, error }).await;
}

/// Reads an object to its end, with as many attempts as it takes; the first generation before
/// anything of it was lost. Gives the slot on where runs do not hold it.
async fn read(
    desk: &Arc<Desk>,
    part: ObjectPart,
    generation: u64,
    slot: Option<Slot>,
) -> Option<Slot> {
    let is_again = generation > 0;
    let (mut slot, mut attempts) = (slot.map(Arc::new), 0);
    while part.is_wanted(generation) {
        let taken = match slot.take() {
            Some(slot) => slot,
            None => Arc::new(free_slot(desk, &part).await?),
        };
        let reading = Reading { desk, part: &part, generation, is_again, slot: &taken };
        let error = match reading.read().await {
            Ok(Ending::Closed) => {
                desk.send(Event::Closed { part, generation }).await;
                return Arc::into_inner(taken);
            }
            Ok(Ending::Stopped) => return Arc::into_inner(taken),
            Err(error) => error,
        };
        attempts += 1;
        if is_waited_out(error.fault()) || may_work_again(error.fault()) && attempts < ATTEMPTS {
            drop(taken);
            wait(desk, &part, error, attempts).await;
        } else {
            desk.send(Event::Failed { part, generation, error }).await;
            return Arc::into_inner(taken);
        }
    }
    slot.and_then(Arc::into_inner)
}

/// None when the message is not ours any more before there is one.
async fn free_slot(desk: &Desk, part: &ObjectPart) -> Option<Slot> {
    tokio::select! {
        slot = desk.slots.take_again() => Some(slot),
        () = part.message().let_go() => None,
    }
}

fn may_work_again(fault: Fault) -> bool {
    matches!(fault, Fault::Read | Fault::Changed)
}

/// Shows what is wrong, and waits: not longer than the message is ours.
async fn wait(desk: &Desk, part: &ObjectPart, error: SourceError, attempts: u32) {
    desk.metrics.retry(error.fault());
    desk.send(Event::Delayed { name: part.name().to_owned(), error }).await;
    tokio::select! {
        () = tokio::time::sleep(BACKOFF.wait(attempts)) => {}
        () = part.message().let_go() => {}
    }
}
