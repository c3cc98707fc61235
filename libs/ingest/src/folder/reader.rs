//! The thread that looks at the folder and reads.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use weir_objects::Buffers;

use super::checkpoint::Unclaimed;
use super::config::{FolderConfig, FolderMode};
use super::file::Known;
use super::identity::FileKey;
use super::message::Message;
use super::shared::{Rewind, Shared};
use crate::error::{Fault, SourceError};
use crate::events::EventMetrics;

/// The pause after a look, as a multiple of the look.
const PAUSE: u32 = 4;

/// Looks at the folder and reads. State is kept for a file as long as it exists.
pub(super) struct Reader {
    pub(super) config: FolderConfig,
    messages: mpsc::Sender<Message>,
    pub(super) shared: Arc<Shared>,
    pub(super) files: HashMap<FileKey, Known>,
    pub(super) unclaimed: Unclaimed,
    pub(super) buffers: Buffers,
    pub(super) events: EventMetrics,
    /// Numbers the looks at the folder.
    pub(super) look: u64,
    /// Numbers the parts.
    pub(super) next_part: u64,
    /// The file system that the folder was on at first.
    pub(super) device: Option<u64>,
    /// Whether it was told that the folder cannot be read.
    pub(super) is_troubled: bool,
    /// Places that were reported and are unreadable still.
    pub(super) reported: HashSet<PathBuf>,
    /// Time of this look that was spent on reading.
    pub(super) reading: Duration,
    rewinds: u64,
}

/// The source is not there any more.
#[derive(Debug)]
pub(super) struct Stopped;

/// Why a file is not read on.
#[derive(Debug)]
pub(super) enum Halt {
    Stopped,
    /// It is to be read again.
    Unwanted,
    /// Its path leads to no file, or to another.
    NotThere,
    Error(SourceError),
}

impl From<Stopped> for Halt {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl Reader {
    pub(super) fn new(
        config: FolderConfig,
        messages: mpsc::Sender<Message>,
        shared: Arc<Shared>,
        unclaimed: Unclaimed,
    ) -> Self {
        Self {
            config,
            messages,
            shared,
            files: HashMap::new(),
            unclaimed,
            buffers: Buffers::new(),
            events: EventMetrics::new("folder"),
            look: 0,
            next_part: 0,
            device: None,
            is_troubled: false,
            reported: HashSet::new(),
            reading: Duration::ZERO,
            rewinds: 0,
        }
    }

    /// Reads until the source is stopped.
    pub(super) fn run(mut self) -> Stopped {
        loop {
            let start = Instant::now();
            if let Err(stopped) = self.look_and_rest(start) {
                return stopped;
            }
        }
    }

    fn look_and_rest(&mut self, start: Instant) -> Result<(), Stopped> {
        self.reading = Duration::ZERO;
        self.look_around()?;
        if self.config.mode == FolderMode::Once {
            return self.rest_for_good();
        }
        let looking = start.elapsed().saturating_sub(self.reading);
        let until = Instant::now() + self.config.poll.max(looking * PAUSE);
        while Instant::now() < until {
            self.shared.wait(Some(until));
            self.serve_rewinds()?;
        }
        Ok(())
    }

    /// Everything was read; only rewinds may come.
    fn rest_for_good(&mut self) -> Result<(), Stopped> {
        loop {
            self.send(Message::End { rewinds: self.rewinds })?;
            self.shared.wait(None);
            self.serve_rewinds()?;
        }
    }

    /// Reads again what is to be read again.
    pub(super) fn serve_rewinds(&mut self) -> Result<(), Stopped> {
        while let Some(rewind) = self.shared.next_rewind() {
            self.rewinds = self.rewinds.max(rewind.number);
            self.serve(rewind)?;
        }
        if self.shared.is_stopped() { Err(Stopped) } else { Ok(()) }
    }

    fn serve(&mut self, rewind: Rewind) -> Result<(), Stopped> {
        let Rewind { part, generation, position, cuts, .. } = rewind;
        let is_same = self.files.get(&part.key()).is_some_and(|known| known.part == part);
        let known = if is_same { self.files.remove(&part.key()) } else { None };
        let Some(mut known) = known else {
            return self.send(Message::Failed { part, generation, error: gone() });
        };
        (known.generation, known.position, known.cuts) = (generation, position, cuts);
        known.is_begun = true;
        self.read_again(known)
    }

    /// Waits until the source takes it.
    pub(super) fn send(&self, message: Message) -> Result<(), Stopped> {
        self.messages.blocking_send(message).map_err(|_| Stopped)
    }
}

/// Lines were delivered to an exporter that is gone, and are not in the file any more.
pub(super) fn gone() -> SourceError {
    let what = "the file is gone or was written anew before all of it was delivered; \
                keep files until they are committed";
    SourceError::transient(Fault::Gone, what)
}
