//! What weir's parser is measured against.

mod split;
mod vrl;

pub(crate) use split::SplitParser;
pub(crate) use vrl::VrlParser;
