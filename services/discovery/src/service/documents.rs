//! What people change, as calls see it: etags, and why a change is not made.

use tonic::{Code, Request, Status};
use weir_control::UpdateError;
use weir_rpc::server::Peer;
use weir_rpc::status::{Failure, Violations};
use weir_store::{Etag, StoreError};

use super::core::DiscoveryCore;

/// The etag that a caller has given; `None` for whatever is there.
pub(super) fn expected(etag: &str) -> Result<Option<Etag>, Status> {
    if etag.is_empty() {
        return Ok(None);
    }
    let parsed = etag.parse::<Etag>();
    parsed.map(Some).map_err(|error| Violations::of("etag", error).into())
}

/// Who calls, for the log.
pub(super) fn caller<T>(request: &Request<T>) -> String {
    Peer::of(request).map_or_else(|| "this process".to_owned(), ToString::to_string)
}

/// The text of an etag; empty when nothing was written as yet.
pub(super) fn text(etag: Option<Etag>) -> String {
    etag.map(|etag| etag.to_string()).unwrap_or_default()
}

/// Why a document was not changed.
pub(super) fn refused(error: UpdateError<Status>) -> Status {
    match error {
        UpdateError::Stale { current } => {
            let current = text(current);
            let message = format!(
                "it was changed since it was read: read it again and repeat the change with the \
                 etag that it has now, {current}"
            );
            Failure::new(Code::Aborted, "STALE_ETAG", message).with("currentEtag", current).into()
        }
        UpdateError::Refused(status) => status,
        UpdateError::Store(error) => unavailable(error),
    }
}

/// The store did not do it.
pub(super) fn unavailable(error: StoreError) -> Status {
    tracing::error!(%error, "a call failed: the store did not do its part");
    let message = "the store does not answer at the moment: see the log, and try again";
    Failure::new(Code::Unavailable, "STORE_UNAVAILABLE", message).into()
}

impl DiscoveryCore {
    /// Refuses a call while the inventory is not known: what it does not have may exist.
    pub(super) fn check_loaded(&self) -> Result<(), Status> {
        if self.publisher.status().is_loaded {
            return Ok(());
        }
        let message = "the inventory was not read as yet: wait until the store answers, and try \
                       again";
        Err(Failure::new(Code::Unavailable, "INVENTORY_UNKNOWN", message).into())
    }
}
