//! What an object holds, told by its content, as blocks of lines.
//!
//! Memory is bounded whatever the object holds: a block and a line at most are kept.

mod encoding;
mod error;
mod limits;
mod reader;
mod text;

pub use encoding::Encoding;
pub use error::ObjectError;
pub use limits::Limits;
pub use reader::{Block, LineReader};
