//! Signing in and out.

use std::time::Instant;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use axum::http::{Request, Response, StatusCode, Uri};

use crate::access::Attempt;
use crate::http::{
    Browser, Fields, Look, clear_cookie, is_of_another_site, read_form, see_other, session_cookie,
};
use crate::metrics::{Refusal, SignIn};
use crate::service::state::Shared;
use crate::view::{duration, refused_page, sign_in_page};

/// The form for signing in.
pub(in crate::service) async fn show(uri: Uri) -> Response<Body> {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    sign_in_page(StatusCode::OK, local(query.get("next")), "", None)
}

/// Opens a session for who shows a token.
pub(in crate::service) async fn sign_in(
    State(console): Shared,
    Extension(browser): Extension<Browser>,
    request: Request<Body>,
) -> Response<Body> {
    let metrics = &console.gate.metrics;
    let refuse = |status, refusal| {
        metrics.refused(refusal);
        refused_page(status, refusal)
    };
    // There is no session yet whose token the form could carry.
    if is_of_another_site(request.headers()) {
        return refuse(StatusCode::FORBIDDEN, Refusal::Forged);
    }
    let fields = match read_form(request).await {
        Ok(fields) => fields,
        Err((status, refusal)) => return refuse(status, refusal),
    };
    let (next, person) = (local(fields.get("next")), fields.get("person"));
    let address = browser.address;
    let access = &console.gate.access;
    match access.sign_in(fields.get("token"), person, address, Instant::now()) {
        Ok(Attempt::Accepted(opened)) => {
            metrics.signed_in(SignIn::Accepted);
            let (role, session) = (opened.session.grant.role.name(), opened.session.label());
            let person = &opened.session.person;
            tracing::info!(target: "audit", role, ?person, session, %address, "signed in");
            with_cookie(see_other(next), &session_cookie(&opened.cookie, browser))
        }
        Ok(Attempt::Wrong) => {
            metrics.signed_in(SignIn::Wrong);
            tracing::warn!(target: "audit", %address, "a sign-in was refused: a wrong token");
            let advice = "This is no token of this console.";
            sign_in_page(StatusCode::UNAUTHORIZED, next, person, Some(advice))
        }
        Ok(Attempt::Slowed(wait)) => {
            metrics.signed_in(SignIn::Slowed);
            let wait = wait.max(std::time::Duration::from_secs(1));
            let advice =
                format!("Too many wrong tokens from there: try again in {}.", duration(wait));
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = sign_in_page(status, next, person, Some(&advice));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
            response
        }
        Err(error) => {
            metrics.signed_in(SignIn::Failed);
            tracing::error!(%error, "nobody can sign in");
            let advice = "The console cannot open a session: its log says why.";
            sign_in_page(StatusCode::INTERNAL_SERVER_ERROR, next, person, Some(advice))
        }
    }
}

/// Ends the session.
pub(in crate::service) async fn sign_out(State(console): Shared, look: Look) -> Response<Body> {
    let Look { caller, .. } = look;
    console.gate.access.sign_out(caller.session.key);
    tracing::info!(target: "audit", who = caller.who(), "signed out");
    with_cookie(see_other("/sign-in"), &clear_cookie(caller.browser))
}

fn with_cookie(mut response: Response<Body>, cookie: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

/// An address of the console itself; the start where it is none.
fn local(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|each| each.is_ascii_graphic() && each != b'\\');
    // A live view is no page.
    if is_local && !next.contains("/live") { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_the_console_alone() {
        for (next, leads_to) in [
            ("/inputs?page=1", "/inputs?page=1"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nset-cookie: x", "/"),
            ("/run/live", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(next), leads_to);
        }
    }
}
