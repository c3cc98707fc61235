//! A weir without the feature `aws` reads no objects in S3.

use std::path::Path;

use anyhow::anyhow;

use super::inputs::{Object, UnreadablePath};

/// What another build of weir reads objects in S3 with.
#[derive(Debug, Default)]
pub(crate) struct Remote;

impl Remote {
    pub(super) fn walk(
        &self,
        path: &Path,
        visit: &mut dyn FnMut(Result<Object, UnreadablePath>) -> bool,
    ) -> bool {
        let cause = anyhow!("this weir does not read from S3: build it with the feature aws");
        visit(Err(UnreadablePath { path: path.display().to_string(), cause }))
    }
}
