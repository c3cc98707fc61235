//! Flow log lines in what carries them: subscriptions of CloudWatch Logs, Firehose, plain text.
//!
//! - A subscription of CloudWatch Logs sends a JSON document with a batch of events
//!   (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>),
//!   packed with gzip, which the caller unpacks.
//! - Firehose puts documents behind each other, with nothing or a line end between them. What it
//!   sends to an HTTP endpoint, or to a function that transforms records, is a document with a list
//!   of records, each with its data in base64
//!   (<https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>).
//! - `{"message": "…"}` is a line by itself; so is text that is no JSON.

mod aggregate;
mod delivery;
mod document;
mod events;
mod protobuf;

pub use aggregate::{Aggregate, UserRecord, hash_key_of};
pub use events::{Event, Events};

use serde_json::Deserializer;

use delivery::Delivered;
use document::Kind;
use events::Head;

/// What a document or text is.
#[derive(Debug)]
pub enum Envelope<'t> {
    /// A batch of a subscription.
    Batch(Batch<'t>),
    /// A message by which CloudWatch Logs finds out whether a subscription works. It has no
    /// lines.
    Control,
    /// Lines that nothing tells the origin of.
    Lines(&'t [u8]),
    /// The data of a record that Firehose delivers, as it was put: gzip, an envelope by itself, or
    /// lines.
    Delivered(&'t [u8]),
}

/// A batch of log events of one log stream.
#[derive(Debug)]
pub struct Batch<'t> {
    /// The account that the log group is of.
    pub owner: &'t str,
    /// The log group.
    pub log_group: &'t str,
    /// The log stream: `eni-0a1b2c3d4e5f67890-all`.
    pub log_stream: &'t str,
    /// The lines of all events, each with a line end.
    pub lines: &'t [u8],
    /// The events, in the order of their lines.
    pub events: &'t [Event],
}

/// Why something is no envelope that flow logs come in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It is not the JSON that it begins as.
    #[error("the JSON is damaged or cut off after {documents} whole documents: {what}")]
    Json {
        /// Whole documents before.
        documents: usize,
        /// What is wrong.
        what: String,
    },
    /// It is JSON of another kind.
    #[error(
        "the JSON is neither a batch of CloudWatch Logs, nor a delivery of Firehose, nor a message"
    )]
    Unknown,
    /// It is neither JSON nor text.
    #[error("this is neither JSON nor text; flow logs come as lines or as batches of log events")]
    NoText,
}

/// Reads envelopes. Keep one and use it again: it holds the memory of lines and events, so that
/// nothing is allocated for a line.
#[derive(Debug, Default)]
pub struct EnvelopeReader {
    events: Events,
    head: Head,
    delivered: Delivered,
}

/// How many octets tell text from other data.
const TELLING: usize = 512;

impl EnvelopeReader {
    /// A reader that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows each envelope of `data` to `visit`, in order. `data` is not compressed.
    ///
    /// # Errors
    ///
    /// When `data` is nothing that flow logs come in, or damaged. What was shown before stays
    /// valid: documents are shown whole or not at all.
    pub fn read(
        &mut self,
        data: &[u8],
        mut visit: impl FnMut(Envelope<'_>),
    ) -> Result<(), EnvelopeError> {
        if data.trim_ascii_start().first() != Some(&b'{') {
            return read_text(data, visit);
        }
        let mut documents = Deserializer::from_slice(data);
        let mut whole = 0;
        while documents.end().is_err() {
            self.events.clear();
            self.head.clear();
            self.delivered.clear();
            let (head, events, delivered) = (&mut self.head, &mut self.events, &mut self.delivered);
            let kind = document::read(&mut documents, head, events, delivered);
            let kind = kind.map_err(|error| json_error(whole, &error))?;
            whole += 1;
            visit(match kind {
                Kind::Delivery => {
                    self.delivered.iter().for_each(|data| visit(Envelope::Delivered(data)));
                    continue;
                }
                Kind::Data => Envelope::Batch(Batch {
                    owner: &self.head.owner,
                    log_group: &self.head.log_group,
                    log_stream: &self.head.log_stream,
                    lines: self.events.lines(),
                    events: self.events.events(),
                }),
                Kind::Message => Envelope::Lines(self.events.lines()),
                Kind::Control => Envelope::Control,
                Kind::Unknown => return Err(EnvelopeError::Unknown),
            });
        }
        Ok(())
    }
}

fn read_text(data: &[u8], mut visit: impl FnMut(Envelope<'_>)) -> Result<(), EnvelopeError> {
    let start = data.get(..TELLING).unwrap_or(data);
    let is_control = |octet: &u8| octet.is_ascii_control() && !octet.is_ascii_whitespace();
    if start.iter().any(is_control) {
        return Err(EnvelopeError::NoText);
    }
    if !data.trim_ascii().is_empty() {
        visit(Envelope::Lines(data));
    }
    Ok(())
}

fn json_error(documents: usize, error: &serde_json::Error) -> EnvelopeError {
    EnvelopeError::Json { documents, what: error.to_string() }
}
