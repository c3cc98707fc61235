//! Envelopes: batches, messages, aggregates and text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod aggregates;
mod documents;
mod properties;

use weir_flowlog::envelope::{Envelope, EnvelopeError, EnvelopeReader};

/// An envelope, with memory of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Batch { owner: String, log_group: String, log_stream: String, events: Vec<(u128, String)> },
    Control,
    Lines(String),
    Delivered(Vec<u8>),
}

pub(crate) fn read(data: &[u8]) -> (Vec<Read>, Result<(), EnvelopeError>) {
    let mut all = Vec::new();
    let end = EnvelopeReader::new().read(data, |envelope| all.push(owned(&envelope)));
    (all, end)
}

fn owned(envelope: &Envelope<'_>) -> Read {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    match envelope {
        Envelope::Control => Read::Control,
        Envelope::Lines(lines) => Read::Lines(text(lines)),
        Envelope::Delivered(data) => Read::Delivered(data.to_vec()),
        Envelope::Batch(batch) => {
            let mut start = 0;
            let events = batch.events.iter().map(|event| {
                let end = event.end as usize;
                let line = text(&batch.lines[start..end]);
                start = end;
                (event.id, line)
            });
            let events = events.collect();
            assert_eq!(start, batch.lines.len());
            Read::Batch {
                owner: batch.owner.to_owned(),
                log_group: batch.log_group.to_owned(),
                log_stream: batch.log_stream.to_owned(),
                events,
            }
        }
    }
}

/// A batch as CloudWatch Logs sends it.
pub(crate) fn batch(events: &[(&str, &str)]) -> String {
    let event = |(id, message): &(&str, &str)| serde_json::json!({"id": id, "timestamp": 1_700_000_000_000_u64, "message": message});
    let events: Vec<_> = events.iter().map(event).collect();
    serde_json::json!({
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "/vpc/flows",
        "logStream": "eni-0a1b2c3d4e5f67890-all",
        "subscriptionFilters": ["all"],
        "logEvents": events,
    })
    .to_string()
}
