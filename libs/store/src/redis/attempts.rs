//! Attempts to connect, with rests between those that fail.

use tokio::time::Instant;

use super::backoff::Backoff;
use super::connect::NoConnection;

/// Attempts to connect, with rests between those that fail.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    made: u64,
    backoff: Backoff,
    /// Until when no attempt is made, and why not.
    rest: Option<(Instant, NoConnection)>,
}

impl Attempts {
    /// Why the last one failed, as long as it is too early for another.
    pub(super) fn check(&self) -> Result<(), NoConnection> {
        match &self.rest {
            Some((until, reason)) if Instant::now() < *until => Err(reason.clone()),
            _ => Ok(()),
        }
    }

    /// The number of the new connection.
    pub(super) fn succeed(&mut self) -> u64 {
        self.made += 1;
        self.backoff.reset();
        self.rest = None;
        self.made
    }

    pub(super) fn fail(&mut self, reason: NoConnection) -> NoConnection {
        self.rest = Some((Instant::now() + self.backoff.next(), reason.clone()));
        reason
    }
}
