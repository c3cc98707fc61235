//! Why an object cannot be read to its end.

use std::io;

use crate::codec::ZSTD_WINDOW_LOG;
use crate::encoding::Encoding;

/// Why an object cannot be read to its end. The caller knows the object's name.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// Flow logs do not come in this form.
    #[error("this is {found}, not a flow log: text is expected, plain or with gzip or zstd")]
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
    /// Unpacking would take too much memory.
    #[error(
        "unpacking the zstd data takes a window above {} MiB; compress it again with a level up \
         to 19 and without a long distance",
        (1_u64 << ZSTD_WINDOW_LOG) >> 20
    )]
    Window {
        /// Octets of text before the frame.
        offset: u64,
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
