//! Values that are JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::etag::Etag;
use crate::key::Key;
use crate::store::{Condition, Store};

/// The value of `key`, read as JSON, and its etag.
pub async fn get_json<T: DeserializeOwned>(
    store: &dyn Store,
    key: &Key,
) -> Result<Option<(T, Etag)>, StoreError> {
    let Some(stored) = store.get(key).await? else { return Ok(None) };
    let value = serde_json::from_slice(&stored.value)
        .map_err(|source| StoreError::Content { key: key.clone(), source })?;
    Ok(Some((value, stored.etag)))
}

/// Gives `key` the value, written as JSON, if `condition` holds: see [`Store::put`].
pub async fn put_json<T: Serialize + Sync>(
    store: &dyn Store,
    key: &Key,
    value: &T,
    condition: Condition,
) -> Result<Etag, StoreError> {
    let value = serde_json::to_vec(value)
        .map_err(|source| StoreError::Unwritable { key: key.clone(), source })?;
    store.put(key, value.into(), condition).await
}
