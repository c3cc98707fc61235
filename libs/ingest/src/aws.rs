//! What errors of AWS are to an input: for the sources that call it.

use weir_aws::{AccessFault, AwsFault, FaultKind, KmsFault};

use crate::error::{Fault, SourceError};

impl Fault {
    /// The label of an error of AWS.
    pub fn of_aws(fault: &AwsFault) -> Self {
        match &fault.kind {
            FaultKind::Throttled | FaultKind::Kms(KmsFault::Throttling) => Self::Throttled,
            FaultKind::Kms(_) => Self::Key,
            FaultKind::Transient => Self::Unreachable,
            FaultKind::NotFound => Self::Gone,
            FaultKind::Invalid => Self::Read,
            FaultKind::Denied(_)
            | FaultKind::Expired
            | FaultKind::UnknownKey
            | FaultKind::WrongSecret
            | FaultKind::NoCredentials
            | FaultKind::ClockSkew
            | FaultKind::RegionDisabled => Self::Denied,
        }
    }
}

impl SourceError {
    /// An error of AWS, to be tried again.
    pub fn of_aws(what: &str, fault: AwsFault) -> Self {
        Self::transient(Fault::of_aws(&fault), what).because(fault)
    }

    /// Credentials that cannot be had, to be tried again.
    pub fn of_access(fault: &AccessFault) -> Self {
        let label = fault.fault().map_or(Fault::Denied, Fault::of_aws);
        Self::transient(label, fault.to_string())
    }
}
