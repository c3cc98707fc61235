//! Objects by listing a bucket instead of waiting for notifications: what was there before the
//! queue was, or what has to be exported again.

use std::io::{self, Read};
use std::str::FromStr;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sdk_s3::types::Object;
use weir_aws::{Access, Accounts, classify};
use weir_ingest::{Fault, SourceError};

use crate::clients::{Client, Clients};
use crate::metrics::Metrics;
use crate::object::{Body, Fetch, FlowLogKey, Opened, uri};

/// The header in which S3 names a bucket's region, also in its refusals.
const REGION: &str = "x-amz-bucket-region";

/// A bucket, and what the keys in it begin with: `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketPrefix {
    /// The bucket's name.
    pub bucket: String,
    /// What keys begin with; empty for all.
    pub prefix: String,
}

impl FromStr for BucketPrefix {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let advice = "give s3://BUCKET/PREFIX";
        let rest = text.strip_prefix("s3://").ok_or(advice)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || b".-_".contains(&octet);
        let is_bucket = (3..=63).contains(&bucket.len()) && bucket.bytes().all(is_allowed);
        let found = || Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() };
        is_bucket.then(found).ok_or(advice)
    }
}

/// Which objects are wanted: by their keys, and by the time that their names tell: the start of the
/// five minutes in which their records ended. Of an object whose name tells none it is when it was
/// written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// None before.
    pub from: Option<SystemTime>,
    /// None at this time or after.
    pub to: Option<SystemTime>,
    /// Also those under keys that are not AWS's of flow logs, such as objects that Firehose writes.
    pub any_key: bool,
}

impl Window {
    fn contains(&self, time: Option<SystemTime>) -> bool {
        let Some(time) = time else { return true };
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }
}

/// Lists and reads objects of buckets.
#[derive(Debug)]
pub struct Backfill {
    clients: Clients,
    access: Access,
    metrics: Arc<Metrics>,
}

/// A flow log object that a listing names.
#[derive(Clone, Debug)]
pub struct ListedObject {
    bucket: String,
    key: String,
    region: String,
}

impl ListedObject {
    /// What a person calls it: `s3://bucket/key`.
    pub fn uri(&self) -> String {
        uri(&self.bucket, &self.key)
    }
}

/// The octets of an object, for threads outside of the runtime.
pub struct ObjectReader {
    body: Body,
    version: String,
}

impl ObjectReader {
    /// What tells this content from another under the same key.
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer)
    }
}

/// The objects of a bucket in order of their keys, a page of the listing at a time.
pub struct Listing {
    client: Client<aws_sdk_s3::Client>,
    place: BucketPrefix,
    region: String,
    window: Window,
    /// Where the next page begins; none when there is no more.
    next: Option<PageStart>,
}

enum PageStart {
    First,
    After(String),
}

impl Backfill {
    /// Reads with these credentials.
    pub fn new(accounts: Accounts, access: Access) -> Self {
        Self { clients: Clients::new(accounts.into()), access, metrics: Arc::new(Metrics::new()) }
    }

    /// Begins to list flow log objects.
    ///
    /// # Errors
    ///
    /// When there are no credentials, and when S3 does not say where the bucket is.
    pub async fn list(&self, place: BucketPrefix, window: Window) -> Result<Listing, SourceError> {
        let region = self.region_of(&place.bucket).await?;
        let client = self.clients.s3(&self.access, &region).await?;
        Ok(Listing { client, place, region, window, next: Some(PageStart::First) })
    }

    /// Opens an object. Must be called within a runtime, which fetches its octets.
    ///
    /// # Errors
    ///
    /// When it cannot be fetched, or has no octets.
    pub async fn open(&self, object: &ListedObject) -> Result<ObjectReader, SourceError> {
        let fetch = Fetch {
            client: self.clients.s3(&self.access, &object.region).await?,
            bucket: object.bucket.clone(),
            key: object.key.clone(),
            version_id: None,
            metrics: Arc::clone(&self.metrics),
        };
        match fetch.open().await? {
            Opened::Object { id, body } => Ok(ObjectReader { body, version: id.version }),
            Opened::Empty => {
                Err(SourceError::transient(Fault::Damaged, "there is no text in the object"))
            }
            Opened::Gone => Err(SourceError::transient(Fault::Gone, "the object is not there")),
        }
    }

    /// Calls for a bucket must go to its own region.
    async fn region_of(&self, bucket: &str) -> Result<String, SourceError> {
        let here = self.clients.own_region().await?;
        let client = self.clients.s3(&self.access, &here).await?;
        let error = match client.sdk.head_bucket().bucket(bucket).send().await {
            Ok(answer) => return Ok(answer.bucket_region().unwrap_or(&here).to_owned()),
            Err(error) => error,
        };
        let told = error.raw_response().and_then(|response| response.headers().get(REGION));
        let told = told.map(str::to_owned);
        let fault = || classify(&error).of_action("s3:ListBucket");
        told.ok_or_else(|| SourceError::of_aws(&format!("bucket {bucket}"), fault()))
    }
}

impl Listing {
    /// The objects of the next page, which may be none; `None` at the end.
    ///
    /// # Errors
    ///
    /// When the bucket cannot be listed.
    pub async fn next_page(&mut self) -> Result<Option<Vec<ListedObject>>, SourceError> {
        let Some(start) = self.next.take() else { return Ok(None) };
        let token = match start {
            PageStart::First => None,
            PageStart::After(token) => Some(token),
        };
        let Client { account, sdk } = &self.client;
        let BucketPrefix { bucket, prefix } = &self.place;
        let call = || {
            let call = sdk.list_objects_v2().bucket(bucket).prefix(prefix);
            call.set_continuation_token(token.clone()).send()
        };
        let page = account.with_fresh_credentials(call).await;
        let page = page.map_err(|fault| {
            SourceError::of_aws(&format!("bucket {bucket}"), fault.of_action("s3:ListBucket"))
        })?;
        self.next = page.next_continuation_token.map(PageStart::After);
        let objects = page.contents.unwrap_or_default().into_iter();
        Ok(Some(objects.filter_map(|object| self.wanted(object)).collect()))
    }

    fn wanted(&self, object: Object) -> Option<ListedObject> {
        let is_empty = object.size() == Some(0);
        let modified = object.last_modified().and_then(|time| SystemTime::try_from(*time).ok());
        let key = object.key?;
        let time = FlowLogKey::parse(&key, self.window.any_key)?.time.or(modified);
        let (bucket, region) = (self.place.bucket.clone(), self.region.clone());
        (self.window.contains(time) && !is_empty).then_some(ListedObject { bucket, key, region })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_place_is_a_bucket_with_or_without_a_prefix() {
        for (text, bucket, prefix) in [
            ("s3://logs", "logs", ""),
            ("s3://logs/", "logs", ""),
            ("s3://logs/AWSLogs/1/", "logs", "AWSLogs/1/"),
        ] {
            let expected = BucketPrefix { bucket: bucket.into(), prefix: prefix.into() };
            assert_eq!(text.parse(), Ok(expected));
        }
        for text in ["logs", "s3://", "s3:///prefix", "s3://a b/c", "https://logs/x"] {
            assert!(text.parse::<BucketPrefix>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_window_has_its_start_and_not_its_end() {
        let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        let window = Window { from: at(10), to: at(20), any_key: false };
        let inside = [9, 10, 19, 20].map(|seconds| window.contains(at(seconds)));
        assert_eq!(inside, [false, true, true, false]);
        assert!(Window::default().contains(at(0)));
    }
}
