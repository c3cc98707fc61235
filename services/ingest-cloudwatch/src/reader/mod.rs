//! How a group is read: a state machine to which times and pages are arguments.

mod assembler;
mod seen;
#[cfg(test)]
mod tests;
mod window;

use std::sync::Arc;
use std::time::Duration;

use assembler::Assembler;
pub(crate) use assembler::Lines;
use seen::Seen;
use window::Window;
pub(crate) use window::{HORIZON, Request, Turn};

use crate::event::EventId;
use weir_inventory::log_formats::FlowLogFormat;

/// How a group is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReaderConfig {
    pub(crate) overlap: Duration,
    pub(crate) settle: Duration,
    /// Events that are remembered, at most.
    pub(crate) most_seen: usize,
}

/// Where a reading begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginning {
    /// How far the group was read: the high water that was committed.
    pub(crate) high_water: u64,
    /// What was ingested before is not read.
    pub(crate) floor: u64,
    /// Events that are exported, whether or not the store has them as yet.
    pub(crate) exported: Vec<EventId>,
    /// Runs behind the high water, in their order. They get the same ids again.
    pub(crate) again: Vec<SentRun>,
}

/// A run that was sent: its events, and the format under which it was.
#[derive(Clone, Debug)]
pub(crate) struct SentRun {
    pub(crate) ids: Arc<[EventId]>,
    pub(crate) log: Arc<FlowLogFormat>,
}

/// An event of a page. Times are milliseconds since 1970-01-01 00:00 UTC.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) id: EventId,
    /// When CloudWatch Logs got it.
    pub(crate) ingestion: u64,
    pub(crate) message: &'a str,
    /// None for a line that is no flow log.
    pub(crate) log: Option<&'a Arc<FlowLogFormat>>,
    /// A better source has it.
    pub(crate) is_covered: bool,
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is exported.
    New,
    /// It is exported, and came later than is sure to be seen.
    Late,
    /// It was exported, or is about to be.
    Duplicate,
    /// It is from before the group was to be read.
    TooEarly,
    /// A better source has it.
    Covered,
}

/// Lines to export, and how far the group is read once they and all before them are committed.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) lines: Lines,
    pub(crate) high_water: u64,
}

/// Reads a group: asks for pages, leaves out what was seen, cuts runs.
#[derive(Debug)]
pub(crate) struct Reader {
    window: Window,
    seen: Seen,
    assembler: Assembler,
    floor: u64,
}

impl Reader {
    pub(crate) fn new(config: ReaderConfig, beginning: Beginning) -> Self {
        let Beginning { high_water, floor, exported, again } = beginning;
        let mut seen = Seen::new(config.most_seen);
        for id in exported {
            seen.insert(id);
        }
        Self {
            window: Window::new(config.overlap, config.settle, high_water),
            seen,
            assembler: Assembler::new(again),
            floor: floor.min(high_water),
        }
    }

    /// The times that count from the next pass on.
    pub(crate) fn reach(&mut self, overlap: Duration, settle: Duration) {
        self.window.reach(overlap, settle);
    }

    /// Between passes, moves on to the end of a time of which a better source has all records.
    pub(crate) fn pass_over(&mut self, after: u64, until: u64) {
        self.window.pass_over(after, until);
    }

    /// Begins a pass, unless one is under way. False when there is nothing to ask for as yet.
    pub(crate) fn begin(&mut self, now: u64) -> bool {
        self.window.begin(now)
    }

    /// What to ask for next; none between passes.
    pub(crate) fn request(&self) -> Option<Request> {
        self.window.request()
    }

    /// The token of the request is not good any more.
    pub(crate) fn restart_slice(&mut self) {
        self.window.restart_slice();
    }

    /// Whether only the store knows if the event was exported.
    pub(crate) fn is_unsure(&self, id: EventId, ingestion: u64) -> bool {
        ingestion >= self.floor && self.seen.is_unsure(id) && !self.assembler.was_read(id)
    }

    /// The event was exported.
    pub(crate) fn know(&mut self, id: EventId) {
        self.seen.insert(id);
    }

    /// Takes an event of the page that was asked for.
    pub(crate) fn take(&mut self, event: &Event<'_>) -> (Outcome, Option<Cut>) {
        if event.ingestion < self.floor {
            return (Outcome::TooEarly, None);
        }
        self.window.saw(event.id.timestamp, event.ingestion);
        let was_read = self.assembler.was_read(event.id);
        // It is not noted as seen: it is read after all if the better source turns out to be none.
        if event.is_covered && !was_read {
            return (Outcome::Covered, None);
        }
        if !self.seen.insert(event.id) {
            return (Outcome::Duplicate, None);
        }
        let is_late = self.window.is_late(event.id.timestamp) && !was_read;
        let lines = match event.log {
            // What was sent is sent as it was, whatever is known of formats by now.
            _ if was_read => self.assembler.put_again(event),
            Some(log) => self.assembler.push(event, log),
            None => None,
        };
        let high_water = self.window.high_water();
        let cut = lines.map(|lines| Cut { lines, high_water });
        (if is_late { Outcome::Late } else { Outcome::New }, cut)
    }

    /// The page is read, and `next` is the one after it. What is to be exported when a slice or a
    /// pass ends with it.
    pub(crate) fn turn(&mut self, next: Option<String>) -> (Turn, Vec<Cut>) {
        let (before, start) = (self.window.high_water(), self.window.pass_start());
        let turn = self.window.turn(next, !self.assembler.has_gaps());
        let mut runs = Vec::new();
        if turn != Turn::Page {
            runs = self.assembler.flush();
        }
        if turn == Turn::Pass {
            runs.extend(self.assembler.give_up());
            self.seen.is_complete_from(start);
            self.seen.forget_before(self.window.oldest());
        }
        // The high water stands behind all of them.
        let last = runs.len().saturating_sub(1);
        let position = |at: usize| if at == last { self.window.high_water() } else { before };
        let cuts = runs.into_iter().enumerate();
        (turn, cuts.map(|(at, lines)| Cut { lines, high_water: position(at) }).collect())
    }

    /// How far the group was read.
    pub(crate) fn high_water(&self) -> u64 {
        self.window.high_water()
    }

    /// From when on events are still to be read, while a pass has slices to come.
    pub(crate) fn behind(&self) -> Option<u64> {
        self.window.behind()
    }
}
