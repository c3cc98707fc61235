//! Records counted together over an interval.
//!
//! One table serves all three reports: 20201 and 20267 count flows as they are, 20062 stitches the
//! two halves of a conversation. A row is a record again, under a layout of its own, so that text
//! and IPFIX are written as for any other record.

mod addresses;
mod authority;
mod closed;
mod closing;
mod contents;
mod count;
mod entry;
mod flow;
mod held;
mod index;
mod key;
mod options;
mod others;
mod peers;
mod record_texts;
mod rows;
mod session;
mod shrink;
mod texts;
mod top;
mod windowed;

pub use closed::Closed;
pub use closing::Extent;
pub use count::Count;
pub use held::HeldRuns;
pub use options::{Top, WindowOptions};
pub use windowed::Window;
