//! Objects in S3 as the input of a replay.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use weir_aws::Access;
use weir_aws::{Accounts, AwsConfig, Role};
use weir_ingest::SourceError;
use weir_ingest_s3::{Backfill, BucketPrefix, ListedObject, Window};
use weir_objects::Stream;

use super::inputs::{Object, OpenObject, UnreadablePath};

/// How objects in S3 are read; nothing is asked of AWS before there are any.
#[derive(Default)]
pub(crate) struct Remote(Option<Arc<Bucket>>);

struct Bucket {
    /// Fetches what workers read.
    runtime: Runtime,
    backfill: Backfill,
    window: Window,
}

/// An object in S3.
#[derive(Clone)]
pub(crate) struct RemoteObject {
    bucket: Arc<Bucket>,
    object: ListedObject,
}

impl Remote {
    /// Reads objects of a time with the credentials of a role, or those of the default chain.
    pub(crate) fn new(
        accounts: AwsConfig,
        role: Option<Role>,
        window: Window,
    ) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.context("the async runtime could not be started")?;
        let access = role.map_or(Access::Own, Access::Role);
        let backfill = Backfill::new(Accounts::with_default_chain(accounts), access);
        Ok(Self(Some(Arc::new(Bucket { runtime, backfill, window }))))
    }

    /// Shows all flow log objects below `path`, in order of their keys.
    pub(super) fn walk(
        &self,
        path: &Path,
        visit: &mut dyn FnMut(Result<Object, UnreadablePath>) -> bool,
    ) -> bool {
        let listed = self.list(path, &mut |object| visit(Ok(object)));
        listed.unwrap_or_else(|cause| {
            visit(Err(UnreadablePath { path: path.display().to_string(), cause }))
        })
    }

    fn list(&self, path: &Path, visit: &mut dyn FnMut(Object) -> bool) -> anyhow::Result<bool> {
        let bucket = self.0.as_ref().context("nothing says how S3 is reached")?;
        let place: Result<BucketPrefix, _> = path.to_str().unwrap_or_default().parse();
        let place = place.map_err(anyhow::Error::msg)?;
        let listing = bucket.backfill.list(place, bucket.window);
        let mut listing = bucket.runtime.block_on(listing).map_err(described)?;
        while let Some(page) = bucket.runtime.block_on(listing.next_page()).map_err(described)? {
            for object in page {
                let object = RemoteObject { bucket: Arc::clone(bucket), object };
                if !visit(Object::Remote(object)) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

impl RemoteObject {
    pub(super) fn name(&self) -> String {
        self.object.uri()
    }

    pub(super) fn open(&self) -> anyhow::Result<OpenObject> {
        let Bucket { runtime, backfill, .. } = self.bucket.as_ref();
        let reader = runtime.block_on(backfill.open(&self.object)).map_err(described)?;
        let version = reader.version().as_bytes().to_vec();
        Ok(OpenObject { source: Box::new(Stream(reader)), version })
    }
}

/// The error with its causes.
fn described(error: SourceError) -> anyhow::Error {
    anyhow::Error::msg(error.describe())
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}

impl fmt::Debug for RemoteObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
