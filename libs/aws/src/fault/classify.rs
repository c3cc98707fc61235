//! From an error of the SDK to what it means.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;

use super::codes::kind_of;
use super::{AwsFault, FaultKind};

/// The most characters of a message that are kept.
const MAX_MESSAGE: usize = 400;

/// What EC2 adds to its messages, for `sts:DecodeAuthorizationMessage`.
const ENCODED: &str = "Encoded authorization failure message:";

/// The most errors behind each other that are looked at.
const MAX_DEPTH: usize = 16;

/// What an error of any service means.
pub fn classify<E>(error: &SdkError<E, HttpResponse>) -> AwsFault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let (meta, request_id) = (context.err().meta(), request_id(context.raw()));
            let code = meta.code().unwrap_or_default();
            AwsFault { request_id, ..told(code, meta.message(), Some(status)) }
        }
        SdkError::TimeoutError(_) => without_answer(FaultKind::Transient, error),
        SdkError::DispatchFailure(failure) => {
            let kind = if failure.is_user() { FaultKind::Invalid } else { FaultKind::Transient };
            behind(error).unwrap_or_else(|| without_answer(kind, error))
        }
        SdkError::ResponseError(context) => {
            let is_theirs = context.raw().status().is_server_error();
            let kind = if is_theirs { FaultKind::Transient } else { FaultKind::Invalid };
            without_answer(kind, error)
        }
        other => behind(other).unwrap_or_else(|| without_answer(FaultKind::Invalid, other)),
    }
}

/// What an error in a stream of events means, which has begun with an answer like any other.
pub fn classify_event<E>(error: &SdkError<E, RawMessage>) -> AwsFault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let meta = context.err().meta();
            let code = meta.code().or_else(|| exception_of(context.raw())).unwrap_or_default();
            told(code, meta.message(), None)
        }
        // A connection that broke, also in the middle of a frame, and a frame that is damaged.
        other => without_answer(FaultKind::Transient, other),
    }
}

/// What an event says that it is: the SDK knows the code of an exception, and does not tell it.
fn exception_of(raw: &RawMessage) -> Option<&str> {
    let RawMessage::Decoded(message) = raw else { return None };
    let mut headers = message.headers().iter();
    let header = headers.find(|header| header.name().as_str() == ":exception-type")?;
    header.value().as_string().ok().map(|name| name.as_str())
}

/// What the service itself says.
fn told(code: &str, message: Option<&str>, status: Option<u16>) -> AwsFault {
    let message = message.unwrap_or_default();
    AwsFault {
        kind: kind_of(code, message, status),
        code: (!code.is_empty()).then(|| code.to_owned()),
        message: shortened(message),
        request_id: None,
    }
}

/// The fault that kept a call from being made: its credentials could not be had.
fn behind(error: &(dyn Error + 'static)) -> Option<AwsFault> {
    let mut chain = chain_of(error);
    let known = chain.clone().find_map(|each| each.downcast_ref::<AwsFault>());
    let known = known.cloned();
    known.or_else(|| {
        let missing = chain.find_map(|each| each.downcast_ref::<CredentialsError>())?;
        let kind = match missing {
            CredentialsError::ProviderTimedOut(_) => FaultKind::Transient,
            _ => FaultKind::NoCredentials,
        };
        Some(without_answer(kind, missing))
    })
}

fn without_answer(kind: FaultKind, error: &(dyn Error + 'static)) -> AwsFault {
    AwsFault { kind, code: None, message: shortened(&in_a_row(error)), request_id: None }
}

/// An error and its causes, each once.
fn in_a_row(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for text in chain_of(error).map(ToString::to_string) {
        if !texts.iter().any(|before| before.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

fn chain_of<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> + Clone {
    // Of the error itself: a reference to an error is another error.
    let next = |each: &&'a (dyn Error + 'static)| <dyn Error>::source(*each);
    std::iter::successors(Some(error), next).take(MAX_DEPTH)
}

/// One line without what no person can read.
fn shortened(message: &str) -> String {
    let message = message.split(ENCODED).next().unwrap_or_default().trim();
    let printable = message.chars().map(|each| if each.is_control() { ' ' } else { each });
    printable.take(MAX_MESSAGE).collect()
}

fn request_id(response: &HttpResponse) -> Option<String> {
    let headers = response.headers();
    let names = ["x-amzn-requestid", "x-amz-request-id"];
    names.into_iter().find_map(|name| headers.get(name)).map(str::to_owned)
}
