//! What the reader knows of a file.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use xxhash_rust::xxh3::xxh3_128;

use super::checkpoint::Checkpoint;
use super::identity::{FileKey, Fingerprint, Stat};

/// One incarnation of a file.
#[derive(Clone, Debug)]
pub struct FilePart {
    number: u64,
    /// The path at which it was first seen.
    path: Arc<str>,
    key: FileKey,
}

impl FilePart {
    pub(super) fn key(&self) -> FileKey {
        self.key
    }
}

impl PartialEq for FilePart {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for FilePart {}

impl Hash for FilePart {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.number.hash(hasher);
    }
}

impl fmt::Display for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// A place in a file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePosition {
    /// Octets of unpacked text before it.
    pub offset: u64,
    /// The number of the line there, counted from 1.
    pub line: u64,
    /// Whether nothing comes after it: a compressed file was read to its end. `offset` is where
    /// its last run starts then, to go on from should the file grow.
    pub is_end: bool,
}

impl FilePosition {
    /// A file's start.
    pub const START: Self = Self { offset: 0, line: 1, is_end: false };
}

/// What the reader knows of a file: about 400 octets, its path counted in.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) part: FilePart,
    /// Where it is now, when that is not where it was first seen.
    moved_to: Option<Box<Path>>,
    /// A hash of the path at which it was first seen: the place of its runs.
    pub(super) place: u128,
    /// How often it was begun anew.
    pub(super) incarnation: u32,
    /// None before it was opened once.
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) stat: Stat,
    /// Octets of the file when it was read to its end.
    pub(super) read_size: u64,
    pub(super) changed_at: Instant,
    /// The last look at the folder that saw it.
    pub(super) seen: u64,
    /// How far it was read.
    pub(super) position: FilePosition,
    /// Where runs must end that are read again.
    pub(super) cuts: VecDeque<u64>,
    /// Grows with each rewind.
    pub(super) generation: u64,
    /// Whether the source was told that it begins, and not yet that it ends.
    pub(super) is_begun: bool,
    /// When to try again what failed, though it has not changed.
    pub(super) retry_at: Option<Instant>,
    /// Whether its first lines are those of no flow log.
    pub(super) is_refused: bool,
    pub(super) phase: Phase,
}

impl Known {
    /// A file that was not seen before.
    pub(super) fn new(number: u64, path: &Path, key: FileKey, stat: Stat) -> Self {
        let name: Arc<str> = path.display().to_string().into();
        let part = FilePart { number, path: name, key };
        let mut known = Self {
            part,
            moved_to: None,
            place: xxh3_128(path.as_os_str().as_encoded_bytes()),
            incarnation: 0,
            fingerprint: None,
            stat,
            read_size: 0,
            changed_at: Instant::now(),
            seen: 0,
            position: FilePosition::START,
            cuts: VecDeque::new(),
            generation: 0,
            is_begun: false,
            retry_at: None,
            is_refused: false,
            phase: Phase::Unread,
        };
        // A name that is no text is shown in another way than it is opened.
        known.move_to(path);
        known
    }

    /// Where it is now.
    pub(super) fn path(&self) -> &Path {
        self.moved_to.as_deref().unwrap_or(Path::new(&*self.part.path))
    }

    pub(super) fn move_to(&mut self, path: &Path) {
        if self.path() != path {
            self.moved_to = Some(path.into());
        }
    }

    /// It is the file of this checkpoint.
    pub(super) fn go_on(&mut self, found: &Checkpoint) {
        let path = self.path().to_owned();
        self.part.path = found.path.as_str().into();
        self.moved_to = None;
        self.move_to(&path);
        self.place = found.place().unwrap_or(self.place);
        self.incarnation = found.incarnation;
        self.position = found.position;
        self.read_size = found.size;
    }

    /// Takes note of what the system says. Whether that has changed.
    pub(super) fn note(&mut self, stat: Stat) -> bool {
        let has_changed = self.stat != stat;
        if has_changed {
            self.stat = stat;
            self.changed_at = Instant::now();
        }
        has_changed
    }

    /// What is kept of it, with the present position.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            path: self.part.path.to_string(),
            place: format!("{:032x}", self.place),
            inode: self.part.key.inode,
            incarnation: self.incarnation,
            fingerprint: self.fingerprint.unwrap_or_default(),
            size: self.stat.size,
            position: self.position,
        }
    }

    /// The same file with other text.
    pub(super) fn begin_anew(&mut self, number: u64) {
        self.part = FilePart { number, ..self.part.clone() };
        self.incarnation += 1;
        self.position = FilePosition::START;
        self.read_size = 0;
        self.cuts.clear();
        self.generation = 0;
        self.fingerprint = None;
        self.phase = Phase::Unread;
    }
}

/// What is next for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// To be read, when it has settled.
    Unread,
    /// Text that was read to its last complete line, and may grow.
    Following,
    /// Text that was read to its end and has not changed since.
    Quiet,
    /// A compressed file that was read to its end.
    Done,
    /// It cannot be read as it is.
    Failed,
}
