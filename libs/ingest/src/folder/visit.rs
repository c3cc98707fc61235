//! One file: which it is, and whether it is time to read it.

use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use super::config::FolderMode;
use super::file::{Known, Phase};
use super::identity::{FileKey, Stat, is_packed, read_head};
use super::message::Message;
use super::reader::{Halt, Reader, Stopped, gone};
use super::scan::io_error;
use crate::error::{Fault, SourceError};

/// When a file is tried again that the system could not read.
const RETRY: Duration = Duration::from_secs(60);

impl Reader {
    /// Looks at a file of the folder, and reads it if it is time to.
    pub(super) fn look_at(&mut self, path: &Path, metadata: &Metadata) -> Result<(), Stopped> {
        let (key, stat) = (FileKey::of(metadata), Stat::of(metadata));
        let is_new = !self.files.contains_key(&key);
        let mut known = match self.files.remove(&key) {
            Some(known) => known,
            None => Known::new(self.number(), path, key, stat),
        };
        if known.seen == self.look {
            // A second name of one file.
            self.files.insert(key, known);
            return Ok(());
        }
        known.seen = self.look;
        known.move_to(path);
        let has_changed = known.note(stat) || is_new;
        let is_due = match known.phase {
            _ if has_changed => true,
            Phase::Unread => stat.size > 0,
            Phase::Following => self.is_quiet(&known),
            Phase::Failed => known.retry_at.is_some_and(|at| at <= Instant::now()),
            Phase::Quiet | Phase::Done => false,
        };
        let read = if is_due { self.read(&mut known, has_changed) } else { Ok(true) };
        if matches!(read, Ok(false)) && self.config.mode == FolderMode::Once {
            return self.vanished(known);
        }
        self.files.insert(key, known);
        read.map(drop)
    }

    /// Reads a file again that was rewound.
    pub(super) fn read_again(&mut self, mut known: Known) -> Result<(), Stopped> {
        known.phase = Phase::Unread;
        if self.read(&mut known, false)? {
            self.files.insert(known.part.key(), known);
            return Ok(());
        }
        if self.config.mode == FolderMode::Once {
            return self.vanished(known);
        }
        // It may have another name by now: the next look finds it, or not.
        self.files.insert(known.part.key(), known);
        Ok(())
    }

    /// The file is not in the folder any more.
    pub(super) fn vanished(&mut self, mut known: Known) -> Result<(), Stopped> {
        let is_unread = known.phase == Phase::Unread
            || known.phase == Phase::Following && known.stat.size > known.position.offset;
        let checkpoint = Box::new(known.checkpoint());
        let part = known.part.clone();
        if is_unread && known.is_begun {
            self.fail(&mut known, gone())?;
        } else {
            self.close(&mut known)?;
        }
        self.send(Message::Gone { part, checkpoint })
    }

    /// False when the file is not where it was.
    fn read(&mut self, known: &mut Known, has_changed: bool) -> Result<bool, Stopped> {
        let start = Instant::now();
        let read = self.try_read(known, has_changed);
        self.reading += start.elapsed();
        match read {
            Ok(()) | Err(Halt::Unwanted) => Ok(true),
            Err(Halt::NotThere) => Ok(false),
            Err(Halt::Stopped) => Err(Stopped),
            Err(Halt::Error(error)) => self.fail(known, error).map(|()| true),
        }
    }

    fn try_read(&mut self, known: &mut Known, has_changed: bool) -> Result<(), Halt> {
        let file = open(known)?;
        let metadata = file.metadata().map_err(Halt::of_io)?;
        if FileKey::of(&metadata) != known.part.key() {
            return Err(Halt::NotThere);
        }
        let has_changed = known.note(Stat::of(&metadata)) || has_changed;
        let head = read_head(&file, known.stat.size).map_err(Halt::of_io)?;
        let before = known.fingerprint;
        self.identify(known, &head)?;
        if !is_packed(&head) {
            if known.phase == Phase::Failed && known.is_refused && before == known.fingerprint {
                // Its first lines are what they were.
                return Ok(());
            }
            let is_final = self.config.mode == FolderMode::Once || self.is_quiet(known);
            return self.read_plain(known, &file, &head, is_final);
        }
        if known.position.is_end && known.read_size == known.stat.size {
            known.phase = Phase::Done;
            return Ok(());
        }
        if has_changed && self.config.mode == FolderMode::Follow {
            // Somebody may be writing to it.
            known.phase = Phase::Unread;
            return Ok(());
        }
        self.read_packed(known, &file)
    }

    fn is_quiet(&self, known: &Known) -> bool {
        known.changed_at.elapsed() >= self.config.quiet
    }

    /// Something of the file is about to be sent.
    pub(super) fn begin(&self, known: &mut Known) -> Result<(), Stopped> {
        known.is_begun = true;
        let (part, generation) = (known.part.clone(), known.generation);
        self.send(Message::Begin { part, generation, checkpoint: Box::new(known.checkpoint()) })
    }

    /// The file was read to its end.
    pub(super) fn close(&self, known: &mut Known) -> Result<(), Stopped> {
        if !std::mem::take(&mut known.is_begun) {
            return Ok(());
        }
        self.send(Message::Closed { part: known.part.clone(), generation: known.generation })
    }

    /// The file cannot be read as it is.
    pub(super) fn fail(&self, known: &mut Known, error: SourceError) -> Result<(), Stopped> {
        known.phase = Phase::Failed;
        known.is_refused = matches!(error.fault(), Fault::NoFlowLog | Fault::LogFormat);
        known.retry_at = (error.fault() == Fault::Read).then(|| Instant::now() + RETRY);
        if !std::mem::take(&mut known.is_begun) {
            return self
                .send(Message::Unreadable { name: known.path().display().to_string(), error });
        }
        let (part, generation) = (known.part.clone(), known.generation);
        self.send(Message::Failed { part, generation, error })
    }
}

fn open(known: &Known) -> Result<File, Halt> {
    File::open(known.path()).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Halt::NotThere,
        _ => Halt::Error(io_error("the file cannot be opened", error)),
    })
}

impl Halt {
    pub(super) fn of_io(error: std::io::Error) -> Self {
        Self::Error(io_error("the file cannot be read", error))
    }
}
