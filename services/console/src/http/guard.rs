//! What a request has to show before anything is done for it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{FromRequest, State};
use axum::http::{Method, Request, Response, StatusCode};
use axum::middleware::Next;

use super::{Browser, Fields, cookie, is_of_another_site, read_form, see_other};
use crate::access::{Access, Role, Session, same};
use crate::metrics::{Metrics, Refusal};
use crate::view::refused_page;

/// What guards need.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) access: Arc<Access>,
    pub(crate) metrics: Arc<Metrics>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) session: Session,
    pub(crate) browser: Browser,
}

impl Caller {
    /// Whether they may change things.
    pub(crate) fn is_admin(&self) -> bool {
        self.session.grant.role == Role::Admin
    }

    /// As audits read it: the role, what they call themselves, the session, and from where.
    pub(crate) fn who(&self) -> String {
        let Self { session, browser } = self;
        let role = session.grant.role.name();
        let person = match session.person.as_str() {
            "" => String::new(),
            person => format!(" {person:?}"),
        };
        format!("{role}{person} session {} at {}", session.label(), browser.address)
    }
}

/// Lets through who has signed in, and sends all others to sign in.
pub(crate) async fn require_session(
    State(gate): State<Gate>,
    mut request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let Some(browser) = request.extensions().get::<Browser>().copied() else {
        return refused_page(StatusCode::INTERNAL_SERVER_ERROR, Refusal::Malformed);
    };
    let is_live = request.uri().path().ends_with("/live");
    let cookie = cookie::shown(request.headers(), browser);
    // A page that shows itself anew does not keep its session alive.
    let session = cookie.and_then(|it| gate.access.session(it, !is_live, Instant::now()));
    let Some(session) = session else {
        gate.metrics.refused(Refusal::NoSession);
        return match (is_live, request.method()) {
            (true, _) => refused_page(StatusCode::UNAUTHORIZED, Refusal::NoSession),
            (false, &Method::GET) => see_other(&sign_in(&request)),
            (false, _) => see_other("/sign-in"),
        };
    };
    request.extensions_mut().insert(Caller { session, browser });
    request.extensions_mut().insert(gate);
    next.run(request).await
}

/// The page for signing in, which leads back.
fn sign_in(request: &Request<Body>) -> String {
    let next = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!("/sign-in?{}", query.append_pair("next", next).finish())
}

/// A form that anybody who has signed in may send: it changes nothing.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) caller: Caller,
    pub(crate) fields: Fields,
}

/// A form that changes something.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) caller: Caller,
    pub(crate) fields: Fields,
}

impl<S: Send + Sync> FromRequest<S> for Look {
    type Rejection = Response<Body>;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Response<Body>> {
        let (gate, caller) = guarded(&request).ok_or_else(|| see_other("/sign-in"))?;
        let refuse = |status, refusal| refuse(&gate, &caller, status, refusal);
        if is_of_another_site(request.headers()) {
            return Err(refuse(StatusCode::FORBIDDEN, Refusal::Forged));
        }
        let fields = read_form(request).await;
        let fields = fields.map_err(|(status, refusal)| refuse(status, refusal))?;
        if !same(fields.get("csrf").as_bytes(), caller.session.csrf.as_bytes()) {
            return Err(refuse(StatusCode::FORBIDDEN, Refusal::Forged));
        }
        Ok(Self { caller, fields })
    }
}

impl<S: Send + Sync> FromRequest<S> for Change {
    type Rejection = Response<Body>;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Response<Body>> {
        let (gate, caller) = guarded(&request).ok_or_else(|| see_other("/sign-in"))?;
        if !caller.is_admin() {
            return Err(refuse(&gate, &caller, StatusCode::FORBIDDEN, Refusal::Role));
        }
        let Look { caller, fields } = Look::from_request(request, state).await?;
        Ok(Self { caller, fields })
    }
}

/// What [`require_session`] has found.
fn guarded(request: &Request<Body>) -> Option<(Gate, Caller)> {
    let extensions = request.extensions();
    extensions.get::<Gate>().cloned().zip(extensions.get::<Caller>().cloned())
}

fn refuse(gate: &Gate, caller: &Caller, status: StatusCode, refusal: Refusal) -> Response<Body> {
    gate.metrics.refused(refusal);
    let (who, reason) = (caller.who(), refusal.name());
    tracing::warn!(target: "audit", who, reason, "a form was refused");
    refused_page(status, refusal)
}
