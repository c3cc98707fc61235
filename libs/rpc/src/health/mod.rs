//! Whether a process can do its work, as load balancers and health checks ask (grpc.health.v1).

mod probe;
mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::watch;
use tonic_health::pb::health_server::HealthServer;

pub use probe::{ProbeError, probe};
use service::HealthService;

/// The health of a process; clones share it. It starts as NOT_SERVING, and is SERVING while it
/// is ready, all its conditions hold, and it does not drain. The answer is the same for the
/// whole server (the empty name) and for each of its services.
#[derive(Clone, Debug)]
pub struct Health {
    state: Arc<watch::Sender<State>>,
}

/// What is known.
#[derive(Clone, Debug, Default)]
struct State {
    names: BTreeSet<&'static str>,
    is_ready: bool,
    is_draining: bool,
    conditions: BTreeMap<&'static str, bool>,
}

/// Something that has to be so before the process can serve, such as a connection. Dropped, it
/// keeps its last word.
#[derive(Debug)]
pub struct Condition {
    health: Health,
    name: &'static str,
}

impl Health {
    /// Not ready, without conditions.
    pub fn new() -> Self {
        Self { state: Arc::new(watch::Sender::new(State::default())) }
    }

    /// Says whether the process itself is ready.
    pub fn set_ready(&self, is_ready: bool) {
        self.change(|state| std::mem::replace(&mut state.is_ready, is_ready) != is_ready);
    }

    /// Adds a condition that does not hold as yet. A name stands for one condition.
    pub fn wait_for(&self, name: &'static str) -> Condition {
        let condition = Condition { health: self.clone(), name };
        condition.set(false);
        condition
    }

    /// The process is about to end: NOT_SERVING for good. Who watches is told, and no more after.
    pub fn draining(&self) {
        self.change(|state| !std::mem::replace(&mut state.is_draining, true));
    }

    /// Whether the process serves.
    pub fn is_serving(&self) -> bool {
        self.state.borrow().is_serving()
    }

    /// The conditions that do not hold, for logs and status pages.
    pub fn missing(&self) -> Vec<&'static str> {
        let state = self.state.borrow();
        let missing = state.conditions.iter().filter(|(_, holds)| !**holds);
        missing.map(|(name, _)| *name).collect()
    }

    /// Answers for the service of this name too.
    pub(crate) fn know(&self, name: &'static str) {
        self.change(|state| state.names.insert(name));
    }

    pub(crate) fn server(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::new(self.state.subscribe()))
    }

    /// Changes the state by `change`, which says whether it did, and logs what that means.
    fn change(&self, change: impl FnOnce(&mut State) -> bool) {
        let mut turned = None;
        self.state.send_if_modified(|state| {
            let before = state.is_serving();
            let is_changed = change(state);
            let after = state.is_serving();
            turned = (before != after).then_some(after);
            is_changed
        });
        match turned {
            Some(true) => tracing::info!("serving"),
            Some(false) => tracing::info!(waiting_for = ?self.missing(), "not serving"),
            None => {}
        }
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn is_serving(&self) -> bool {
        self.is_ready && !self.is_draining && self.conditions.values().all(|holds| *holds)
    }

    /// Whether the server, or a service of this name, is here.
    fn knows(&self, name: &str) -> bool {
        name.is_empty() || self.names.contains(name)
    }
}

impl Condition {
    /// Says whether it holds now.
    pub fn set(&self, holds: bool) {
        let name = self.name;
        self.health.change(|state| state.conditions.insert(name, holds) != Some(holds));
    }
}
