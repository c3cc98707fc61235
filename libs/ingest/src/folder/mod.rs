//! The source that needs no cloud: a folder that flow log files come into.
//!
//! A thread polls the folder's tree and reads what is new; [`FolderSource`] hands it to the loop
//! and keeps one checkpoint for each file in a store.
//!
//! # What is read
//!
//! Every file but those whose names start with `.` or end in `.tmp` or `.part`; no folders behind
//! links, no pipes and devices. Text is followed while it grows, line by line; a last line without
//! an end is taken once the file has not changed for [`FolderConfig::quiet`]. gzip, zstd,
//! Parquet and JSON documents, told by content, are read when size and time have not changed for a poll; one that is
//! cut off or damaged is reported once and read again when it changes.
//!
//! # Which file is which
//!
//! A file is its inode and a **fingerprint** of its first 1,024 octets (as many as there were):
//! inodes alone are used again by the next file. So a file that is renamed (`flow.log` to
//! `flow.log.1`) goes on where it was, and one that was truncated or written anew under the same
//! inode is told from one that grew: it starts again, as its next **incarnation**.
//!
//! # Ids of runs
//!
//! An id must never stand for text that it did not stand for before: the exporter remembers ids,
//! and would hide lines that nobody has read. A file has no version as an object in S3 does, and
//! may grow, so that the text itself is its version. The id is made of
//!
//! - the path at which the file was first seen (renaming it changes nothing),
//! - the inode and the incarnation: a copy of a file is another file, and lines that are written
//!   again are read again,
//! - a hash of the run's text, so that more or other text at the same place has another id,
//! - the offset of the run in the file's text, or of the document that its first line came in, and
//!   then its number among the runs that begin in that document.
//!
//! A second reading has the same ids as long as it cuts the text in the same places. Compressed
//! files are always cut alike. A growing file is cut where it ended when it was read; the source
//! remembers these cuts until they are committed, so that a rewind has the same ids. After a
//! restart the cuts are gone: then text behind the checkpoint may be sent twice, never less than
//! once.
//!
//! # What is lost
//!
//! Lines that were written after the last poll to a file that is then deleted or truncated: a
//! rotation that renames loses nothing, one that copies and truncates may, and its copies are new
//! files whose lines come a second time: keep them out of the folder. What was delivered to an exporter that is gone, of a file
//! that is gone too, is reported as failed.

mod checkpoint;
mod config;
mod documents;
mod file;
mod identify;
mod identity;
mod message;
mod open;
mod packed;
mod plain;
mod reader;
mod region;
mod scan;
mod shared;
mod source;
mod visit;

pub use config::{FolderConfig, FolderMode};
pub use file::{FilePart, FilePosition};
pub use source::FolderSource;
