//! AWS's published address ranges: fetched, read from a file, or the few that are bundled.

mod fetch;
mod source;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use weir_inventory::IpRanges;

pub use fetch::DEFAULT_URL;
pub use source::IpRangesSource;

/// Large blocks that have been AWS's for years, for places that reach neither the URL nor a file.
const BUNDLED: &[u8] = include_bytes!("bundled.json");

/// The ranges that weir brings along: a few large blocks. Anything that AWS publishes is newer.
pub fn bundled() -> IpRanges {
    // A test reads the file: it is never empty.
    serde_json::from_slice(BUNDLED).unwrap_or_default()
}

/// Why there are no new ranges. What was there before stays in use.
#[derive(Debug, thiserror::Error)]
pub enum IpRangesError {
    /// The URL is not one that ranges are fetched from.
    #[error(
        "{url} is no place for ip-ranges.json: give an https URL (http for loopback alone), or a \
         file"
    )]
    Url {
        /// As configured.
        url: String,
    },
    /// The URL did not give the file.
    #[error("fetching {url} failed: {cause}; the last ranges stay in use")]
    Fetch {
        /// Where from.
        url: String,
        /// What happened.
        cause: String,
    },
    /// The file cannot be read.
    #[error("reading {} failed; the last ranges stay in use", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is longer than it may be.
    #[error("{place} is longer than {limit} octets; the last ranges stay in use")]
    TooLong {
        /// URL or file.
        place: String,
        /// The largest length.
        limit: usize,
    },
    /// It is not what AWS publishes.
    #[error("{place} is not AWS's ip-ranges.json; the last ranges stay in use")]
    Content {
        /// URL or file.
        place: String,
        /// What is wrong in it.
        source: serde_json::Error,
    },
    /// It has the right form and nothing in it.
    #[error("{place} has no syncToken or no prefixes; the last ranges stay in use")]
    Empty {
        /// URL or file.
        place: String,
    },
}
