//! The seam between the loop and what it reads: a folder, a queue, a stream, a log group.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::time::Duration;

use async_trait::async_trait;
use weir_delivery::{RawRun, RunId, Verdict};

use crate::error::SourceError;

/// Something that flow logs are read from.
///
/// # Parts
///
/// A source has **parts**, each followed on its own: the files of a folder, the messages of a
/// queue, the shards of a stream, the log groups of a region. Parts come and go while the source
/// is read; any number may be open at a time, and their events may come mixed. A part is followed
/// in one of two ways ([`Tracking`]): by how far it is settled, or by whether all of it is.
///
/// # Who commits
///
/// The loop decides *when* and *what*, the source knows *how*. Nothing but [`Source::commit`] may
/// delete a message, move a checkpoint or mark a file as done, and it does so for what it is
/// given and no more. What the loop does not say is not delivered. What keeps a part ours while
/// its runs are on their way (a message's visibility, a shard's lease) is renewed by the source,
/// from the moment the part is opened until `commit` says that it is done or the source says that
/// it is revoked, also while nothing is read and also after [`Source::stop_reading`].
///
/// # What a rewind means
///
/// Nobody has some run of the part any more (the exporter that had accepted it is gone, and
/// nothing is stored inside weir), so the part is read again: from its checkpoint, or from where
/// it was opened. Once `rewind` has returned, `next` yields nothing of the earlier reading of
/// this part. The second reading goes on with [`SourceEvent::Run`] and ends with a
/// [`SourceEvent::Closed`] of its own; or with [`SourceEvent::Failed`], when the text is gone.
///
/// # What a second reading must look like
///
/// The same runs with the same ids, as far as the source still has them: a run's id depends on
/// its content's place alone. Then runs that are settled or on their way are not sent again. Where
/// runs are cut in another way, because more text is there, their ids must differ: the exporter
/// remembers ids, and one that covers more than it did would hide lines that nobody has read. The
/// cost is duplicates; nothing is lost, for the checkpoint follows the last reading alone.
///
/// # Cancel safety
///
/// The loop drops the future of `next` whenever something else happens, many times a second. A
/// source that loses something by that (a received message, a half-read answer) reads in a task
/// or thread of its own and takes from a bounded channel in `next`. The futures of `commit` and
/// `rewind` are dropped when they take too long; they are called again with the same or more, so
/// that each must do no harm when done twice.
#[async_trait]
pub trait Source: Send {
    /// Names a part. A part that is done or revoked may come again under the same name.
    type Part: Clone + Debug + Display + Eq + Hash + Send + Sync;
    /// A place in an ordered part: an offset, a sequence number. `()` where there is no order.
    type Position: Clone + Debug + Send + Sync;

    /// The next event; waits until there is one. It is not called while the loop has no room, so
    /// that the source reads no further than its own bounded buffer.
    ///
    /// # Errors
    ///
    /// A transient error is counted, shown, and `next` is called again after a while. A fatal one
    /// ends the loop: what is on its way is waited for, nothing more is read.
    async fn next(&mut self) -> Result<EventOf<Self>, SourceError>;

    /// Moves checkpoints, deletes messages, marks parts as done. At most one entry for a part;
    /// positions of a part only ever grow.
    ///
    /// # Errors
    ///
    /// All of them come again later, merged with what was settled since.
    async fn commit(&mut self, commits: &[CommitOf<Self>]) -> Result<(), SourceError>;

    /// Has the part read again from `to`, or from where it was opened when that is none. See
    /// above.
    ///
    /// # Errors
    ///
    /// It is called again after a while.
    async fn rewind(
        &mut self,
        part: &Self::Part,
        to: Option<&Self::Position>,
    ) -> Result<(), SourceError>;

    /// How old the oldest thing is that the source knows of and has not yielded, as far as it can
    /// tell; for the lag that is shown.
    fn behind(&self) -> Option<Duration> {
        None
    }

    /// The octets of a run are off the loop's hands: an exporter has taken it over, it has its
    /// answer, or it was not sent at all. For sources that read a bounded number of things at a
    /// time. It may be said more than once of a run. Returns at once.
    fn taken_over(&mut self, _run: RunId) {}

    /// Nothing more is to be read: `next` and `rewind` are not called again. Parts stay ours,
    /// and commits still come. Returns at once.
    fn stop_reading(&mut self);

    /// The end: no commit comes any more. Gives back what is ours (leases, messages that others
    /// may have at once) and what keeps it so. Its future is dropped when it takes too long.
    ///
    /// # Errors
    ///
    /// They are shown; what was not given back expires by itself.
    async fn finish(&mut self) -> Result<(), SourceError>;
}

/// The event of a source.
pub type EventOf<S> = SourceEvent<<S as Source>::Part, <S as Source>::Position>;

/// The commit of a source.
pub type CommitOf<S> = Commit<<S as Source>::Part, <S as Source>::Position>;

/// How a part is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// By its checkpoint, which follows the longest prefix of settled runs. A rejected run counts
    /// as settled: the stream moves on. For files, shards and log groups.
    Ordered,
    /// As a whole: all of it is delivered, or it is rejected. For messages of queues, which are
    /// left for redrive then.
    Whole,
}

/// What a source has to say.
#[derive(Debug)]
pub enum SourceEvent<Part, Position> {
    /// A part begins. Of a part that is closed and not done, it goes on.
    Opened {
        /// The part.
        part: Part,
        /// How it is followed.
        tracking: Tracking,
    },
    /// Lines were read.
    Run {
        /// The part that they are of; it is open.
        part: Part,
        /// The lines.
        run: RawRun,
        /// The position after them.
        position: Position,
        /// How long ago the source got them, as far as it can tell; zero otherwise.
        age: Duration,
    },
    /// Something was read of an ordered part that has no lines. The checkpoint may pass it as if
    /// it were a run that is settled.
    Passed {
        /// The part; it is open.
        part: Part,
        /// Identifies what was read, as a run's id does.
        run: RunId,
        /// The position after it.
        position: Position,
    },
    /// No more runs come of the part: the file's or the shard's end, all objects of a message, a
    /// shard that is to be handed over. It is done when all of them are settled.
    Closed {
        /// The part.
        part: Part,
    },
    /// The part cannot be read to its end. It is done, and rejected, when all runs that were
    /// yielded are settled.
    Failed {
        /// The part.
        part: Part,
        /// What is wrong.
        error: SourceError,
    },
    /// The part is no longer ours (a lease or a message's visibility was lost). Nothing of it is
    /// committed any more.
    Revoked {
        /// The part.
        part: Part,
    },
    /// Something that could be no part was left out: a file that cannot be opened, a message of
    /// no known form.
    Unreadable {
        /// What a person calls it.
        name: String,
        /// What is wrong.
        error: SourceError,
    },
    /// Something cannot be read at the moment, and is tried again while others go on: access to it
    /// is denied, its service does not answer.
    Delayed {
        /// What a person calls it.
        name: String,
        /// What is wrong.
        error: SourceError,
    },
    /// Everything was read, and nothing more will come. `next` is called again only after a
    /// rewind.
    End,
}

/// What the source may make durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit<Part, Position> {
    /// The part.
    pub part: Part,
    /// All runs up to here are settled; none when the checkpoint has not moved.
    pub position: Option<Position>,
    /// The part is done with: every run that was yielded is settled. Rejected when the source
    /// could not read it to its end, and when it is followed as a whole and a run was rejected.
    pub done: Option<Verdict>,
}

impl<Part, Position> Commit<Part, Position> {
    /// Adds what was settled after.
    pub(crate) fn merge(&mut self, later: Self) {
        if later.position.is_some() {
            self.position = later.position;
        }
        self.done = later.done.or(self.done);
    }
}
