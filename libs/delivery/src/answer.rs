//! What the receiver of a run says of it.

use std::time::Duration;

use crate::run::RunId;

/// A receiver's word on one run. Every run gets exactly one final answer (anything but
/// [`Answer::Accepted`]); a run that got none counts as not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The exporter has taken the run over in memory. It frees the sender's memory and allows
    /// nothing else.
    Accepted,
    /// Every record was written to every configured output, or counted as rejected with a
    /// reason. Only this lets a source delete or checkpoint.
    Committed,
    /// Nothing of it was taken; send it again later, perhaps elsewhere.
    Retry(RetryReason, Duration),
    /// It can never be delivered.
    Rejected(RunRejection),
    /// The run was announced by its id alone, and the receiver does not have it: the source has
    /// to read it again.
    Unknown,
}

impl Answer {
    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        self != Self::Accepted
    }
}

/// Why a run must be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryReason {
    /// Its records follow a layout that the exporter does not have; encode them again.
    StaleTemplates,
    /// The receiver cannot take more at the moment.
    Unavailable,
    /// The receiver is about to end.
    Draining,
}

impl RetryReason {
    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::StaleTemplates => "stale_templates",
            Self::Unavailable => "unavailable",
            Self::Draining => "draining",
        }
    }
}

/// Why a run can never be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunRejection {
    /// The record groups are damaged.
    Malformed,
    /// The text or its records have more octets than a run may.
    TooLarge,
    /// The field list of its lines cannot be read.
    LogFormat,
}

impl RunRejection {
    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::LogFormat => "log_format",
        }
    }
}

/// An answer with the run that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunAnswer {
    /// The run.
    pub run: RunId,
    /// The word on it.
    pub answer: Answer,
}
