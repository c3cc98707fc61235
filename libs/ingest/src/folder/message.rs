//! What the reader's thread tells the source.

use std::time::Duration;

use weir_delivery::RawRun;

use super::checkpoint::Checkpoint;
use super::file::{FilePart, FilePosition};
use crate::error::SourceError;

/// What the reader's thread tells the source. What is of a file carries the file's generation, so
/// that what was read before a rewind is known as such.
pub(super) enum Message {
    /// A file is being read, from the checkpoint's position on.
    Begin { part: FilePart, generation: u64, checkpoint: Box<Checkpoint> },
    /// Lines were read.
    Run { part: FilePart, generation: u64, run: RawRun, position: FilePosition, age: Duration },
    /// The file was read to its end.
    Closed { part: FilePart, generation: u64 },
    /// The file cannot be read to its end.
    Failed { part: FilePart, generation: u64, error: SourceError },
    /// A file of which nothing was read.
    Unreadable { name: String, error: SourceError },
    /// The file is gone: nothing more is kept of it.
    Gone { part: FilePart, checkpoint: Box<Checkpoint> },
    /// The file's text is gone, and other text is in its place.
    Replaced { part: FilePart },
    /// Nobody has the file of this checkpoint any more.
    Orphan { checkpoint: Box<Checkpoint> },
    /// The folder cannot be read.
    Trouble(SourceError),
    /// All is read; so many rewinds were served before.
    End { rewinds: u64 },
}
