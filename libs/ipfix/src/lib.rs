//! IPFIX elements, layouts, records, messages and their decoding.

mod string;

pub use string::{MAX_STRING_LENGTH, cut_at_character, push_string, split_string};
