//! Times and durations of messages.

use std::time::{Duration, SystemTime};

use crate::view::{duration, time};

/// A time as people read it; empty where there is none.
pub(super) fn when(at: Option<&prost_types::Timestamp>) -> String {
    at.map(|at| time(at.seconds)).unwrap_or_default()
}

/// A duration; none where there is none, or it is below zero.
pub(super) fn span(of: Option<&prost_types::Duration>) -> Option<Duration> {
    of.and_then(|of| Duration::try_from(*of).ok())
}

/// A duration as people read it; empty where there is none.
pub(super) fn span_text(of: Option<&prost_types::Duration>) -> String {
    span(of).map(duration).unwrap_or_default()
}

/// How long ago a time was; none where it is to come.
pub(super) fn since(at: Option<&prost_types::Timestamp>) -> Option<Duration> {
    let at = SystemTime::try_from(*at?).ok()?;
    SystemTime::now().duration_since(at).ok()
}
