//! Failures that all calls of the control plane have in common.

use tonic::{Code, Status};
use weir_rpc::status::Failure;
use weir_store::{Etag, StoreError};

use crate::document::UpdateError;

/// Why a document was not changed; `what` is what it has, in the plural.
pub fn of_update<E: Into<Status>>(what: &str, error: UpdateError<E>) -> Status {
    match error {
        UpdateError::Stale { current } => stale(what, current),
        UpdateError::Refused(refused) => refused.into(),
        UpdateError::Store(error) => of_store(what, &error),
    }
}

/// A change that is based on an old version.
pub fn stale(what: &str, current: Option<Etag>) -> Status {
    let etag = etag_text(current);
    let message = format!(
        "the {what} were changed since they were read: the current etag is \"{etag}\"; read them \
         again and repeat the change with it"
    );
    Failure::new(Code::Aborted, "STALE_ETAG", message).with("currentEtag", etag).into()
}

/// A store that did not do what it was asked for. The log has the whole of it.
pub fn of_store(what: &str, error: &StoreError) -> Status {
    tracing::error!(%error, what, "the store does not answer");
    let (code, reason, advice) = match error {
        StoreError::Conflict { .. } => {
            (Code::Aborted, "BUSY", "others change them all the time; try again")
        }
        StoreError::Content { .. } | StoreError::Unwritable { .. } => {
            (Code::Internal, "STORE_CONTENT", "what is stored cannot be read; see the log")
        }
        _ => (
            Code::Unavailable,
            "STORE_UNAVAILABLE",
            "the store cannot be reached at the moment; read them again to see whether a change \
             was made, and try again",
        ),
    };
    Failure::new(code, reason, format!("{what}: {advice}")).into()
}

/// The text of an etag; empty when nothing was written as yet.
pub fn etag_text(etag: Option<Etag>) -> String {
    etag.map(|etag| etag.to_string()).unwrap_or_default()
}

/// The version that a caller expects; none when he takes whatever is there.
///
/// # Errors
///
/// INVALID_ARGUMENT when the text is no etag.
pub fn etag(text: &str) -> Result<Option<Etag>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    let etag = text.parse::<Etag>();
    etag.map(Some).map_err(|error| weir_rpc::status::Violations::of("etag", error).into())
}
