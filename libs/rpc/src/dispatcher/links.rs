//! The links of a dispatcher, and which of them gets the next runs.

use std::collections::HashMap;
use std::time::Instant;

use tokio::sync::mpsc;
use weir_delivery::LinkId;

use super::stats::ReceiverLoad;
use crate::balancer::Balancer;
use crate::link::ToReceiver;

/// One link, from the attempt to open it to its end.
struct Link<T, E> {
    endpoint: E,
    /// `None` before it is open, and once its receiver takes no more.
    requests: Option<mpsc::Sender<ToReceiver<T>>>,
    octets: usize,
    runs_sent: u64,
    is_leaving: bool,
}

/// All links: at most one to each endpoint that takes runs, and those that are about to end.
pub(super) struct Links<T, E> {
    links: HashMap<LinkId, Link<T, E>>,
    balancer: Balancer<E>,
    next: u64,
}

impl<T, E: Clone + std::fmt::Display + Ord> Links<T, E> {
    pub(super) fn new(seed: u64) -> Self {
        Self { links: HashMap::new(), balancer: Balancer::new(seed), next: 0 }
    }

    /// Takes over the known endpoints. Links to others get no more runs; they may finish.
    pub(super) fn update(&mut self, endpoints: &[E]) {
        self.balancer.update(endpoints);
        for link in self.links.values_mut() {
            if !endpoints.contains(&link.endpoint) {
                link.leave();
            }
        }
    }

    /// The endpoints to which a link is to be opened at `now`, each with the link's id.
    pub(super) fn to_open(&mut self, now: Instant) -> Vec<(LinkId, E)> {
        let is_linked = |endpoint: &E| {
            let mut links = self.links.values();
            links.any(|link| link.endpoint == *endpoint && !link.is_leaving)
        };
        let wanted = self.balancer.endpoints();
        let wanted = wanted.filter(|endpoint| self.balancer.is_usable(endpoint, now));
        let wanted: Vec<E> = wanted.filter(|endpoint| !is_linked(endpoint)).cloned().collect();
        let open = |endpoint: E| {
            let id = LinkId(self.next);
            self.next += 1;
            let (requests, octets, runs_sent) = (None, 0, 0);
            let link =
                Link { endpoint: endpoint.clone(), requests, octets, runs_sent, is_leaving: false };
            self.links.insert(id, link);
            (id, endpoint)
        };
        wanted.into_iter().map(open).collect()
    }

    /// When an endpoint that has failed may be tried again.
    pub(super) fn next_attempt(&self, now: Instant) -> Option<Instant> {
        self.balancer.next_retry(now)
    }

    pub(super) fn opened(&mut self, id: LinkId, requests: mpsc::Sender<ToReceiver<T>>) {
        if let Some(link) = self.links.get_mut(&id)
            && !link.is_leaving
        {
            link.requests = Some(requests);
        }
    }

    /// The receiver has answered a run.
    pub(super) fn answered(&mut self, id: LinkId) {
        if let Some(link) = self.links.get(&id) {
            self.balancer.succeeded(&link.endpoint);
        }
    }

    /// The receiver takes no more over this link. It is left alone for a moment: it may be about
    /// to end.
    pub(super) fn close(&mut self, id: LinkId, now: Instant) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.leave();
        let endpoint = link.endpoint.clone();
        self.balancer.failed(&endpoint, now);
    }

    /// Nothing more comes over this link. Returns its endpoint.
    pub(super) fn lost(&mut self, id: LinkId, now: Instant) -> Option<E> {
        let link = self.links.remove(&id)?;
        self.balancer.sub_octets(&link.endpoint, link.octets as u64);
        if !link.is_leaving {
            self.balancer.failed(&link.endpoint, now);
        }
        Some(link.endpoint)
    }

    /// The open link with the least octets on their way that has room for `octets` more; a link
    /// with nothing on its way has room for any.
    pub(super) fn pick(
        &self,
        octets: usize,
        most: usize,
    ) -> Option<(LinkId, mpsc::Permit<'_, ToReceiver<T>>)> {
        let has_room = |link: &&Link<T, E>| link.octets == 0 || link.octets + octets <= most;
        let open = self.links.iter().filter(|(_, link)| link.requests.is_some());
        let mut open: Vec<_> = open.filter(|(_, link)| has_room(link)).collect();
        open.sort_unstable_by_key(|(id, link)| (link.octets, link.runs_sent, **id));
        open.into_iter().find_map(|(id, link)| {
            // A full queue will move: its receiver has something to answer.
            let permit = link.requests.as_ref()?.try_reserve().ok()?;
            Some((*id, permit))
        })
    }

    /// A run of so many octets was sent over a link.
    pub(super) fn sent(&mut self, id: LinkId, octets: usize) {
        if let Some(link) = self.links.get_mut(&id) {
            link.octets += octets;
            link.runs_sent += 1;
            self.balancer.add_octets(&link.endpoint, octets as u64);
        }
    }

    /// A run of so many octets was accepted or is done with.
    pub(super) fn freed(&mut self, id: LinkId, octets: usize) {
        if let Some(link) = self.links.get_mut(&id) {
            link.octets = link.octets.saturating_sub(octets);
            self.balancer.sub_octets(&link.endpoint, octets as u64);
        }
    }

    /// Ends this side of all links: there is nothing more to send.
    pub(super) fn leave_all(&mut self) {
        self.links.values_mut().for_each(Link::leave);
    }

    /// What each open link has.
    pub(super) fn loads(&self) -> Vec<ReceiverLoad> {
        let open = self.links.values().filter(|link| link.requests.is_some());
        let mut loads: Vec<_> = open.map(Link::load).collect();
        loads.sort_unstable_by(|one, other| one.endpoint.cmp(&other.endpoint));
        loads
    }
}

impl<T, E: std::fmt::Display> Link<T, E> {
    fn leave(&mut self) {
        self.requests = None;
        self.is_leaving = true;
    }

    fn load(&self) -> ReceiverLoad {
        ReceiverLoad {
            endpoint: self.endpoint.to_string(),
            octets_in_flight: self.octets as u64,
            runs_sent: self.runs_sent,
        }
    }
}
