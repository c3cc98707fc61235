//! A call on its way to its service: counted, bounded in time, with its peer.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::ServiceExt as _;

use super::config::Limits;
use super::peer::Peer;
use super::refusals::Refusals;
use crate::status::Failure;

/// What calls of the health service begin with.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// The services of a listener behind its limits.
#[derive(Clone)]
pub(super) struct Calls {
    routes: Routes,
    permits: Option<Arc<Semaphore>>,
    timeout: Option<Duration>,
}

/// The services as one peer calls them.
pub(super) struct PeerCalls {
    pub(super) calls: Calls,
    pub(super) peer: Peer,
    pub(super) refusals: Arc<Refusals>,
}

impl PeerCalls {
    /// Turns away who is none of those who may call.
    fn refuse(&self) -> Status {
        let Self { peer, refusals, .. } = self;
        refusals.tell(peer.address, &format!("{peer} is none of those who may call here"));
        refusal(peer)
    }
}

impl Calls {
    pub(super) fn new(routes: Routes, limits: &Limits) -> Self {
        let permits = limits.max_calls.map(|most| Arc::new(Semaphore::new(most)));
        Self { routes: routes.prepare(), permits, timeout: limits.call_timeout }
    }

    fn permit(&self) -> Result<Option<OwnedSemaphorePermit>, Status> {
        let Some(permits) = &self.permits else { return Ok(None) };
        let permit = Arc::clone(permits).try_acquire_owned();
        permit.map(Some).map_err(|_| {
            let message = "too many calls at a time: try again a little later";
            Failure::new(Code::ResourceExhausted, "TOO_MANY_CALLS", message).into()
        })
    }

    async fn answer(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        // Held until the answer begins.
        let _permit = self.permit()?;
        let asked = deadline(request.headers());
        let timeout = asked.into_iter().chain(self.timeout).min();
        let answer = self.routes.oneshot(request);
        let Some(timeout) = timeout else { return Ok(sure(answer.await)) };
        let answer = tokio::time::timeout(timeout, answer).await;
        answer.map(sure).map_err(|_| {
            let message = "the call took longer than its deadline";
            Failure::new(Code::DeadlineExceeded, "DEADLINE", message).into()
        })
    }
}

/// What a caller hears who is none of those who may call.
fn refusal(peer: &Peer) -> Status {
    let message = format!(
        "{peer} may not call here: data_callers and admin_callers of [rpc] name those who may"
    );
    Failure::new(Code::PermissionDenied, "CALLER", message).into()
}

fn sure<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
    }
}

impl hyper::service::Service<Request<Incoming>> for PeerCalls {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer.clone());
        let calls = self.calls.clone();
        // Whether it serves, everybody may ask: engines do, with the service's own certificate.
        let is_let_in = self.peer.may_call || request.uri().path().starts_with(HEALTH);
        let refused = (!is_let_in).then(|| self.refuse());
        Box::pin(async move {
            let answer = match refused {
                Some(status) => Err(status),
                None => calls.answer(request).await,
            };
            Ok(answer.unwrap_or_else(|status| status.into_http()))
        })
    }
}

/// How long the caller waits: the header `grpc-timeout`, up to 8 digits and a unit. What is no
/// such text is passed over.
fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_number = digits.len() <= 8 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let number = digits.parse::<u64>().ok().filter(|_| is_number)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}
