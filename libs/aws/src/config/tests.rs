//! The section as people write it.
