//! Why an object cannot be fetched.

use weir_aws::AwsFault;
use weir_ingest::{Fault, SourceError};

/// What an error of GetObject means.
pub(crate) fn object_fault(fault: AwsFault, has_version: bool) -> SourceError {
    let action = if has_version { "s3:GetObjectVersion" } else { "s3:GetObject" };
    let fault = fault.of_action(action);
    let (kind, what) = match fault.code.as_deref() {
        Some("PreconditionFailed") => (Fault::Changed, "the object was written anew meanwhile"),
        Some("InvalidObjectState") => {
            (Fault::Gone, "the object is archived: restore it, and have its message sent again")
        }
        Some("NoSuchBucket") => (Fault::Gone, "the bucket is not there"),
        _ => (Fault::of_aws(&fault), "the object cannot be fetched"),
    };
    SourceError::transient(kind, what).because(fault)
}

/// Whether somebody, or time, will make it good: then the message is kept, and the object tried
/// again. What is wrong with an object itself is left for the queue's redrive policy.
pub(crate) fn is_waited_out(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Denied
            | Fault::Key
            | Fault::Throttled
            | Fault::Unreachable
            | Fault::State
            | Fault::Timeout
    )
}
