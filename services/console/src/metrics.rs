//! What the console counts for Prometheus and OTLP.

use std::sync::Arc;

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use weir_runtime::telemetry::observe::{gauge, plain};

use crate::access::Access;

/// Counts of requests.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Counter<u64>,
    sign_ins: Counter<u64>,
    refusals: Counter<u64>,
    changes: Counter<u64>,
    calls: Counter<u64>,
}

/// Why a request is refused: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody has signed in, or the session has ended.
    NoSession,
    /// The form has no token of the session, or comes from another site.
    Forged,
    /// Who has signed in may only look.
    Role,
    /// The form has too many octets.
    TooLarge,
    /// The form is none.
    Malformed,
    /// The peer is no trusted proxy.
    NotTheProxy,
    /// There are too many connections or live views.
    TooMany,
}

impl Refusal {
    /// Its name in metrics and logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoSession => "no_session",
            Self::Forged => "forged",
            Self::Role => "role",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::NotTheProxy => "not_the_proxy",
            Self::TooMany => "too_many",
        }
    }
}

/// How an attempt to sign in ended: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// With a session.
    Accepted,
    /// The token is none.
    Wrong,
    /// It came too soon after one that failed.
    Slowed,
    /// The tokens cannot be read.
    Failed,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("weir");
        let counter = |name: &'static str, description: &'static str| {
            meter.u64_counter(name).with_description(description).build()
        };
        Self {
            requests: counter("weir_console_requests_total", "Requests, by status class."),
            sign_ins: counter("weir_console_sign_ins_total", "Attempts to sign in, by outcome."),
            refusals: counter("weir_console_refusals_total", "Refused requests, by reason."),
            changes: counter("weir_console_changes_total", "Changes that people asked for."),
            calls: counter("weir_console_calls_total", "Calls of admin listeners, by outcome."),
        }
    }

    pub(crate) fn answered(&self, status: u16) {
        let class = match status / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.requests.add(1, &[KeyValue::new("status", class)]);
    }

    pub(crate) fn signed_in(&self, outcome: SignIn) {
        let outcome = match outcome {
            SignIn::Accepted => "accepted",
            SignIn::Wrong => "wrong",
            SignIn::Slowed => "slowed",
            SignIn::Failed => "failed",
        };
        self.sign_ins.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        self.refusals.add(1, &[KeyValue::new("reason", refusal.name())]);
    }

    pub(crate) fn changed(&self, is_done: bool) {
        let outcome = if is_done { "done" } else { "refused" };
        self.changes.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    pub(crate) fn called(&self, is_answered: bool) {
        let outcome = if is_answered { "answered" } else { "failed" };
        self.calls.add(1, &[KeyValue::new("outcome", outcome)]);
    }
}

/// Lets readers of metrics see how many have signed in.
pub(crate) fn observe(access: &Arc<Access>) {
    let access = Arc::downgrade(access);
    let sessions = move || plain(access.upgrade().map(|access| access.session_count() as u64));
    gauge("weir_console_sessions", "Sessions that are open.", sessions);
}
