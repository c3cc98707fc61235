//! How much of a store's content is read.

/// The longest JSON form of a part, in octets: some half a million interfaces.
pub const MAX_PART_LENGTH: usize = 256 << 20;

/// The longest JSON form of an index, in octets.
pub const MAX_INDEX_LENGTH: usize = 16 << 20;

/// The longest JSON form of AWS's ranges, in octets: ten times as long as it is.
pub const MAX_IP_RANGES_LENGTH: usize = 32 << 20;

/// How many parts an index has at most: a thousand accounts in twenty regions.
pub const MAX_PARTS: usize = 20_000;

/// How many former holdings a part keeps at most; the ones that ended first go.
pub const MAX_FORMER: usize = 100_000;
