//! Times as AWS writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// How the name of an object writes its time
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>).
const OF_NAME: &str = "%Y%m%dT%H%MZ";

/// A time such as `2026-01-02T03:05:07.089Z` (RFC 3339).
pub(crate) fn of_event(text: &str) -> Option<SystemTime> {
    since_1970(text.parse().ok()?)
}

/// A time such as `20260102T0305Z`.
pub(crate) fn of_name(text: &str) -> Option<SystemTime> {
    let time = DateTime::strptime(OF_NAME, text).ok()?;
    since_1970(TimeZone::UTC.to_timestamp(time).ok()?)
}

fn since_1970(time: Timestamp) -> Option<SystemTime> {
    let milliseconds = u64::try_from(time.as_millisecond()).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}
