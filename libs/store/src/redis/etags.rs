//! Etags and conditions, as the server has them.

use redis::Value;

use super::shared::read;
use crate::error::StoreError;
use crate::etag::Etag;
use crate::key::Key;
use crate::store::Condition;

/// A condition, as the scripts have it.
pub(super) fn wanted(condition: Condition) -> String {
    match condition {
        Condition::Any => "*".to_owned(),
        Condition::Absent => String::new(),
        Condition::Etag(etag) => etag.to_string(),
    }
}

pub(super) fn conflict(key: &Key, current: Value) -> Result<StoreError, StoreError> {
    Ok(StoreError::Conflict { key: key.clone(), current: etag_in(current)? })
}

pub(super) fn etag_in(answer: Value) -> Result<Option<Etag>, StoreError> {
    etag_of(&read::<Vec<u8>>(answer)?)
}

/// The etag with this text, none for none.
pub(super) fn etag_of(text: &[u8]) -> Result<Option<Etag>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    let etag = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    etag.map(Some).ok_or_else(foreign)
}

pub(super) fn foreign() -> StoreError {
    StoreError::Failed { source: "there is something in its place that weir did not write".into() }
}
