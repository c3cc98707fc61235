//! Messages in the forms that AWS sends.

use serde_json::{Value, json};

use crate::cloud::{QUIET_BUCKET, REGION};

/// An object in the bucket that notifies nobody.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) etag: String,
}

/// S3's own form with one record for each object.
pub(crate) fn of_s3(objects: &[&Object]) -> Value {
    let record = |object: &&Object| {
        let key: String = object.key.split(' ').map(encoded).collect::<Vec<_>>().join("+");
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": REGION,
            "eventTime": "2026-01-02T03:05:07.089Z", "eventName": "ObjectCreated:Put",
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "weir",
                "bucket": { "name": QUIET_BUCKET, "arn": format!("arn:aws:s3:::{QUIET_BUCKET}") },
                "object": { "key": key, "eTag": object.etag, "sequencer": "0055AED6DCD90281E5" },
            },
        })
    };
    json!({ "Records": objects.iter().map(record).collect::<Vec<_>>() })
}

/// EventBridge's form; its keys are not encoded.
pub(crate) fn of_event_bridge(object: &Object) -> Value {
    json!({
        "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created", "source": "aws.s3", "time": "2026-01-02T03:05:07Z",
        "region": REGION, "resources": [format!("arn:aws:s3:::{QUIET_BUCKET}")],
        "detail": {
            "version": "0", "bucket": { "name": QUIET_BUCKET },
            "object": { "key": object.key, "etag": object.etag, "sequencer": "00617F08299329D189" },
            "reason": "PutObject",
        },
    })
}

/// A message as SNS passes it on.
pub(crate) fn within_sns(message: &Value) -> Value {
    json!({
        "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": format!("arn:aws:sns:{REGION}:123456789012:flow-logs"),
        "Subject": "Amazon S3 Notification", "Message": message.to_string(),
        "Timestamp": "2026-01-02T03:05:07.100Z", "SignatureVersion": "1",
    })
}

/// S3's test of a configuration.
pub(crate) fn test_event() -> Value {
    json!({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-01-02T03:05:07.089Z",
        "Bucket": QUIET_BUCKET, "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4",
    })
}

/// A part of a key as S3 encodes it.
fn encoded(part: &str) -> String {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.*/".contains(&octet);
    let octet = |octet: u8| {
        if is_plain(octet) { char::from(octet).to_string() } else { format!("%{octet:02X}") }
    };
    part.bytes().map(octet).collect()
}
