//! Events of S3 as EventBridge passes them on.

use serde::Deserialize;

use super::{Notification, ObjectEvent, UnknownForm, version};
use crate::time;

const FORM: &str = "an event of EventBridge";

#[derive(Deserialize)]
struct Event {
    time: Option<String>,
    region: Option<String>,
    detail: Detail,
}

#[derive(Deserialize)]
struct Detail {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Object {
    key: String,
    size: Option<u64>,
    etag: Option<String>,
    version_id: Option<String>,
}

/// Reads an event of this `detail-type`.
pub(super) fn read(body: &str, kind: &str) -> Result<Notification, UnknownForm> {
    if kind != "Object Created" {
        return Ok(Notification::Objects { created: Vec::new(), others: 1 });
    }
    let event: Event = serde_json::from_str(body)
        .map_err(|error| UnknownForm::Broken { form: FORM, problem: error.to_string() })?;
    let Detail { bucket, object } = event.detail;
    let created = ObjectEvent {
        bucket: bucket.name,
        key: object.key,
        version_id: version(object.version_id),
        etag: object.etag,
        size: object.size,
        region: event.region,
        time: event.time.as_deref().and_then(time::of_event),
    };
    Ok(Notification::Objects { created: vec![created], others: 0 })
}
