//! What is logged of peers that are turned away.

use std::net::SocketAddr;
use std::time::Duration;

use crate::seldom::Seldom;

/// Logs why peers were turned away, at most once a second: they can cause it at will.
#[derive(Debug)]
pub(super) struct Refusals(Seldom);

impl Refusals {
    pub(super) fn new() -> Self {
        Self(Seldom::new(Duration::from_secs(1)))
    }

    pub(super) fn tell(&self, address: SocketAddr, reason: &str) {
        if let Some(left_out) = self.0.allow() {
            tracing::warn!(%address, reason, left_out, "connection refused");
        }
    }
}
