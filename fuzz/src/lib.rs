//! What must hold for any input: one function for each reader of foreign input.
//!
//! Each takes arbitrary octets and panics when a promise of its reader is broken. libFuzzer calls
//! them with inputs that it makes up, and the test `corpus` of the workspace with those that are
//! kept under `corpus`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fuzz target ends when something is not as it must be"
)]

mod blocks;
mod envelope;
mod flow_log_line;
mod header;
mod inventory;
mod ipfix_message;
mod object;
mod parquet;
mod wrapped_object;

pub use envelope::envelope;
pub use flow_log_line::flow_log_line;
pub use header::header;
pub use inventory::inventory;
pub use ipfix_message::ipfix_message;
pub use object::object;
pub use parquet::parquet;
pub use wrapped_object::wrapped_object;

/// A function that panics when a promise does not hold for its input.
pub type Target = fn(&[u8]);

/// All targets by their names, which are those of the folders of the corpus.
pub const TARGETS: [(&str, Target); 8] = [
    ("envelope", envelope),
    ("flow_log_line", flow_log_line),
    ("header", header),
    ("inventory", inventory),
    ("ipfix_message", ipfix_message),
    ("object", object),
    ("parquet", parquet),
    ("wrapped_object", wrapped_object),
];
