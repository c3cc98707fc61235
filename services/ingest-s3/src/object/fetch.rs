//! GetObject.

use std::sync::Arc;
use std::time::SystemTime;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_smithy_types::byte_stream::ByteStream;
use weir_ingest::SourceError;

use super::body::Body;
use super::fault::object_fault;
use super::id::ObjectId;
use crate::clients::Client;
use crate::metrics::Metrics;

/// What is fetched.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) client: Client<aws_sdk_s3::Client>,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    pub(crate) metrics: Arc<Metrics>,
}

/// What there is.
pub(crate) enum Opened {
    /// The object with its octets.
    Object { id: ObjectId, body: Body },
    /// No octets.
    Empty,
    /// No object.
    Gone,
}

impl Fetch {
    /// Asks for the object.
    pub(crate) async fn open(self) -> Result<Opened, SourceError> {
        let answer = match self.get(None).await {
            Ok(answer) => answer,
            Err(fault) if is_gone(&fault) => return Ok(Opened::Gone),
            Err(fault) => return Err(object_fault(fault, self.version_id.is_some())),
        };
        let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
        if length == Some(0) {
            return Ok(Opened::Empty);
        }
        let etag = answer.e_tag().map(str::to_owned);
        let modified = answer.last_modified().and_then(|time| SystemTime::try_from(*time).ok());
        let version = self.version_id.clone().or_else(|| etag.as_deref().map(plain_etag));
        let version = version.unwrap_or_else(|| format!("{length:?} {modified:?}"));
        let id = ObjectId::new(&self.bucket, &self.key, &version);
        Ok(Opened::Object { id, body: Body::start(self, answer.body, length, etag) })
    }

    /// The rest of the object from `offset` on, as long as it has this ETag.
    pub(super) async fn rest(
        &self,
        offset: u64,
        etag: Option<&str>,
    ) -> Result<ByteStream, SourceError> {
        let answer = self.get(Some((offset, etag))).await;
        let answer = answer.map_err(|fault| object_fault(fault, self.version_id.is_some()))?;
        Ok(answer.body)
    }

    async fn get(
        &self,
        from: Option<(u64, Option<&str>)>,
    ) -> Result<GetObjectOutput, weir_aws::AwsFault> {
        let Client { account, sdk } = &self.client;
        let range = from.map(|(offset, _)| format!("bytes={offset}-"));
        let etag = from.and_then(|(_, etag)| etag).map(str::to_owned);
        account
            .with_fresh_credentials(|| {
                let call = sdk.get_object().bucket(&self.bucket).key(&self.key);
                let call = call.set_version_id(self.version_id.clone());
                call.set_range(range.clone()).set_if_match(etag.clone()).send()
            })
            .await
    }
}

/// Headers have it in quotes, events and listings of some do not.
pub(crate) fn plain_etag(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

/// The object, not its bucket.
fn is_gone(fault: &weir_aws::AwsFault) -> bool {
    matches!(fault.code.as_deref(), Some("NoSuchKey" | "NoSuchVersion"))
}
