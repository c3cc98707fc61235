//! Owns templates, sequence numbers, packing, rate limit and outputs.
