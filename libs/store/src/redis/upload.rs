//! Long values, uploaded part by part before they are written in one step.

use super::script::{Call, UPLOAD};
use super::shared::Shared;
use super::values::{HEAD, PART};
use crate::error::StoreError;
use crate::etag::new_epoch;
use crate::key::Key;

/// For how long an upload is kept that nobody goes on with.
const KEPT_MILLISECONDS: u64 = 60_000;

/// How often a value is uploaded that is gone before it is written.
pub(super) const ATTEMPTS: usize = 3;

impl Shared {
    /// Uploads a value behind the room for its etag. The name of the upload.
    pub(super) async fn upload(&self, value: &[u8]) -> Result<String, StoreError> {
        let name = self.names.upload(new_epoch());
        let deadline = self.link.deadline(value.len());
        let mut at = HEAD;
        for part in value.chunks(PART) {
            let call =
                Call::of(&UPLOAD, [name.clone()]).text(at).octets(part).text(KEPT_MILLISECONDS);
            let length: i64 = self.link.run(&call, deadline).await?;
            at += part.len();
            if usize::try_from(length) != Ok(at) {
                break;
            }
        }
        Ok(name)
    }
}

pub(super) fn gone(key: &Key) -> StoreError {
    let source = format!("what was uploaded for `{key}` was removed by something else");
    StoreError::Failed { source: source.into() }
}
