//! Why a source cannot do what it is asked for.

use std::error::Error;

use weir_flowlog::envelope::EnvelopeError;
use weir_objects::{ObjectError, UnpackError, UnwrapError};

/// Why a source, or a part of it, cannot be read or committed.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct SourceError {
    /// What was tried, on what, and what to do, in lower case.
    what: String,
    fault: Fault,
    is_fatal: bool,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl SourceError {
    /// An error that may pass.
    pub fn transient(fault: Fault, what: impl Into<String>) -> Self {
        Self { what: what.into(), fault, is_fatal: false, source: None }
    }

    /// An error that stays until a person does something.
    pub fn fatal(fault: Fault, what: impl Into<String>) -> Self {
        Self { is_fatal: true, ..Self::transient(fault, what) }
    }

    /// The error with its cause.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// Its label.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// Whether the loop ends with it.
    pub fn is_fatal(&self) -> bool {
        self.is_fatal
    }

    /// What is wrong, with all causes.
    pub fn describe(&self) -> String {
        let mut text = self.what.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// What is wrong, as a label of metrics: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The source does not answer.
    Unreachable,
    /// The source asks for patience.
    Throttled,
    /// The source refuses.
    Denied,
    /// A key that the data is encrypted with cannot be used.
    Key,
    /// It is not there, or not any more.
    Gone,
    /// It was changed while it was being read.
    Changed,
    /// It is cut off or damaged.
    Damaged,
    /// It is no flow log.
    NoFlowLog,
    /// Its lines have no known fields: there is no header line, and none are configured.
    LogFormat,
    /// A notification, or what lines come in, of no known form.
    Envelope,
    /// It holds more than is read.
    TooLarge,
    /// Reading failed.
    Read,
    /// A run of it can never be delivered.
    Rejected,
    /// The checkpoint cannot be read or written.
    State,
    /// It took too long.
    Timeout,
}

impl Fault {
    /// What is wrong with an object that cannot be read to its end.
    pub fn of_object(error: &ObjectError) -> Self {
        match error {
            ObjectError::Unsupported { .. } => Self::NoFlowLog,
            ObjectError::Truncated { .. } | ObjectError::Corrupt { .. } => Self::Damaged,
            ObjectError::Memory { .. }
            | ObjectError::TooLong { .. }
            | ObjectError::Ratio { .. } => Self::TooLarge,
            ObjectError::Read { .. } => Self::Read,
            ObjectError::Envelope { source, .. } => Self::of_unwrapping(source),
        }
    }

    /// What is wrong with something that is no envelope of flow logs.
    pub fn of_unwrapping(error: &UnwrapError) -> Self {
        match error {
            UnwrapError::Unpack(UnpackError::Damaged(_)) => Self::Damaged,
            UnwrapError::Unpack(UnpackError::TooLong { .. }) | UnwrapError::TooLong { .. } => {
                Self::TooLarge
            }
            UnwrapError::Envelope(EnvelopeError::NoText) => Self::NoFlowLog,
            UnwrapError::Envelope(_) | UnwrapError::CutOff => Self::Envelope,
        }
    }

    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Key => "key",
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::Damaged => "damaged",
            Self::NoFlowLog => "no_flow_log",
            Self::LogFormat => "log_format",
            Self::Envelope => "envelope",
            Self::TooLarge => "too_large",
            Self::Read => "read",
            Self::Rejected => "rejected",
            Self::State => "state",
            Self::Timeout => "timeout",
        }
    }
}
