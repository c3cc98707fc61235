//! How the loop comes to its end.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use super::Driver;
use crate::dispatch::DeliveryEvent;
use crate::error::SourceError;
use crate::input::{InputStatus, write_status};
use crate::source::Source;

/// Tenths of the grace time that answers are waited for. The rest is for calls of the source:
/// one that was under way, the last commit, the end.
const WAIT: u32 = 6;

/// Where the loop is.
#[derive(Debug)]
pub(super) enum Phase {
    Reading,
    /// The source has no more; answers are to come.
    Ended,
    /// Nothing more is read; what is in flight is waited for.
    Stopping {
        why: End,
        until: Instant,
    },
}

impl Phase {
    pub(super) fn is_reading(&self) -> bool {
        matches!(self, Self::Reading)
    }

    pub(super) fn is_stopping(&self) -> bool {
        matches!(self, Self::Stopping { .. })
    }

    pub(super) fn until(&self) -> Option<Instant> {
        match self {
            Self::Stopping { until, .. } => Some(*until),
            _ => None,
        }
    }
}

/// Why the loop ended.
#[derive(Debug)]
pub enum End {
    /// The source has no more, and all of it is committed.
    Complete,
    /// A shutdown was asked for.
    Drained,
    /// Runs are no longer sent.
    NoDispatcher,
    /// The source cannot go on.
    Fatal(SourceError),
}

/// How the loop ended.
#[derive(Debug)]
#[must_use = "what is left is delivered by the next start alone"]
pub struct Report {
    /// Why.
    pub end: End,
    /// Runs that were read and not committed. They are read again.
    pub runs_left: usize,
    /// Parts whose commits the source did not take. They are committed, or read, again.
    pub commits_left: usize,
    /// The counts at the end.
    pub status: InputStatus,
}

impl Report {
    /// Whether everything that was read is committed.
    pub fn is_clean(&self) -> bool {
        self.runs_left == 0 && self.commits_left == 0
    }
}

impl<S, E> Driver<S, E>
where
    S: Source,
    E: Into<DeliveryEvent> + Send,
{
    /// Stops reading; the first reason is the one that counts.
    pub(super) fn stop(&mut self, why: End) {
        // Without a dispatcher no answer comes.
        let is_hopeless = matches!(why, End::NoDispatcher);
        let wait = if is_hopeless { Duration::ZERO } else { self.config.grace / 10 * WAIT };
        let until = Instant::now() + wait;
        match &mut self.phase {
            Phase::Stopping { until: earlier, .. } => *earlier = until.min(*earlier),
            phase => {
                *phase = Phase::Stopping { why, until };
                self.source.stop_reading();
                let (input, runs) = (self.input.meter.name(), self.ledger.in_flight());
                info!(input, runs, "no longer reading; waiting for what is in flight");
            }
        }
    }

    /// Whether commits are not put off.
    pub(super) fn is_hurried(&self) -> bool {
        !self.phase.is_reading() && self.ledger.in_flight() == 0
    }

    pub(super) fn is_over(&self) -> bool {
        let is_settled = self.ledger.in_flight() == 0 && self.commits.is_empty();
        match &self.phase {
            Phase::Reading => false,
            Phase::Ended => is_settled && self.rewinds.is_empty() && self.sending.is_none(),
            Phase::Stopping { until, .. } => is_settled || *until <= Instant::now(),
        }
    }

    pub(super) async fn finish(mut self) -> Report {
        let patience = self.config.grace / 10;
        let last = Instant::now() + patience;
        while !self.commits.is_empty() {
            self.commit().await;
            if self.commits.has_failed() || Instant::now() >= last {
                break;
            }
        }
        match timeout(patience, self.source.finish()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.warn(&error.describe()),
            Err(_) => self.warn("the source took too long to end"),
        }
        self.input.meter.levels(self.ledger.in_flight(), self.ledger.octets(), None);
        if let Ok(Err(error)) = timeout(patience, write_status(&self.input)).await {
            self.warn(&error);
        }
        let end = match self.phase {
            Phase::Stopping { why, .. } => why,
            Phase::Reading | Phase::Ended => End::Complete,
        };
        let (runs_left, commits_left) = (self.ledger.left(), self.commits.len());
        Report { end, runs_left, commits_left, status: self.input.meter.status() }
    }

    fn warn(&self, error: &str) {
        warn!(input = self.input.meter.name(), error, "the end is not clean");
    }
}
