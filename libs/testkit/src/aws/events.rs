//! An answer that is a stream of events: `application/vnd.amazon.eventstream`.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use hyper::body::{Body, Frame};
use serde_json::{Value, json};

use super::gate::Gate;

/// Frames with their prelude and checksums, one after the other, and how the stream ends: by
/// itself, unless something else is said.
#[derive(Clone, Debug)]
#[must_use = "it is for an answer"]
pub struct EventStream {
    steps: VecDeque<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Octets(Bytes),
    Behind(Gate),
    Silent,
    Break,
}

impl EventStream {
    pub(crate) const TYPE: &'static str = "application/vnd.amazon.eventstream";

    /// One that begins as AWS does, with an empty answer.
    pub fn begin() -> Self {
        Self { steps: VecDeque::new() }.with("event", "initial-response", &json!({}))
    }

    /// An event.
    pub fn event(self, name: &str, payload: &Value) -> Self {
        self.with("event", name, payload)
    }

    /// An error that the service tells in the stream.
    pub fn exception(self, code: &str, message: &str) -> Self {
        self.with("exception", code, &json!({ "message": message }))
    }

    /// What follows comes only when `gate` is open.
    pub fn behind(mut self, gate: &Gate) -> Self {
        self.steps.push_back(Step::Behind(gate.clone()));
        self
    }

    /// Nothing more comes, and the connection stays open.
    pub fn silent(mut self) -> Self {
        self.steps.push_back(Step::Silent);
        self
    }

    /// The connection breaks here.
    pub fn breaking(mut self) -> Self {
        self.steps.push_back(Step::Break);
        self
    }

    /// The connection breaks in the middle of the frame before.
    ///
    /// # Panics
    /// When there is none.
    pub fn breaking_in_frame(mut self) -> Self {
        self.last_frame(|frame| drop(frame.split_off(frame.len() / 2)));
        self.breaking()
    }

    /// One bit of the frame before is another one.
    ///
    /// # Panics
    /// When there is none.
    pub fn damaged(mut self) -> Self {
        self.last_frame(|frame| {
            let middle = frame.len() / 2;
            frame[middle] ^= 1;
        });
        self
    }

    fn last_frame(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let Some(Step::Octets(frame)) = self.steps.back_mut() else { panic!("no frame before") };
        let mut octets = frame.to_vec();
        change(&mut octets);
        *frame = octets.into();
    }

    /// The names of the headers are those of
    /// <https://smithy.io/2.0/aws/amazon-eventstream.html>.
    fn with(mut self, kind: &str, name: &str, payload: &Value) -> Self {
        let header = |name: &'static str, value: &str| {
            Header::new(name, HeaderValue::String(value.to_owned().into()))
        };
        let named = if kind == "exception" { ":exception-type" } else { ":event-type" };
        let message = Message::new(payload.to_string())
            .add_header(header(":message-type", kind))
            .add_header(header(named, name))
            .add_header(header(":content-type", "application/json"));
        let mut frame = Vec::new();
        write_message_to(&message, &mut frame).expect("a frame of a test is small");
        self.steps.push_back(Step::Octets(frame.into()));
        self
    }

    pub(crate) fn body(self) -> impl Body<Data = Bytes, Error = io::Error> + Send + 'static {
        Played { steps: self.steps, waiting: None, is_flushed: false }
    }
}

/// A stream as it is played.
struct Played {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Whether what came before a break had its chance to leave.
    is_flushed: bool,
}

impl Body for Played {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                std::task::ready!(waiting.as_mut().poll(context));
                self.waiting = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Octets(octets)) => return Poll::Ready(Some(Ok(Frame::data(octets)))),
                Some(Step::Behind(gate)) => {
                    self.waiting = Some(Box::pin(async move { gate.passed().await }));
                }
                Some(Step::Silent) => self.waiting = Some(Box::pin(std::future::pending())),
                Some(Step::Break) if self.is_flushed => {
                    return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
                }
                Some(Step::Break) => {
                    self.is_flushed = true;
                    self.steps.push_front(Step::Break);
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    }
}
