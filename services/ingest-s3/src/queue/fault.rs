//! What a queue refuses.

use weir_aws::AwsFault;
use weir_ingest::{Fault, SourceError};

use super::Queue;

/// Codes of answers about messages that are not ours any more: the receipt handle has expired,
/// the message was received by somebody else, it has been invisible for twelve hours, or the
/// queue is gone. Older names begin with `AWS.SimpleQueueService.`.
const LOST: [&str; 5] = [
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
    "MessageNotInflight",
    "QueueDoesNotExist",
    "NonExistentQueue",
];

/// Why a message is not kept for longer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not ours any more.
    Lost(SourceError),
    /// The call failed; it may be made again.
    Error(SourceError),
}

impl Refusal {
    pub(super) fn of(queue: &Queue, action: &str, fault: AwsFault) -> Self {
        let is_lost = fault.code.as_deref().is_some_and(is_lost);
        let error = queue.error(action, fault);
        if is_lost { Self::Lost(error) } else { Self::Error(error) }
    }
}

pub(super) fn is_lost(code: &str) -> bool {
    let name = code.rsplit('.').next().unwrap_or_default();
    LOST.contains(&name)
}

impl Queue {
    /// An entry of a batch was refused.
    pub(super) fn not_deleted(&self, code: &str, message: Option<&str>) -> SourceError {
        let (name, message) = (self.name(), message.unwrap_or_default());
        let what = format!("queue {name}: a message was not deleted ({code}: {message})");
        let is_throttled = code.contains("Throttl");
        let fault = if is_throttled { Fault::Throttled } else { Fault::Unreachable };
        SourceError::transient(fault, what)
    }

    /// A call that cannot be made.
    pub(super) fn odd(&self, error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
        let what = format!("queue {}: a call cannot be made", self.name());
        SourceError::transient(Fault::Read, what).because(error)
    }
}
