//! Files that pages load: in the binary, named after their content.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use xxhash_rust::xxh3::xxh3_64;

use crate::metrics::Refusal;
use crate::view::refused_page;

const STYLE: &str = include_str!("../../assets/console.css");
const SCRIPT: &str = include_str!("../../assets/console.js");
const ICON: &str = include_str!("../../assets/icon.svg");

/// The addresses of the files. They change with the content, so that browsers may keep what they
/// have for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assets;

impl Assets {
    pub(crate) fn style() -> String {
        address("css", STYLE)
    }

    pub(crate) fn script() -> String {
        address("js", SCRIPT)
    }

    pub(crate) fn icon() -> String {
        address("svg", ICON)
    }
}

fn address(kind: &str, content: &str) -> String {
    format!("/assets/{}", name(kind, content))
}

fn name(kind: &str, content: &str) -> String {
    format!("console-{:016x}.{kind}", xxh3_64(content.as_bytes()))
}

/// Serves a file.
pub(crate) async fn asset(Path(asked): Path<String>) -> Response<Body> {
    let all = [
        ("css", STYLE, "text/css; charset=utf-8"),
        ("js", SCRIPT, "text/javascript; charset=utf-8"),
        ("svg", ICON, "image/svg+xml"),
    ];
    let found = all.into_iter().find(|(kind, content, _)| name(kind, content) == asked);
    let Some((_, content, kind)) = found else {
        return refused_page(StatusCode::NOT_FOUND, Refusal::Malformed);
    };
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(CACHE_CONTROL, forever);
    response
}
