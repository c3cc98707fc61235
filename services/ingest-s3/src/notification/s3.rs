//! Notifications as S3 itself writes them.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

use super::{Notification, ObjectEvent, UnknownForm, version};
use crate::time;

const FORM: &str = "a notification of S3";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_source: String,
    event_name: String,
    event_time: Option<String>,
    aws_region: Option<String>,
    s3: Content,
}

#[derive(Deserialize)]
struct Content {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    size: Option<u64>,
    e_tag: Option<String>,
    version_id: Option<String>,
}

/// Reads the list of records.
pub(super) fn read(records: Value) -> Result<Notification, UnknownForm> {
    let broken = |problem: String| UnknownForm::Broken { form: FORM, problem };
    let records: Vec<Record> =
        serde_json::from_value(records).map_err(|error| broken(error.to_string()))?;
    if records.is_empty() {
        return Err(broken("it has no records".to_owned()));
    }
    let (mut created, mut others) = (Vec::with_capacity(records.len()), 0);
    for record in records {
        if record.event_source != "aws:s3" {
            return Err(broken(format!("a record is of {:?}", record.event_source)));
        }
        // `s3:ObjectCreated:Put` is how it is configured, `ObjectCreated:Put` how it is written.
        let name = record.event_name.strip_prefix("s3:").unwrap_or(&record.event_name);
        if !name.starts_with("ObjectCreated:") {
            others += 1;
            continue;
        }
        let Content { bucket, object } = record.s3;
        created.push(ObjectEvent {
            bucket: bucket.name,
            key: decoded(&object.key).ok_or_else(|| broken("a key is no UTF-8".to_owned()))?,
            version_id: version(object.version_id),
            etag: object.e_tag,
            size: object.size,
            region: record.aws_region,
            time: record.event_time.as_deref().and_then(time::of_event),
        });
    }
    Ok(Notification::Objects { created, others })
}

/// Keys are encoded as the values of forms are: a blank is a `+`, a plus is `%2B`.
fn decoded(key: &str) -> Option<String> {
    let key = key.replace('+', " ");
    percent_decode_str(&key).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
