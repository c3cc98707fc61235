//! What the tasks that work on messages tell the source.

use std::sync::Arc;
use std::time::Duration;

use weir_delivery::RawRun;
use weir_ingest::SourceError;

use crate::message::Message;
use crate::part::ObjectPart;
use crate::slots::Slot;

/// What the tasks tell the source. What is of an object carries the generation of its reading.
pub(crate) enum Event {
    /// An object is about to be looked at.
    Opened { part: ObjectPart },
    /// Lines were read. The slot is free again when all runs that hold it are taken over.
    Run { part: ObjectPart, generation: u64, run: RawRun, age: Duration, slot: Arc<Slot> },
    /// The object was read to its end, or there is nothing to read.
    Closed { part: ObjectPart, generation: u64 },
    /// The object cannot be read to its end.
    Failed { part: ObjectPart, generation: u64, error: SourceError },
    /// The message is not ours any more.
    Lost { message: Arc<Message>, error: SourceError },
    /// A message of no known form.
    Unreadable { name: String, error: SourceError },
    /// Something is tried again later.
    Delayed { name: String, error: SourceError },
}
