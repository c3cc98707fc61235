//! What a call is answered with.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::events::EventStream;
use super::fault::Fault;
use super::gate::Gate;
use super::listing::{Listing, Page};
use crate::xml::Xml;

/// The longest that an answer is held back.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// An answer. What is left open (the frame of XML, the shape of an error, the token of a page)
/// is written as the protocol of the call has it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) content: Content,
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) delay: Duration,
    pub(crate) gate: Option<Gate>,
    pub(crate) breaks_after: Option<usize>,
}

/// What an answer says.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Empty,
    Xml(Xml),
    Json(Value),
    Octets(Bytes),
    Events(EventStream),
    Page(Page),
    Error { code: String, message: String },
    Fault(Fault),
    Cut,
}

impl Answer {
    /// Success that says nothing: no items, no members.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(Content::Empty)
    }

    /// What is inside of the frame that the service puts around its answers; for S3 the whole
    /// document.
    #[must_use]
    pub fn xml(inner: Xml) -> Self {
        Self::of(Content::Xml(inner))
    }

    /// The body of an answer in JSON.
    #[must_use]
    pub fn json(body: Value) -> Self {
        Self::of(Content::Json(body))
    }

    /// A body as it is: an object of S3.
    #[must_use]
    pub fn octets(body: impl Into<Bytes>) -> Self {
        Self::of(Content::Octets(body.into()))
    }

    /// A stream of events.
    #[must_use]
    pub fn events(events: EventStream) -> Self {
        Self::of(Content::Events(events))
    }

    /// An error with a code of the service's reference and the status 400.
    #[must_use]
    pub fn error(code: &str, message: &str) -> Self {
        Self::of(Content::Error { code: code.to_owned(), message: message.to_owned() })
    }

    /// A connection that ends without an answer.
    #[must_use]
    pub fn cut() -> Self {
        Self::of(Content::Cut)
    }

    /// The same with a status of HTTP.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same with another header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same, given only after `delay`.
    ///
    /// # Panics
    /// When `delay` is longer than a minute: no test waits so long.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        assert!(delay <= LONGEST_DELAY, "a delay of {delay:?} is longer than {LONGEST_DELAY:?}");
        self.delay = delay;
        self
    }

    /// The same, given only when `gate` is open.
    #[must_use]
    pub fn behind(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// The same, whose connection breaks after so many octets of the body.
    #[must_use]
    pub fn breaking_after(mut self, octets: usize) -> Self {
        self.breaks_after = Some(octets);
        self
    }

    pub(crate) fn of(content: Content) -> Self {
        Self {
            content,
            status: None,
            headers: Vec::new(),
            delay: Duration::ZERO,
            gate: None,
            breaks_after: None,
        }
    }
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self::of(Content::Fault(fault))
    }
}

impl From<Listing> for Answer {
    fn from(listing: Listing) -> Self {
        Self::of(Content::Page(listing.whole()))
    }
}

impl From<Value> for Answer {
    fn from(body: Value) -> Self {
        Self::json(body)
    }
}
