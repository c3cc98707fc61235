//! AWS calls, counted by service, operation and account.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};

/// What became of one attempt of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallOutcome {
    /// AWS answered what was asked.
    Answered,
    /// AWS asked to come less often; the attempt is repeated later.
    Throttled,
    /// AWS did not allow it.
    Denied,
    /// Anything else.
    Failed,
}

impl CallOutcome {
    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// A kind of call: each attempt of it counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKind {
    /// The service's prefix in IAM policies.
    pub service: &'static str,
    /// The operation's name in the API.
    pub operation: String,
    /// Twelve digits.
    pub account_id: String,
    /// What became of it.
    pub outcome: CallOutcome,
}

/// Counts attempts, for metrics and for who asks.
pub(crate) struct CallMeter {
    counts: Mutex<BTreeMap<CallKind, u64>>,
    calls: Counter<u64>,
}

impl CallMeter {
    pub(crate) fn new() -> Self {
        let calls = global::meter("weir")
            .u64_counter("weir_discovery_aws_calls_total")
            .with_description("Attempts of AWS calls, by service, operation, account and outcome.")
            .build();
        Self { counts: Mutex::default(), calls }
    }

    pub(super) fn count(&self, kind: CallKind) {
        let labels = [
            KeyValue::new("service", kind.service),
            KeyValue::new("operation", kind.operation.clone()),
            KeyValue::new("account", kind.account_id.clone()),
            KeyValue::new("outcome", kind.outcome.name()),
        ];
        self.calls.add(1, &labels);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(kind).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> BTreeMap<CallKind, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for CallMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallMeter")
    }
}
