//! What an object holds, told by its content, as blocks of lines.
//!
//! An [`ObjectReader`] opens any object that holds flow logs. Most hold a text of lines, which a
//! [`LineReader`] turns into [`Block`]s of complete lines; those of Firehose may hold JSON documents
//! with lines in them, of which [`EnvelopeBlocks`] makes an [`EnvelopeBlock`] for each stretch of
//! one log stream. A block's place in the text depends on the object's content alone, never on how
//! it was read, so that a second read yields the same blocks. Memory is bounded whatever the object
//! holds. The way from the object to the block:
//!
//! - `source`: the object's octets, in portions that do not depend on how they arrive;
//! - `encoding`: plain, gzip, zstd or Parquet, told by the first octets;
//! - `whole`: gzip objects of usual size are unpacked at once into memory that [`Buffers`] keep
//!   from object to object, and their blocks are slices of that;
//! - `unpacker` with `codec`: all others are streamed, member after member; `repacked`: twice, where
//!   members were packed once more;
//! - `parquet`: rows are rendered as lines, so that there is one parser for all flow logs;
//! - `text`: the text, bounded in length and ratio ([`Limits`]);
//! - `lines`: a window on the text, in which overlong lines are cut short;
//! - `reader`: blocks;
//! - `envelopes`: documents, and their blocks.
//!
//! A record of a stream is small and in memory: an [`Unwrapper`] shows what is in it.
//!
//! An object that cannot be read to its end yields all complete lines before that, then an
//! [`ObjectError`]. The short way and the long way agree in all of this.

mod buffers;
mod codec;
mod encoding;
mod envelopes;
mod error;
mod failure;
mod limits;
mod lines;
mod member;
mod object;
mod parquet;
mod reader;
mod repacked;
mod source;
mod stream;
mod text;
mod unpacker;
mod whole;

#[cfg(test)]
mod tests;

pub use buffers::Buffers;
pub use encoding::Encoding;
pub use envelopes::{
    BatchSorter, Content, EnvelopeBlock, EnvelopeBlocks, EnvelopeFormats, EventTally, Formats,
    LogStream, OneFormat, Sorted, UnwrapError, Unwrapper, Unwrapping,
};
pub use error::ObjectError;
pub use limits::Limits;
pub use member::{GzipUnpacker, UnpackError};
pub use object::ObjectReader;
pub use reader::{Block, LineReader};
pub use stream::Stream;
