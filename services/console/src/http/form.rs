//! What people fill in.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use tokio::time::timeout;

use crate::metrics::Refusal;

/// The most octets of a form: a list of a thousand roles fits, percent-encoded.
pub(crate) const MAX_FORM: usize = 256 * 1024;

/// The most fields of a form.
const MAX_FIELDS: usize = 256;

/// How long a form may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The fields of a form or a query, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(text).take(MAX_FIELDS);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The value of a field without the blanks around it; empty where there is no such field.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(each, _)| each == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// Whether there is such a field: a box that is ticked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(each, _)| each == name)
    }

    /// All fields.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Reads a form.
///
/// # Errors
///
/// Why it is refused.
pub(crate) async fn read_form(request: Request<Body>) -> Result<Fields, (StatusCode, Refusal)> {
    let headers = request.headers();
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, Refusal::Malformed));
    }
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, Refusal::TooLarge);
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|octets: usize| octets > MAX_FORM) {
        return Err(too_large);
    }
    let body = Limited::new(request.into_body(), MAX_FORM).collect();
    let Ok(body) = timeout(PATIENCE, body).await else {
        return Err((StatusCode::REQUEST_TIMEOUT, Refusal::Malformed));
    };
    Ok(Fields::parse(&body.map_err(|_| too_large)?.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(kind: &str, body: String) -> Request<Body> {
        Request::post("/").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap()
    }

    #[tokio::test]
    async fn a_form_is_read_and_what_is_none_or_too_large_is_refused() {
        const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
        let fields = read_form(request(FORM, "a=+1%2B&b=&a=2".to_owned())).await.unwrap();
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), ("1+", "", ""));
        assert!(fields.has("b") && !fields.has("c"));
        let (status, _) = read_form(request("text/plain", String::new())).await.unwrap_err();
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let (status, _) = read_form(request(FORM, "a".repeat(MAX_FORM + 1))).await.unwrap_err();
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn a_form_of_many_fields_is_cut() {
        assert_eq!(Fields::parse("a&".repeat(10_000).as_bytes()).iter().count(), MAX_FIELDS);
    }
}
