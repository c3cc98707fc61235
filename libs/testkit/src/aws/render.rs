//! Writing an answer as the protocol of its call has it.

use bytes::Bytes;
use hyper::Method;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Content};
use super::call::Call;
use super::cbor;
use super::events::EventStream;
use super::fault::Wording;
use super::listing::{Items, Page};
use super::protocol::{Protocol, tokens};
use super::s3;
use crate::xml::Xml;

/// An answer as it goes out.
pub(crate) struct Rendered {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// What is the body instead, as it comes.
    pub(crate) events: Option<EventStream>,
    /// Octets of the body after which the connection breaks.
    pub(crate) breaks_after: Option<usize>,
    /// The code of an error.
    pub(crate) error: Option<String>,
}

/// The answer to `call`; `None` to cut the connection.
pub(crate) fn render(answer: Answer, call: &Call) -> Option<Rendered> {
    let Answer { content, status, mut headers, breaks_after, .. } = answer;
    let mut events = None;
    let (body, wording) = match content {
        Content::Events(stream) => {
            events = Some(stream);
            (Bytes::new(), None)
        }
        Content::Cut => return None,
        Content::Empty => (empty(call), None),
        Content::Xml(inner) => (framed(call, &inner), None),
        Content::Json(body) => (json_body(call, &body), None),
        Content::Octets(body) => (body, None),
        Content::Page(page) => (listed(call, page), None),
        Content::Error { code, message } => refused(call, Wording { status: 400, code, message }),
        Content::Fault(fault) => refused(call, fault.wording(&call.service, call.protocol)),
    };
    if call.protocol == Protocol::Cbor {
        headers.push(("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()));
    }
    if let Some(wording) = wording.as_ref().filter(|_| call.service == "sqs") {
        // SQS has spoken JSON for some years only: clients get the codes of the time before.
        headers.push(("x-amzn-query-error".to_owned(), format!("{};Sender", wording.code)));
    }
    let usual = wording.as_ref().map_or(200, |wording| wording.status);
    Some(Rendered {
        status: status.unwrap_or(usual),
        content_type: events.as_ref().map_or(content_type(call.protocol), |_| EventStream::TYPE),
        headers,
        body,
        events,
        breaks_after,
        error: wording.map(|wording| wording.code),
    })
}

fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Ec2 => "text/xml;charset=UTF-8",
        Protocol::Query => "text/xml",
        Protocol::Json => "application/x-amz-json-1.1",
        Protocol::Cbor => "application/cbor",
        Protocol::RestXml => "application/xml",
    }
}

fn empty(call: &Call) -> Bytes {
    match call.protocol {
        Protocol::Json | Protocol::Cbor => json_body(call, &json!({})),
        Protocol::RestXml => Bytes::new(),
        Protocol::Ec2 | Protocol::Query => framed(call, &Xml::new()),
    }
}

/// JSON, or what stands for it.
fn json_body(call: &Call, body: &Value) -> Bytes {
    match call.protocol {
        Protocol::Cbor => cbor::write(body),
        _ => body.to_string().into(),
    }
}

/// The answer that has `inner` in it.
fn framed(call: &Call, inner: &Xml) -> Bytes {
    let (operation, inner) = (&call.operation, inner.as_str());
    let id = request_id(call);
    let text = match call.protocol {
        Protocol::Ec2 => format!(
            "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <requestId>{id}</requestId>{inner}</{operation}Response>"
        ),
        Protocol::Query => format!(
            "<{operation}Response><{operation}Result>{inner}</{operation}Result>\
             <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
        ),
        Protocol::RestXml | Protocol::Json | Protocol::Cbor => inner.to_owned(),
    };
    text.into()
}

/// An answer with a page of a list.
fn listed(call: &Call, page: Page) -> Bytes {
    let (_, token) = tokens(&call.service, &call.operation);
    match page.items {
        Items::Json(items) => {
            let mut body = Map::new();
            if call.is_of("kinesis", "ListStreams") {
                body.insert("HasMoreStreams".to_owned(), json!(page.next.is_some()));
            }
            body.insert(page.name, Value::Array(items));
            body.extend(page.next.map(|next| (token.to_owned(), Value::String(next))));
            json_body(call, &Value::Object(body))
        }
        Items::Xml(items) => {
            let is_query = call.protocol == Protocol::Query;
            let element = if is_query { "member" } else { page.element };
            let nest = |all: Xml, item: &Xml| all.nest(element, item);
            let items = items.iter().fold(Xml::new(), nest);
            if call.protocol == Protocol::RestXml {
                return framed(call, &s3::listed(&page.name, &items, page.next.as_deref(), token));
            }
            framed(call, &Xml::new().nest(&page.name, &items).maybe(token, page.next))
        }
    }
}

/// The body of an error.
fn refused(call: &Call, wording: Wording) -> (Bytes, Option<Wording>) {
    let (code, message, id) = (&wording.code, &wording.message, request_id(call));
    let error = Xml::new().leaf("Code", code).leaf("Message", message);
    let body = match call.protocol {
        Protocol::Json | Protocol::Cbor => {
            let error = json!({ "__type": code, "message": message });
            return (json_body(call, &error), Some(wording));
        }
        Protocol::Ec2 => {
            let errors = Xml::new().nest("Error", &error);
            let inner = Xml::new().nest("Errors", &errors).leaf("RequestID", id);
            document(&Xml::new().nest("Response", &inner))
        }
        Protocol::Query => {
            let inner = Xml::new().nest("Error", &error).leaf("RequestId", id);
            document(&Xml::new().nest("ErrorResponse", &inner))
        }
        Protocol::RestXml => document(&Xml::new().nest("Error", &error.leaf("RequestId", id))),
    };
    (body.into(), Some(wording))
}

fn document(root: &Xml) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", root.as_str())
}

fn request_id(call: &Call) -> String {
    format!("00000000-0000-4000-8000-{:012}", call.order)
}

/// Whether an answer to this method has a body.
pub(crate) fn has_body(method: &Method) -> bool {
    method != Method::HEAD
}
