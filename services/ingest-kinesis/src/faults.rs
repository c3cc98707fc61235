//! What an error of Kinesis means for a shard.

use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;
use weir_aws::{AwsFault, FaultKind, KmsFault, classify, classify_event};
use weir_ingest::{Fault, SourceError};

/// An error of a call of Kinesis.
#[derive(Clone, Debug)]
pub(crate) struct CallFault {
    pub(crate) kind: Kind,
    fault: AwsFault,
    action: &'static str,
}

/// The kinds of errors, a closed list for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// The iterator is older than 5 minutes.
    ExpiredIterator,
    /// More than 5 reads or 2 MB in a second, by all who read the shard.
    ThroughputExceeded,
    /// Too many calls of another kind.
    Throttled,
    /// There is no such stream or shard.
    NotFound,
    /// Another subscription of the shard is younger than 5 s, or a consumer is being made.
    InUse,
    /// A subscription said nothing for too long.
    Silent,
    /// A sequence number or an iterator is not accepted.
    Invalid,
    /// The credentials have ended, or there are none.
    Credentials,
    /// A policy does not allow it.
    Denied,
    /// KMS refuses the key: see the code.
    Kms(Kms),
    /// The network, or AWS itself.
    Transient,
}

/// The codes of KMS that Kinesis passes on
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kms {
    AccessDenied,
    Disabled,
    InvalidState,
    NotFound,
    OptInRequired,
    Throttling,
    Other,
}

impl Kind {
    /// Its name in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ExpiredIterator => "expired_iterator",
            Self::ThroughputExceeded => "throughput_exceeded",
            Self::Throttled => "throttled",
            Self::NotFound => "not_found",
            Self::InUse => "in_use",
            Self::Silent => "silent",
            Self::Invalid => "invalid",
            Self::Credentials => "credentials",
            Self::Denied => "denied",
            Self::Kms(Kms::AccessDenied) => "kms_access_denied",
            Self::Kms(Kms::Disabled) => "kms_disabled",
            Self::Kms(Kms::InvalidState) => "kms_invalid_state",
            Self::Kms(Kms::NotFound) => "kms_not_found",
            Self::Kms(Kms::OptInRequired) => "kms_opt_in_required",
            Self::Kms(Kms::Throttling) => "kms_throttling",
            Self::Kms(Kms::Other) => "kms_other",
            Self::Transient => "transient",
        }
    }

    /// The first and the longest wait before the call is made again.
    pub(crate) fn waits(self) -> (Duration, Duration) {
        let (first, longest) = match self {
            // A new one is asked for.
            Self::ExpiredIterator => (200, 5_000),
            Self::ThroughputExceeded | Self::Throttled => (500, 10_000),
            // A subscription that is another's may be had 5 s after it began.
            Self::InUse => (5_000, 10_000),
            Self::Kms(Kms::Throttling) | Self::Transient | Self::Silent => (500, 30_000),
            // A person has to do something.
            _ => (5_000, 60_000),
        };
        (Duration::from_millis(first), Duration::from_millis(longest))
    }

    /// Whether it is part of the usual business, and no matter for a person.
    pub(crate) fn is_usual(self) -> bool {
        matches!(self, Self::ExpiredIterator | Self::ThroughputExceeded | Self::InUse)
    }

    fn fault(self) -> Fault {
        match self {
            Self::ExpiredIterator | Self::Invalid => Fault::Read,
            Self::ThroughputExceeded | Self::Throttled => Fault::Throttled,
            Self::NotFound => Fault::Gone,
            Self::Credentials | Self::Denied => Fault::Denied,
            Self::Kms(_) => Fault::Key,
            Self::InUse => Fault::Throttled,
            Self::Transient | Self::Silent => Fault::Unreachable,
        }
    }
}

impl CallFault {
    /// What the error of a call means; `action` is the call's, such as `kinesis:GetRecords`.
    pub(crate) fn of<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        Self::from_fault(action, classify(error))
    }

    /// What an error in a stream of events means.
    pub(crate) fn of_event<E>(action: &'static str, error: &SdkError<E, RawMessage>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        Self::from_fault(action, classify_event(error))
    }

    fn from_fault(action: &'static str, fault: AwsFault) -> Self {
        let fault = fault.of_action(action);
        let kind = match (fault.code.as_deref(), &fault.kind) {
            (Some("ExpiredIteratorException"), _) => Kind::ExpiredIterator,
            (Some("ProvisionedThroughputExceededException"), _) => Kind::ThroughputExceeded,
            (Some("ResourceInUseException"), _) => Kind::InUse,
            (_, FaultKind::Throttled) => Kind::Throttled,
            (_, FaultKind::NotFound) => Kind::NotFound,
            (
                _,
                FaultKind::Expired
                | FaultKind::UnknownKey
                | FaultKind::WrongSecret
                | FaultKind::NoCredentials
                | FaultKind::ClockSkew,
            ) => Kind::Credentials,
            (_, FaultKind::Denied(_) | FaultKind::RegionDisabled) => Kind::Denied,
            (_, FaultKind::Kms(kms)) => Kind::Kms(kms_of(kms)),
            (_, FaultKind::Invalid) => Kind::Invalid,
            (_, FaultKind::Transient) => Kind::Transient,
        };
        Self { kind, fault, action }
    }

    /// An answer that has no iterator in it.
    pub(crate) fn without_iterator() -> Self {
        let message = "the answer has no iterator".to_owned();
        Self::transient("kinesis:GetShardIterator", Kind::Transient, message)
    }

    /// A stream of events that says nothing.
    pub(crate) fn silent(action: &'static str, silence: Duration) -> Self {
        let message = format!("nothing came for {silence:?}: the connection may be half open");
        Self::transient(action, Kind::Silent, message)
    }

    /// A call that cannot be written.
    pub(crate) fn unwritten(action: &'static str, why: &dyn Error) -> Self {
        Self::transient(action, Kind::Invalid, why.to_string())
    }

    fn transient(action: &'static str, kind: Kind, message: String) -> Self {
        let fault = AwsFault { kind: FaultKind::Transient, code: None, message, request_id: None };
        Self { kind, fault, action }
    }

    /// Whether new credentials may help.
    pub(crate) fn wants_fresh_credentials(&self) -> bool {
        self.fault.wants_fresh_credentials()
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        format!("{} failed: {}", self.action, self.fault)
    }

    pub(crate) fn error(&self) -> SourceError {
        SourceError::transient(self.kind.fault(), self.text())
    }
}

fn kms_of(kms: &KmsFault) -> Kms {
    match kms {
        KmsFault::AccessDenied => Kms::AccessDenied,
        KmsFault::Disabled => Kms::Disabled,
        KmsFault::InvalidState => Kms::InvalidState,
        KmsFault::NotFound => Kms::NotFound,
        KmsFault::OptInRequired => Kms::OptInRequired,
        KmsFault::Throttling => Kms::Throttling,
        KmsFault::InvalidKeyUsage | KmsFault::Other(_) => Kms::Other,
    }
}
