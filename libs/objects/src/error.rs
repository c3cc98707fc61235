//! Why an object cannot be read to its end.

use std::io;

use crate::encoding::Encoding;
use crate::envelopes::UnwrapError;

/// Why an object cannot be read to its end. The caller knows the object's name.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// Flow logs do not come in this form.
    #[error(
        "this is {found}; a flow log is text (plain, gzip or zstd) or Parquet without nested columns"
    )]
    Unsupported {
        /// What the object looks like.
        found: &'static str,
    },
    /// The compressed data ends too early; the lines before were read.
    #[error("the {encoding} data is cut off after {offset} octets of text; fetch the object again")]
    Truncated {
        /// How the object is compressed.
        encoding: Encoding,
        /// Octets of text before the end.
        offset: u64,
    },
    /// The compressed data is damaged; the lines before were read.
    #[error("the {encoding} data is damaged after {offset} octets of text; fetch the object again")]
    Corrupt {
        /// How the object is compressed.
        encoding: Encoding,
        /// Octets of text before the damage.
        offset: u64,
        /// What the decoder says.
        source: io::Error,
    },
    /// Unpacking takes too much memory; the lines before were read.
    #[error(
        "unpacking the {encoding} data takes more than {limit} octets of memory; write it with \
         smaller pages or a smaller window"
    )]
    Memory {
        /// How the object is compressed.
        encoding: Encoding,
        /// Octets of text before.
        offset: u64,
        /// Octets of memory that unpacking may take.
        limit: u64,
    },
    /// A document is damaged, or none that flow logs come in; the documents before were read.
    #[error("what begins at octet {offset} of the text is no envelope of flow logs")]
    Envelope {
        /// Octets of text before the document.
        offset: u64,
        /// What is wrong with it.
        source: UnwrapError,
    },
    /// The source cannot be read.
    #[error("reading failed after {offset} octets of text")]
    Read {
        /// Octets of text before the failure.
        offset: u64,
        /// What the source says.
        source: io::Error,
    },
    /// There is more text than allowed; the lines up to the limit were read.
    #[error("there are more than {limit} octets of text; no flow log object is that large")]
    TooLong {
        /// [`crate::Limits::max_text_length`].
        limit: u64,
    },
    /// The text is unbelievably longer than the compressed data.
    #[error(
        "the text is more than {limit} times as long as the compressed data; this is no flow log"
    )]
    Ratio {
        /// [`crate::Limits::max_ratio`].
        limit: u64,
    },
}
