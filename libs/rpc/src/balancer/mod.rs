//! Which server gets the next batch.

mod backoff;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Instant;

use backoff::Backoff;
pub use backoff::{FIRST_BACKOFF, MAX_BACKOFF};

use crate::endpoints::Endpoint;

/// What is known of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// Nothing was tried yet.
    Idle,
    /// It answers.
    Connected,
    /// It failed, and is left alone until then.
    Failed {
        /// When it may be tried again.
        until: Instant,
    },
}

/// Chooses among endpoints by what they have in flight. It knows no clock and no connection:
/// time comes in, and whoever sends tells what becomes of it.
#[derive(Debug)]
pub struct Balancer<E = Endpoint> {
    members: BTreeMap<E, Member>,
    backoff: Backoff,
    picks: u64,
}

#[derive(Debug)]
struct Member {
    state: EndpointState,
    octets: u64,
    /// Failures since it last answered.
    failures: u32,
    /// The number of its last pick; 0 before the first.
    picked: u64,
    /// It is no longer in the set: what it has may finish.
    is_removed: bool,
}

impl<E: Clone + Ord> Balancer<E> {
    /// A balancer without endpoints. The seed scatters the backoffs of processes that lose the
    /// same server.
    pub fn new(seed: u64) -> Self {
        Self { members: BTreeMap::new(), backoff: Backoff::new(seed), picks: 0 }
    }

    /// Takes over a set of endpoints. Those that are no longer in it are not picked any more, and
    /// are forgotten once nothing of theirs is in flight.
    pub fn update(&mut self, endpoints: &[E]) {
        for member in self.members.values_mut() {
            member.is_removed = true;
        }
        for endpoint in endpoints {
            self.members.entry(endpoint.clone()).or_insert_with(Member::new).is_removed = false;
        }
        self.members.retain(|_, member| !member.is_forgotten());
    }

    /// The endpoint with the least octets in flight of those that may be used at `now`; among
    /// equals the one whose last pick is longest ago, so a new one comes first.
    pub fn pick(&mut self, now: Instant) -> Option<E> {
        let usable = self.members.iter_mut().filter(|(_, member)| member.is_usable(now));
        let (endpoint, member) = usable.min_by_key(|(_, member)| (member.octets, member.picked))?;
        self.picks += 1;
        member.picked = self.picks;
        Some(endpoint.clone())
    }

    /// When an endpoint can be picked that cannot be at `now`; `None` when all that are in the
    /// set can.
    pub fn next_retry(&self, now: Instant) -> Option<Instant> {
        let members = self.members.values().filter(|member| !member.is_removed);
        members.filter_map(Member::until).filter(|until| *until > now).min()
    }

    /// The endpoint gave an answer: its backoff starts anew with its next failure. A mere
    /// connection is no answer.
    pub fn succeeded(&mut self, endpoint: &E) {
        if let Some(member) = self.members.get_mut(endpoint) {
            member.state = EndpointState::Connected;
            member.failures = 0;
        }
    }

    /// The endpoint could not be reached, or broke its stream: it is left alone for 0.2 s, and
    /// twice as long each time after, up to 10 s (a fifth more or less). Returns the time of its
    /// next try.
    pub fn failed(&mut self, endpoint: &E, now: Instant) -> Option<Instant> {
        let member = self.members.get_mut(endpoint)?;
        let until = now + self.backoff.after(member.failures);
        member.failures = member.failures.saturating_add(1);
        member.state = EndpointState::Failed { until };
        Some(until)
    }

    /// Octets were sent to the endpoint, or are about to be.
    pub fn add_octets(&mut self, endpoint: &E, octets: u64) {
        if let Some(member) = self.members.get_mut(endpoint) {
            member.octets = member.octets.saturating_add(octets);
        }
    }

    /// Octets were answered, or taken back.
    pub fn sub_octets(&mut self, endpoint: &E, octets: u64) {
        let Some(member) = self.members.get_mut(endpoint) else { return };
        member.octets = member.octets.saturating_sub(octets);
        if member.is_forgotten() {
            self.members.remove(endpoint);
        }
    }

    /// The octets in flight of an endpoint; 0 for one that is not known.
    pub fn octets(&self, endpoint: &E) -> u64 {
        self.members.get(endpoint).map_or(0, |member| member.octets)
    }

    /// What is known of an endpoint.
    pub fn state(&self, endpoint: &E) -> Option<EndpointState> {
        self.members.get(endpoint).map(|member| member.state)
    }

    /// Whether the endpoint may be picked at `now`.
    pub fn is_usable(&self, endpoint: &E, now: Instant) -> bool {
        self.members.get(endpoint).is_some_and(|member| member.is_usable(now))
    }

    /// Whether the endpoint may no longer be picked, for it left the set.
    pub fn is_removed(&self, endpoint: &E) -> bool {
        self.members.get(endpoint).is_none_or(|member| member.is_removed)
    }

    /// The endpoints that are in the set.
    pub fn endpoints(&self) -> impl Iterator<Item = &E> {
        let members = self.members.iter().filter(|(_, member)| !member.is_removed);
        members.map(|(endpoint, _)| endpoint)
    }
}

impl Member {
    fn new() -> Self {
        let state = EndpointState::Idle;
        Self { state, octets: 0, failures: 0, picked: 0, is_removed: false }
    }

    fn until(&self) -> Option<Instant> {
        match self.state {
            EndpointState::Failed { until } => Some(until),
            EndpointState::Idle | EndpointState::Connected => None,
        }
    }

    fn is_usable(&self, now: Instant) -> bool {
        !self.is_removed && self.until().is_none_or(|until| until <= now)
    }

    fn is_forgotten(&self) -> bool {
        self.is_removed && self.octets == 0
    }
}
