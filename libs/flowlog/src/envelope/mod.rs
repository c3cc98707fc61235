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

use serde::de::IgnoredAny;
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
        let mut rest = data.trim_ascii_start();
        if rest.first() != Some(&b'{') {
            return read_text(data, visit);
        }
        let mut whole = 0;
        while !rest.is_empty() {
            let length = self.read_one(rest, &mut visit);
            let length = length.map_err(|error| error.explain(whole))?;
            rest = rest.get(length..).unwrap_or_default().trim_ascii_start();
            whole += 1;
        }
        Ok(())
    }

    /// Shows what is in the first document of `text` to `visit`, and tells how many octets it has,
    /// blanks before it counted in. `None` when `text` ends before the document does, or has none:
    /// nothing was shown then.
    ///
    /// # Errors
    ///
    /// When the document is damaged, or of another kind. Whether it is does not depend on how much
    /// of what follows `text` has.
    pub fn read_document(
        &mut self,
        text: &[u8],
        mut visit: impl FnMut(Envelope<'_>),
    ) -> Result<Option<usize>, EnvelopeError> {
        let document = text.trim_ascii_start();
        if document.is_empty() {
            return Ok(None);
        }
        match self.read_one(document, &mut visit) {
            Ok(length) => Ok(Some(text.len() - document.len() + length)),
            Err(Unreadable::Json(error)) if may_go_on(&error, document) => Ok(None),
            Err(error) => Err(error.explain(0)),
        }
    }

    /// Shows what is in the document at the start of `text`, and tells its length.
    fn read_one(
        &mut self,
        text: &[u8],
        visit: &mut impl FnMut(Envelope<'_>),
    ) -> Result<usize, Unreadable> {
        self.events.clear();
        self.head.clear();
        self.delivered.clear();
        let (head, events, delivered) = (&mut self.head, &mut self.events, &mut self.delivered);
        let mut json = Deserializer::from_slice(text);
        let kind = document::read(&mut json, head, events, delivered)?;
        match kind {
            Kind::Delivery => {
                self.delivered.iter().for_each(|data| visit(Envelope::Delivered(data)));
            }
            Kind::Data => visit(Envelope::Batch(Batch {
                owner: &self.head.owner,
                log_group: &self.head.log_group,
                log_stream: &self.head.log_stream,
                lines: self.events.lines(),
                events: self.events.events(),
            })),
            Kind::Message => visit(Envelope::Lines(self.events.lines())),
            Kind::Control => visit(Envelope::Control),
            Kind::Unknown => return Err(Unreadable::Unknown),
        }
        // Where the next document would start.
        Ok(json.into_iter::<IgnoredAny>().byte_offset())
    }
}

/// Why a document cannot be read, before it is known which one it is.
enum Unreadable {
    Json(serde_json::Error),
    Unknown,
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl Unreadable {
    /// The error after so many whole documents.
    fn explain(self, documents: usize) -> EnvelopeError {
        match self {
            Self::Json(error) => EnvelopeError::Json { documents, what: error.to_string() },
            Self::Unknown => EnvelopeError::Unknown,
        }
    }
}

/// Whether more octets may make a document of `text`. Not every error at the end is called one: a
/// number that is cut off is an invalid number.
fn may_go_on(error: &serde_json::Error, text: &[u8]) -> bool {
    let is_line_end = |octet: &&u8| **octet == b'\n';
    let column = text.iter().rev().take_while(|octet| !is_line_end(octet)).count();
    let line = text.iter().filter(is_line_end).count() + 1;
    error.is_eof() || (error.line(), error.column()) == (line, column)
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
