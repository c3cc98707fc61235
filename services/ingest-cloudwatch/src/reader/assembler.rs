//! From events to runs of lines.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use weir_inventory::log_formats::FlowLogFormat;

use super::{Event, SentRun};
use crate::event::EventId;

/// A run is cut at the first line end after so many octets.
const RUN: usize = 256 * 1024;

/// The longest line. What is longer is cut to one octet more, so that the parser rejects it.
const LINE: usize = 16 * 1024;

/// Lines of some events, all of one format.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) log: Arc<FlowLogFormat>,
    /// The events in the order of their lines.
    pub(crate) ids: Vec<EventId>,
    pub(crate) text: Bytes,
    /// The earliest ingestion time of the events.
    pub(crate) oldest: u64,
}

/// Collects lines by their format, and cuts runs.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    open: Vec<Open>,
    /// Runs of an earlier reading, which are put together again as they were.
    again: Vec<Again>,
    /// In which of them, and at which place, an event was.
    places: HashMap<EventId, (usize, usize)>,
}

#[derive(Debug)]
struct Open {
    log: Arc<FlowLogFormat>,
    ids: Vec<EventId>,
    text: Vec<u8>,
    oldest: u64,
}

#[derive(Debug)]
struct Again {
    ids: Arc<[EventId]>,
    lines: Vec<Option<Vec<u8>>>,
    missing: usize,
    log: Arc<FlowLogFormat>,
    oldest: u64,
}

impl Assembler {
    /// Puts these runs together again when their events come.
    pub(crate) fn new(runs: impl IntoIterator<Item = SentRun>) -> Self {
        let mut this = Self::default();
        for SentRun { ids, log } in runs {
            let run = this.again.len();
            this.places.extend(ids.iter().enumerate().map(|(at, id)| (*id, (run, at))));
            let (lines, missing) = (vec![None; ids.len()], ids.len());
            this.again.push(Again { ids, lines, missing, log, oldest: u64::MAX });
        }
        this
    }

    /// Whether the event was in a run of the earlier reading.
    pub(crate) fn was_read(&self, id: EventId) -> bool {
        self.places.contains_key(&id)
    }

    /// Whether a run of the earlier reading has some of its events, and not all.
    pub(crate) fn has_gaps(&self) -> bool {
        self.again.iter().any(|run| run.missing > 0 && run.missing < run.ids.len())
    }

    /// Adds a line that was in a run of the earlier reading. The run that is complete with it.
    pub(crate) fn put_again(&mut self, event: &Event<'_>) -> Option<Lines> {
        let (run, at) = self.places.remove(&event.id)?;
        self.again.get_mut(run)?.put(at, event)
    }

    /// Adds a line. The run that is complete with it.
    pub(crate) fn push(&mut self, event: &Event<'_>, log: &Arc<FlowLogFormat>) -> Option<Lines> {
        let is_it = |open: &Open| Arc::ptr_eq(&open.log, log);
        let place = self.open.iter().position(is_it).unwrap_or_else(|| {
            self.open.push(Open::new(Arc::clone(log)));
            self.open.len() - 1
        });
        let open = self.open.get_mut(place)?;
        open.ids.push(event.id);
        open.oldest = open.oldest.min(event.ingestion);
        write_line(&mut open.text, event.message);
        (open.text.len() >= RUN).then(|| self.open.swap_remove(place).into_lines())
    }

    /// The runs that are not full.
    pub(crate) fn flush(&mut self) -> Vec<Lines> {
        self.open.drain(..).map(Open::into_lines).collect()
    }

    /// What came of runs whose other events are not there any more.
    pub(crate) fn give_up(&mut self) -> Vec<Lines> {
        self.places.clear();
        self.again.drain(..).filter_map(Again::into_rest).collect()
    }
}

impl Open {
    fn new(log: Arc<FlowLogFormat>) -> Self {
        Self { log, ids: Vec::new(), text: Vec::new(), oldest: u64::MAX }
    }

    fn into_lines(self) -> Lines {
        Lines { log: self.log, ids: self.ids, text: self.text.into(), oldest: self.oldest }
    }
}

impl Again {
    fn put(&mut self, at: usize, event: &Event<'_>) -> Option<Lines> {
        let mut line = Vec::with_capacity(event.message.len() + 1);
        write_line(&mut line, event.message);
        let slot = self.lines.get_mut(at)?;
        self.missing -= usize::from(slot.replace(line).is_none());
        self.oldest = self.oldest.min(event.ingestion);
        if self.missing > 0 {
            return None;
        }
        let text: Vec<u8> = self.lines.drain(..).flatten().flatten().collect();
        let (ids, log) = (self.ids.to_vec(), Arc::clone(&self.log));
        Some(Lines { log, ids, text: text.into(), oldest: self.oldest })
    }

    fn into_rest(self) -> Option<Lines> {
        let there = self.ids.iter().zip(self.lines);
        let (ids, lines): (Vec<_>, Vec<_>) =
            there.filter_map(|(id, line)| Some((*id, line?))).unzip();
        let text: Vec<u8> = lines.into_iter().flatten().collect();
        let is_any = !ids.is_empty();
        is_any.then(|| Lines { log: self.log, ids, text: text.into(), oldest: self.oldest })
    }
}

/// A message is one line, whatever it holds.
fn write_line(text: &mut Vec<u8>, message: &str) {
    let message = message.trim_end_matches(['\n', '\r']);
    let end = message.floor_char_boundary(LINE + 1);
    let message = message.get(..end).unwrap_or_default();
    let start = text.len();
    text.extend_from_slice(message.as_bytes());
    for octet in text.iter_mut().skip(start) {
        if matches!(octet, b'\n' | b'\r') {
            *octet = b' ';
        }
    }
    text.push(b'\n');
}
