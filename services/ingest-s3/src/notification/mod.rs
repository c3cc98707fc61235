//! What a message of the queue says: a closed list of forms.
//!
//! - S3's own: `{"Records": […]}`, keys form-encoded
//!   (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>);
//! - S3's test, when a notification is configured: `{"Event": "s3:TestEvent", …}`;
//! - EventBridge's: `{"source": "aws.s3", "detail-type": "Object Created", …}`, keys as they are
//!   (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>);
//! - each of them as the text of an SNS notification: `{"Type": "Notification", "Message": "…"}`.
//!   With raw delivery SNS leaves its envelope out.

mod event_bridge;
mod s3;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;

/// A new object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObjectEvent {
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The version's id, where the bucket keeps versions.
    pub(crate) version_id: Option<String>,
    pub(crate) etag: Option<String>,
    /// Octets.
    pub(crate) size: Option<u64>,
    /// The bucket's region.
    pub(crate) region: Option<String>,
    /// When it was written.
    pub(crate) time: Option<SystemTime>,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notification {
    /// S3 tried whether it reaches the queue.
    Test,
    /// Something happened to objects.
    Objects {
        /// Those that are new.
        created: Vec<ObjectEvent>,
        /// How many others: deleted, tagged, restored.
        others: usize,
    },
}

/// Why a message is none of the known forms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownForm {
    #[error("it is no JSON ({0})")]
    NotJson(String),
    #[error("it is no notification of S3, SNS or EventBridge: check what else writes to the queue")]
    NotListed,
    #[error("it looks like {form}, and {problem}")]
    Broken { form: &'static str, problem: String },
}

/// What tells the forms from each other.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "Records")]
    records: Option<Value>,
    #[serde(rename = "Event")]
    event: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
    source: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
}

/// Reads a message.
pub(crate) fn read(body: &str) -> Result<Notification, UnknownForm> {
    match outline(body)? {
        Outline { kind: Some(kind), message: Some(message), .. } if kind == "Notification" => {
            read_plain(&message, outline(&message)?)
        }
        plain => read_plain(body, plain),
    }
}

fn outline(body: &str) -> Result<Outline, UnknownForm> {
    serde_json::from_str(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => UnknownForm::NotListed,
        _ => UnknownForm::NotJson(error.to_string()),
    })
}

fn read_plain(body: &str, outline: Outline) -> Result<Notification, UnknownForm> {
    match outline {
        Outline { records: Some(records), .. } => s3::read(records),
        Outline { event: Some(event), .. } if event == "s3:TestEvent" => Ok(Notification::Test),
        Outline { source: Some(source), detail_type: Some(kind), .. } if source == "aws.s3" => {
            event_bridge::read(body, &kind)
        }
        _ => Err(UnknownForm::NotListed),
    }
}

/// `null` is the version of objects that were written while versions were not kept. Another may
/// take its place, so that it identifies nothing.
fn version(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty() && id != "null")
}
