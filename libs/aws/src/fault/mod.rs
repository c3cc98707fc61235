//! What an error of AWS means, the same for every service.

mod classify;
mod codes;
mod denial;
mod kms;

use std::fmt;

pub use classify::{classify, classify_event};
pub use denial::{Denial, DenyingPolicy};
pub use kms::KmsFault;

/// An error of AWS, classified. It is displayed as a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsFault {
    /// What kind of error.
    pub kind: FaultKind,
    /// The code that the service gave, such as `UnauthorizedOperation`.
    pub code: Option<String>,
    /// What the service said, at most 400 characters of it.
    pub message: String,
    /// What the support of AWS asks for.
    pub request_id: Option<String>,
}

/// The kinds of errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Too many calls: come again later and less often.
    Throttled,
    /// The credentials have ended. New ones help: [`crate::Account::with_fresh_credentials`].
    Expired,
    /// The access key id is not known: it was deleted, or the account has not opted in to the
    /// region.
    UnknownKey,
    /// The secret does not belong to the access key id.
    WrongSecret,
    /// There are no credentials, or none can be had.
    NoCredentials,
    /// The clocks of this host and AWS differ too much.
    ClockSkew,
    /// A policy does not allow it.
    Denied(Box<Denial>),
    /// A key of KMS cannot be used.
    Kms(KmsFault),
    /// There is no such thing.
    NotFound,
    /// The region is not enabled in the account.
    RegionDisabled,
    /// The call makes no sense to the service, or its answer none to weir.
    Invalid,
    /// The network, or AWS itself: it may work the next time.
    Transient,
}

impl FaultKind {
    /// Its name in metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Expired => "expired",
            Self::UnknownKey => "unknown_key",
            Self::WrongSecret => "wrong_secret",
            Self::NoCredentials => "no_credentials",
            Self::ClockSkew => "clock_skew",
            Self::Denied(_) => "denied",
            Self::Kms(_) => "kms",
            Self::NotFound => "not_found",
            Self::RegionDisabled => "region_disabled",
            Self::Invalid => "invalid",
            Self::Transient => "transient",
        }
    }
}

impl AwsFault {
    /// Whether the same call may work later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::Throttled | FaultKind::Transient | FaultKind::Kms(KmsFault::Throttling)
        )
    }

    /// Whether new credentials may help.
    pub fn wants_fresh_credentials(&self) -> bool {
        self.kind == FaultKind::Expired
    }

    /// Whether the region is closed to the account: not opted in to, or closed by a policy of
    /// its organization. That is no failure: the region is excluded. Ask it only of calls with
    /// credentials that work in another region, since a region that is not opted in to does
    /// not know any key.
    pub fn closes_region(&self) -> bool {
        match &self.kind {
            FaultKind::RegionDisabled | FaultKind::UnknownKey => true,
            FaultKind::Denied(denial) => denial.policy == DenyingPolicy::ServiceControl,
            _ => false,
        }
    }

    /// The action that a policy lacks or denies, such as `ec2:DescribeSubnets`.
    pub fn denied_action(&self) -> Option<&str> {
        match &self.kind {
            FaultKind::Denied(denial) => denial.action.as_deref(),
            _ => None,
        }
    }

    /// The same; a denial that names no action (older services) is of `action`.
    #[must_use]
    pub fn of_action(mut self, action: &str) -> Self {
        if let FaultKind::Denied(denial) = &mut self.kind {
            denial.action.get_or_insert_with(|| action.to_owned());
        }
        self
    }
}

impl std::error::Error for AwsFault {}

impl fmt::Display for AwsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Throttled => f.write_str("AWS asks for fewer calls")?,
            FaultKind::Expired => f.write_str("the credentials have expired")?,
            FaultKind::UnknownKey => f.write_str(
                "AWS does not know the access key: it was deleted, or the account has not opted \
                 in to the region",
            )?,
            FaultKind::WrongSecret => {
                f.write_str("the secret does not belong to the access key: check both")?;
            }
            FaultKind::NoCredentials => f.write_str("there are no credentials")?,
            FaultKind::ClockSkew => f.write_str("the clock of this host is wrong: set it")?,
            FaultKind::Denied(denial) => return write!(f, "{denial}"),
            FaultKind::Kms(kms) => write!(f, "{kms}")?,
            FaultKind::NotFound => f.write_str("there is no such thing")?,
            FaultKind::RegionDisabled => {
                f.write_str("the account has not opted in to the region")?
            }
            FaultKind::Invalid => f.write_str("AWS does not accept the call")?,
            FaultKind::Transient => f.write_str("AWS cannot be reached or failed")?,
        }
        write_origin(f, self.code.as_deref(), &self.message)
    }
}

fn write_origin(f: &mut fmt::Formatter<'_>, code: Option<&str>, text: &str) -> fmt::Result {
    match (code, text) {
        (Some(code), "") => write!(f, " ({code})"),
        (Some(code), text) => write!(f, " ({code}: {text})"),
        (None, "") => Ok(()),
        (None, text) => write!(f, " ({text})"),
    }
}
