//! Answers of S3 from plain values.

use super::listing::Listing;
use crate::xml::Xml;

/// An object as a listing names it.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// The key.
    pub key: String,
    /// Octets.
    pub size: u64,
    /// The ETag, without its quotes.
    pub etag: String,
    /// RFC 3339: `2026-03-01T12:00:00.000Z`.
    pub last_modified: String,
}

/// What `ListBuckets` answers: names and regions.
#[must_use]
pub fn buckets(buckets: &[(&str, &str)]) -> Listing {
    let bucket = |(name, region): &(&str, &str)| {
        let created = "2020-01-01T00:00:00.000Z";
        Xml::new().leaf("Name", name).leaf("CreationDate", created).leaf("BucketRegion", region)
    };
    Listing::xml_of("ListAllMyBucketsResult", "Bucket", buckets.iter().map(bucket).collect())
}

/// What `ListObjectsV2` answers.
#[must_use]
pub fn objects(objects: &[Object]) -> Listing {
    let object = |object: &Object| {
        Xml::new()
            .leaf("Key", &object.key)
            .leaf("Size", object.size)
            .leaf("ETag", format!("\"{}\"", object.etag))
            .leaf("LastModified", &object.last_modified)
            .leaf("StorageClass", "STANDARD")
    };
    Listing::xml_of("ListBucketResult", "Contents", objects.iter().map(object).collect())
}

/// The document of a listing: buckets are in an element of their own, objects are not.
pub(crate) fn listed(root: &str, items: &Xml, next: Option<&str>, token: &str) -> Xml {
    let inner = if root == "ListBucketResult" {
        Xml::raw(items.as_str()).leaf("IsTruncated", next.is_some())
    } else {
        Xml::new().nest("Buckets", items)
    };
    Xml::new().nest(root, &inner.maybe(token, next))
}
