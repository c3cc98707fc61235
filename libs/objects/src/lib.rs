//! What an object holds, told by its content, as blocks of lines.
//!
//! Memory is bounded whatever the object holds: a block and a line at most are kept. The way from
//! the object to the block:
//!
//! - `source`: the object's octets, in portions that do not depend on how they arrive;
//! - `unpacker` with `codec`: gzip and zstd, member after member;
//! - `text`: the text, bounded in length and ratio;
//! - `buffer`: lines, the overlong ones cut short;
//! - `reader`: blocks.

mod buffer;
mod codec;
mod encoding;
mod error;
mod limits;
mod reader;
mod source;
mod text;
mod unpacker;

#[cfg(test)]
mod tests;

pub use encoding::Encoding;
pub use error::ObjectError;
pub use limits::Limits;
pub use reader::{Block, LineReader};
