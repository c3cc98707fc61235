//! The state of an input at a moment.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use weir_store::{Key, KeyError, Prefix};

const STATUS: Key = Key::from_static("status/input");

/// Where the state of an input is written.
///
/// # Errors
///
/// When the names are empty or too long.
pub fn status_key(worker: &str, name: &str) -> Result<Key, KeyError> {
    Key::of_parts(["status", "input", worker, name])
}

/// Where the states of all inputs are.
pub fn status_prefix() -> Prefix {
    Prefix::below(STATUS)
}

/// The state of an input at a moment: `weir.v1.InputStatus`, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputStatus {
    /// What is read.
    pub name: String,
    /// The kind of source: see [`super::InputKind::name`].
    pub kind: String,
    /// The process that reads it.
    pub worker: String,
    /// Runs that were read, rereads counted in.
    pub runs_read: u64,
    /// Octets of text that were read, rereads counted in.
    pub octets_read: u64,
    /// Runs that were committed.
    pub runs_committed: u64,
    /// Runs that can never be delivered.
    pub runs_rejected: u64,
    /// Runs that were sent again after a rewind.
    pub runs_resent: u64,
    /// Times that a part was read again.
    pub rewinds: u64,
    /// Runs without a final answer.
    pub runs_in_flight: u64,
    /// Octets of text that no exporter has taken over.
    pub octets_in_flight: u64,
    /// Parts that are done with.
    pub units_done: u64,
    /// Parts that could not be read, or not to their end, or that were rejected.
    pub units_failed: u64,
    /// Errors of the source itself.
    pub source_errors: u64,
    /// The age of the oldest thing that is not committed, in milliseconds; none when there is
    /// none.
    pub lag_ms: Option<u64>,
    /// What went wrong last; empty when nothing has.
    pub last_error: String,
    /// The fields of the lines that were read, each list once; the last 32 that were new.
    pub log_formats: Vec<String>,
    /// When this was written, in milliseconds since 1970-01-01 00:00 UTC.
    pub written_ms: u64,
}

impl InputStatus {
    /// How far the input is behind.
    pub fn lag(&self) -> Option<Duration> {
        self.lag_ms.map(Duration::from_millis)
    }

    /// How long before `now` it was written.
    pub fn age(&self, now: SystemTime) -> Duration {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(Duration::from_millis(self.written_ms))
    }
}

/// Milliseconds since 1970, now.
pub(super) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
