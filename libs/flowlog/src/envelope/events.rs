//! The lines and events of a document.

use xxhash_rust::xxh3::xxh3_128;

use crate::block::MAX_LINE_LENGTH;

/// An event of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// A hash of its id, which no other event has; 0 where it has none.
    pub id: u128,
    /// Where its text ends in the batch's lines.
    pub end: u32,
}

/// The lines and events of a document.
#[derive(Debug, Default)]
pub struct Events {
    lines: Vec<u8>,
    events: Vec<Event>,
}

/// Memory that is kept from document to document, at most.
const KEPT: usize = 4 << 20;

impl Events {
    /// The text of all events, each with a line end.
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// The events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.events.clear();
        self.lines.shrink_to(KEPT);
        self.events.shrink_to(KEPT / size_of::<Event>());
    }

    /// The id of the event that was added last.
    pub(super) fn set_last_id(&mut self, id: u128) {
        if let Some(event) = self.events.last_mut() {
            event.id = id;
        }
    }

    /// Adds an event's message. One that has line ends in it is several lines. Of a line that is
    /// too long, as much is kept as shows that.
    pub(super) fn push(&mut self, id: u128, message: &str) {
        let message = message.trim_end_matches(['\n', '\r']).as_bytes();
        if message.len() <= MAX_LINE_LENGTH {
            self.lines.extend_from_slice(message);
        } else {
            let mut lines = message.split(|octet| *octet == b'\n');
            let first = lines.next().unwrap_or_default();
            self.lines.extend_from_slice(cut(first));
            for line in lines {
                self.lines.push(b'\n');
                self.lines.extend_from_slice(cut(line));
            }
        }
        self.lines.push(b'\n');
        // Documents are shorter than that by far; what is behind counts to the last event.
        let end = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.events.push(Event { id, end });
    }
}

fn cut(line: &[u8]) -> &[u8] {
    line.get(..=MAX_LINE_LENGTH).unwrap_or(line)
}

/// What a batch says of all its events.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) owner: String,
    pub(super) log_group: String,
    pub(super) log_stream: String,
}

impl Head {
    pub(super) fn clear(&mut self) {
        self.owner.clear();
        self.log_group.clear();
        self.log_stream.clear();
    }
}

/// The hash of an event's id.
pub(super) fn hash_of_id(id: &str) -> u128 {
    if id.is_empty() { 0 } else { xxh3_128(id.as_bytes()).max(1) }
}
