//! Flow log lines in what carries them: batches of CloudWatch Logs, messages and deliveries of
//! Firehose, each perhaps in gzip.
//!
//! What a document is, `weir_flowlog::envelope` knows. Here is how documents stand in each other,
//! one behind the other, and in objects that are larger than memory:
//!
//! - `unwrap`: what is in memory, to its innermost lines, bounded: a record of a stream;
//! - `documents`: a window on an object's text, from document to document;
//! - `reader`: an object's documents as blocks of lines, with `growing` for the last one;
//! - `sorter`: the lines of a batch by their formats, with `split`, without the events that `window`
//!   has seen.

mod block;
mod documents;
mod error;
mod formats;
mod growing;
mod reader;
mod sorter;
mod split;
mod unwrap;
mod window;

pub use block::{EnvelopeBlock, EventTally, LogStream};
pub use error::{UnwrapError, Unwrapping};
pub use formats::{EnvelopeFormats, Formats, OneFormat};
pub use reader::EnvelopeBlocks;
pub use sorter::{BatchSorter, Sorted};
pub use unwrap::{Content, Unwrapper};
