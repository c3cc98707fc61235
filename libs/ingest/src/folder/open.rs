//! The files that are open for the loop, and what it hears of them.

use std::collections::VecDeque;

use super::checkpoint::Checkpoint;
use super::file::FilePart;
use super::message::Message;
use super::source::FolderSource;
use crate::error::SourceError;
use crate::source::{EventOf, SourceEvent, Tracking};

/// A file that is open for the loop.
pub(super) struct Open {
    pub(super) generation: u64,
    /// As it is, or is to be, in the store.
    pub(super) checkpoint: Checkpoint,
    /// Where runs end that are not committed, in order.
    pub(super) cuts: VecDeque<u64>,
    /// Whether nothing is to be kept of it.
    pub(super) is_gone: bool,
}

impl FolderSource {
    /// What the loop hears of a message; nothing of what was read before a rewind.
    pub(super) fn take(&mut self, message: Message) -> Option<Result<EventOf<Self>, SourceError>> {
        let event = match message {
            Message::Begin { part, generation, checkpoint } => {
                self.begin(&part, generation, *checkpoint)?;
                SourceEvent::Opened { part, tracking: Tracking::Ordered }
            }
            Message::Run { part, generation, run, position, age } => {
                self.current(&part, generation)?.cuts.push_back(position.offset);
                SourceEvent::Run { part, run, position, age }
            }
            Message::Closed { part, generation } => {
                self.current(&part, generation)?;
                SourceEvent::Closed { part }
            }
            Message::Failed { part, generation, error } => {
                self.current(&part, generation)?;
                SourceEvent::Failed { part, error }
            }
            Message::Unreadable { name, error } => SourceEvent::Unreadable { name, error },
            Message::Gone { part, checkpoint } => {
                self.let_go(&part);
                self.orphans.push_back(*checkpoint);
                return None;
            }
            Message::Replaced { part } => {
                self.let_go(&part);
                return None;
            }
            Message::Orphan { checkpoint } => {
                self.orphans.push_back(*checkpoint);
                return None;
            }
            Message::Trouble(error) => return Some(Err(error)),
            Message::End { rewinds } if rewinds == self.rewinds => SourceEvent::End,
            Message::End { .. } => return None,
        };
        Some(Ok(event))
    }

    /// A file that is open already keeps its position: what is before is not committed.
    fn begin(&mut self, part: &FilePart, generation: u64, checkpoint: Checkpoint) -> Option<()> {
        match self.open.get_mut(part) {
            Some(open) if open.generation != generation => return None,
            Some(open) => {
                let position = open.checkpoint.position;
                open.checkpoint = Checkpoint { position, ..checkpoint };
            }
            None => {
                let (cuts, is_gone) = (VecDeque::new(), false);
                self.open.insert(part.clone(), Open { generation, checkpoint, cuts, is_gone });
            }
        }
        Some(())
    }

    fn current(&mut self, part: &FilePart, generation: u64) -> Option<&mut Open> {
        self.open.get_mut(part).filter(|open| open.generation == generation)
    }

    fn let_go(&mut self, part: &FilePart) {
        if let Some(open) = self.open.get_mut(part) {
            open.is_gone = true;
        }
    }
}
