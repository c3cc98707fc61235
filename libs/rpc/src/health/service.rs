//! The calls of grpc.health.v1.

use std::future::{Future, pending};
use std::pin::Pin;

use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::State;
use crate::server::Peer;
use crate::status::Failure;

type Updates = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;
type End = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Answers from the state of a process.
#[derive(Debug)]
pub(crate) struct HealthService {
    state: watch::Receiver<State>,
}

impl HealthService {
    pub(super) fn new(state: watch::Receiver<State>) -> Self {
        Self { state }
    }
}

#[tonic::async_trait]
impl Health for HealthService {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let name = &request.get_ref().service;
        match status_of(&self.state.borrow(), name) {
            ServingStatus::ServiceUnknown => Err(unknown(name)),
            status => Ok(Response::new(answer(status))),
        }
    }

    type WatchStream = Updates;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Updates>, Status> {
        let end: End = match Peer::of(&request) {
            Some(peer) => Box::pin(peer.closing()),
            None => Box::pin(pending()),
        };
        let name = request.into_inner().service;
        let watch = Watch { name, state: self.state.clone(), told: None, end };
        Ok(Response::new(Box::pin(unfold(watch, Watch::next))))
    }
}

/// One caller who watches. The stream ends with its connection's time, so that it holds up no
/// shutdown.
struct Watch {
    name: String,
    state: watch::Receiver<State>,
    told: Option<ServingStatus>,
    end: End,
}

impl Watch {
    async fn next(mut self) -> Option<(Result<HealthCheckResponse, Status>, Self)> {
        loop {
            let status = {
                let state = self.state.borrow_and_update();
                status_of(&state, &self.name)
            };
            if self.told.replace(status) != Some(status) {
                return Some((Ok(answer(status)), self));
            }
            tokio::select! {
                changed = self.state.changed() => changed.ok()?,
                () = &mut self.end => return None,
            }
        }
    }
}

fn status_of(state: &State, name: &str) -> ServingStatus {
    match (state.knows(name), state.is_serving()) {
        (false, _) => ServingStatus::ServiceUnknown,
        (true, true) => ServingStatus::Serving,
        (true, false) => ServingStatus::NotServing,
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

fn unknown(name: &str) -> Status {
    let shown: String = name.chars().take(64).collect();
    let message = format!("there is no service `{shown}` here: ask for the empty name");
    Failure::new(Code::NotFound, "SERVICE_UNKNOWN", message).into()
}
