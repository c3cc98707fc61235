//! A run: the unit of delivery.

use std::fmt;
use std::sync::Arc;

use weir_flowlog::LogFormat;
use xxhash_rust::xxh3::Xxh3;

/// Identifies a run by its content's place alone, never by how it was read, so that a second
/// read of the same place is known as a duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u128);

impl RunId {
    /// The id of the run that starts at `offset` of the object's text: `place` names the object
    /// (bucket and key, or path), `version` its content (version id, ETag, or size and time).
    pub fn of_object(place: &[u8], version: &[u8], offset: u64) -> Self {
        let mut hasher = Xxh3::new();
        for part in [place, version] {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.update(&offset.to_be_bytes());
        Self(hasher.digest128())
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Where a run's text comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// What a person calls it in a message: a path, `s3://bucket/key`, `stream/shard`.
    pub source: String,
    /// The account that the flow log is of, where the place tells it.
    pub account_id: Option<String>,
    /// Its region, where the place tells it.
    pub region: Option<String>,
    /// The flow log's id (`fl-…`), where the place tells it.
    pub flow_log_id: Option<String>,
}

/// Newline-separated flow log lines that share a format and an origin.
#[derive(Clone, Debug)]
pub struct Run<'t> {
    /// Identifies it.
    pub id: RunId,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// The fields of its lines.
    pub format: Arc<LogFormat>,
    /// The line number of the text's first line in its source, counted from 1.
    pub first_line: u64,
    /// The lines.
    pub text: &'t [u8],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_depends_on_place_version_and_offset_alone() {
        let id = RunId::of_object(b"bucket/key", b"etag", 262_144);
        assert_eq!(id, RunId::of_object(b"bucket/key", b"etag", 262_144));
        assert_ne!(id, RunId::of_object(b"bucket/key", b"etag", 0));
        assert_ne!(id, RunId::of_object(b"bucket/key", b"etag2", 262_144));
        assert_ne!(id, RunId::of_object(b"bucket/keye", b"tag", 262_144));
        assert_eq!(id.to_string(), "7da1f9691f246b1b066d866df36e5164");
    }
}
