//! Why something cannot be unwrapped.

use weir_flowlog::envelope::EnvelopeError;

use crate::member::UnpackError;

/// Why something, or the rest of it, is no flow log.
#[derive(Debug, thiserror::Error)]
pub enum UnwrapError {
    /// It is gzip that cannot be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// It is nothing that flow logs come in, or damaged.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The text ends within a document.
    #[error("the text ends within a JSON document")]
    CutOff,
    /// A document is longer than any that AWS writes.
    #[error("a JSON document has more than {limit} octets; no batch of flow logs is that large")]
    TooLong {
        /// [`crate::Limits::max_document_length`].
        limit: usize,
    },
}

impl UnwrapError {
    /// Its name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unpack(UnpackError::Damaged(_)) => "damaged",
            Self::Unpack(UnpackError::TooLong { .. }) | Self::TooLong { .. } => "too_large",
            Self::Envelope(EnvelopeError::Json { .. }) | Self::CutOff => "json",
            Self::Envelope(EnvelopeError::NoText) => "no_flow_log",
            Self::Envelope(_) => "envelope",
        }
    }
}

/// Why unwrapping ended before its end.
#[derive(Debug)]
pub enum Unwrapping<E> {
    /// Something, or the rest of it, is no flow log.
    Failed(UnwrapError),
    /// The visitor wants no more.
    Stopped(E),
}

impl<E> From<UnpackError> for Unwrapping<E> {
    fn from(error: UnpackError) -> Self {
        Self::Failed(error.into())
    }
}

impl<E> From<EnvelopeError> for Unwrapping<E> {
    fn from(error: EnvelopeError) -> Self {
        Self::Failed(error.into())
    }
}
