//! What went wrong with a call, for the region and for people.

use std::error::Error;
use std::fmt;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use weir_aws::{AwsFault, classify};

use super::calls::Action;
use crate::reader::{AccountFault, Fault, FaultKind, RegionError};

/// A call that failed after all retries.
#[derive(Clone, Debug)]
pub(crate) struct CallError {
    action: Action,
    fault: AwsFault,
}

impl CallError {
    pub(crate) fn new<E>(action: Action, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        Self { action, fault: classify(error).of_action(&action.to_string()) }
    }

    /// Whether a policy does not allow it.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self.fault.kind, weir_aws::FaultKind::Denied(_))
    }

    /// Whether what was asked for is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        self.fault.kind == weir_aws::FaultKind::NotFound
    }

    /// Whether the region is not enabled, which the first call tells alone.
    pub(crate) fn is_region_disabled(&self) -> bool {
        self.fault.closes_region() && !self.is_denied()
    }

    /// Whether a policy of the organization denies it, as it does in closed regions.
    pub(crate) fn is_of_organization(&self) -> bool {
        self.fault.closes_region() && self.is_denied()
    }

    /// For the region's notes.
    pub(crate) fn fault(&self) -> Fault {
        let (action, fault) = (self.action, &self.fault);
        if self.is_denied() {
            let denied = fault.denied_action().map_or_else(|| action.to_string(), str::to_owned);
            let cause = format!("{fault}; allow {denied} to whom weir is in this account");
            return Fault::denied(denied, cause);
        }
        Fault::new(kind_of(&fault.kind), self.to_string())
    }

    /// The end of the region's reading.
    pub(crate) fn of_region(&self) -> RegionError {
        RegionError::Failed(self.fault())
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.action, self.fault)
    }
}

/// An account that cannot be had.
pub(crate) fn of_account(found: weir_aws::AccountFault) -> AccountFault {
    let cause = found.problem.to_string();
    let fault = match found.problem.fault() {
        Some(aws) => {
            let denied_action = aws.denied_action().map(str::to_owned);
            Fault { kind: kind_of(&aws.kind), cause, denied_action }
        }
        None => Fault::new(FaultKind::Invalid, cause),
    };
    let configured_as = found.origin.to_string();
    AccountFault { account_id: found.account_id, configured_as, fault }
}

fn kind_of(kind: &weir_aws::FaultKind) -> FaultKind {
    use weir_aws::FaultKind as Aws;
    match kind {
        Aws::Throttled => FaultKind::Throttled,
        Aws::Expired
        | Aws::UnknownKey
        | Aws::WrongSecret
        | Aws::NoCredentials
        | Aws::ClockSkew
        | Aws::RegionDisabled => FaultKind::Credentials,
        Aws::Denied(_) | Aws::Kms(_) => FaultKind::Denied,
        Aws::NotFound | Aws::Invalid => FaultKind::Invalid,
        Aws::Transient => FaultKind::Transient,
    }
}
