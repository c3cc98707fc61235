//! What all requests share.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use maud::Markup;
use tokio::sync::{Semaphore, watch};
use weir_runtime::Shutdown;

use super::clients::Clients;
use super::live::Seen;
use super::sweep::Sweeps;
use crate::http::{Caller, Gate, see_other};
use crate::view::{Place, Shell};

/// What all requests share.
pub(super) struct Console {
    pub(super) gate: Gate,
    pub(super) clients: Arc<Clients>,
    /// How everything goes; none before it was asked for the first time.
    pub(super) seen: watch::Receiver<Option<Arc<Seen>>>,
    /// Sweeps that somebody has begun here.
    pub(super) sweeps: Sweeps,
    /// Live views at a time.
    pub(super) feeds: Arc<Semaphore>,
    pub(super) shutdown: Shutdown,
}

/// What requests are handed.
pub(super) type Shared = axum::extract::State<Arc<Console>>;

impl Console {
    /// The frame of a screen.
    pub(super) fn shell<'a>(
        &self,
        caller: &'a Caller,
        place: Place,
        title: &'a str,
        lead: &'a str,
    ) -> Shell<'a> {
        let notice = self.gate.access.take_notice(caller.session.key);
        Shell { caller, place, title, lead, notice, live: None }
    }

    /// Leads to a screen that says what a change came to.
    pub(super) fn done(&self, caller: &Caller, to: &str, notice: String) -> Response<Body> {
        self.gate.access.leave_notice(caller.session.key, notice);
        see_other(to)
    }
}

/// A screen that is as it should be.
pub(super) fn fine(shell: &Shell<'_>, content: Markup) -> Response<Body> {
    shell.page(StatusCode::OK, content)
}
