//! Sees each attempt that an SDK makes, its own retries too: counts it and sets the pace.

use std::sync::Arc;
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::meter::{CallKind, CallMeter, CallOutcome};
use super::pacing::{Pacing, Payer};

/// What the error codes start with by which services ask for patience, as the SDKs' own retries
/// know them (`aws_runtime::retries::classifiers::THROTTLING_ERRORS`).
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "TooManyRequests",
];

/// An error document names its code near its start.
const CODE_WITHIN: usize = 2048;

/// Watches the attempts of one client.
#[derive(Debug)]
pub(super) struct Attempts {
    pub(super) payer: Payer,
    pub(super) pacing: Arc<Pacing>,
    pub(super) meter: Arc<CallMeter>,
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "weir's attempts"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let outcome = match (context.output_or_error(), context.response()) {
            (Some(Ok(_)), _) => CallOutcome::Answered,
            (_, Some(response)) => outcome_of(response),
            (_, None) => CallOutcome::Failed,
        };
        match outcome {
            CallOutcome::Throttled => self.pacing.throttled(&self.payer, Instant::now()),
            _ => self.pacing.answered(&self.payer, Instant::now()),
        }
        let operation = config.load::<Metadata>().map_or("unknown", Metadata::name).to_owned();
        let account_id = self.payer.place.account_id.clone();
        self.meter.count(CallKind { service: self.payer.service, operation, account_id, outcome });
        Ok(())
    }
}

fn outcome_of(response: &HttpResponse) -> CallOutcome {
    let status = response.status().as_u16();
    let header = response.headers().get("x-amzn-errortype").unwrap_or_default();
    let body = response.body().bytes().unwrap_or_default();
    let start = String::from_utf8_lossy(&body[..body.len().min(CODE_WITHIN)]);
    let says = |code: &&str| header.contains(*code) || start.contains(*code);
    match status {
        429 => CallOutcome::Throttled,
        400.. if THROTTLING.iter().any(&says) => CallOutcome::Throttled,
        401 | 403 => CallOutcome::Denied,
        _ if says(&"AccessDenied") => CallOutcome::Denied,
        _ => CallOutcome::Failed,
    }
}
