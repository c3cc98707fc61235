//! Which operation of S3 a method and a path are.

use std::collections::BTreeMap;

use hyper::{Method, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Parts of a bucket or object that have operations of their own, and what these are called.
const PARTS: &[(&str, &str)] = &[
    ("location", "BucketLocation"),
    ("notification", "BucketNotificationConfiguration"),
    ("tagging", "BucketTagging"),
    ("policy", "BucketPolicy"),
    ("versioning", "BucketVersioning"),
    ("encryption", "BucketEncryption"),
];

/// The operation and its parameters: `Bucket`, `Key` and what is in the query.
pub(crate) fn operation(method: &Method, uri: &Uri) -> (String, Value) {
    let query = query(uri);
    let path = uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let name = query.get("x-id").cloned();
    let name = name.unwrap_or_else(|| name_of(method, bucket, key, &query));
    let mut parameters: Map<String, Value> =
        query.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    for (name, value) in [("Bucket", bucket), ("Key", key)] {
        if !value.is_empty() {
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            parameters.insert(name.to_owned(), Value::String(value));
        }
    }
    (name, Value::Object(parameters))
}

fn name_of(method: &Method, bucket: &str, key: &str, query: &BTreeMap<String, String>) -> String {
    let part = PARTS.iter().find(|(part, _)| query.contains_key(*part));
    let verb = match *method {
        Method::PUT => "Put",
        Method::POST => "Post",
        Method::DELETE => "Delete",
        Method::HEAD => "Head",
        _ => "Get",
    };
    match part {
        Some((_, part)) => format!("{verb}{part}"),
        None if bucket.is_empty() => "ListBuckets".to_owned(),
        None if !key.is_empty() => format!("{verb}Object"),
        None if verb != "Get" => format!("{}Bucket", verb.replace("Put", "Create")),
        None if query.contains_key("list-type") => "ListObjectsV2".to_owned(),
        None => "ListObjects".to_owned(),
    }
}

/// What is in the query, decoded.
pub(crate) fn query(uri: &Uri) -> BTreeMap<String, String> {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}
