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
    /// When it was sent something last, in sendings over all links.
    last_sent: u64,
    /// Its receiver takes no more, or is no longer known.
    is_leaving: bool,
}

/// The link that gets the next runs, the octets that may go over it, and a place in its queue.
type Pick<'l, T> = (LinkId, usize, mpsc::Permit<'l, ToReceiver<T>>);

/// All links: at most one to each endpoint that takes runs, and those that are about to end.
pub(super) struct Links<T, E> {
    links: HashMap<LinkId, Link<T, E>>,
    balancer: Balancer<E>,
    opened: u64,
    sendings: u64,
}

impl<T, E: Clone + std::fmt::Display + Ord> Links<T, E> {
    pub(super) fn new(seed: u64) -> Self {
        Self { links: HashMap::new(), balancer: Balancer::new(seed), opened: 0, sendings: 0 }
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

    /// The endpoints to which links are to be opened at `now`, each with its new link.
    pub(super) fn start_opening(&mut self, now: Instant) -> Vec<(LinkId, E)> {
        let is_linked = |endpoint: &E| {
            let mut links = self.links.values();
            links.any(|link| link.endpoint == *endpoint && !link.is_leaving)
        };
        let wanted = self.balancer.endpoints();
        let wanted = wanted.filter(|endpoint| self.balancer.is_usable(endpoint, now));
        let wanted: Vec<E> = wanted.filter(|endpoint| !is_linked(endpoint)).cloned().collect();
        let open = |endpoint: E| {
            let id = LinkId(self.opened);
            self.opened += 1;
            self.links.insert(id, Link::new(endpoint.clone()));
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

    /// The receiver has answered a run. Of one that takes no more that tells nothing.
    pub(super) fn answered(&mut self, id: LinkId) {
        if let Some(link) = self.links.get(&id)
            && !link.is_leaving
        {
            self.balancer.succeeded(&link.endpoint);
        }
    }

    /// The receiver takes no more over this link. It is left alone for a moment: it may be about
    /// to end.
    pub(super) fn close(&mut self, id: LinkId, now: Instant) {
        if let Some(link) = self.links.get_mut(&id)
            && !link.is_leaving
        {
            link.leave();
            self.balancer.failed(&link.endpoint, now);
        }
    }

    /// Nothing more comes over this link. Returns its endpoint, and whether it was about to end.
    pub(super) fn lost(&mut self, id: LinkId, now: Instant) -> Option<(E, bool)> {
        let link = self.links.remove(&id)?;
        self.balancer.sub_octets(&link.endpoint, link.octets as u64);
        if !link.is_leaving {
            self.balancer.failed(&link.endpoint, now);
        }
        Some((link.endpoint, link.is_leaving))
    }

    /// The open link with the least octets on their way that has room for `octets` more, when
    /// each has room for `most`; a link with nothing on its way has room for any run. Among
    /// equals, the one that was last sent something longest ago.
    pub(super) fn pick(&self, octets: usize, most: usize) -> Option<Pick<'_, T>> {
        let room = |link: &Link<T, E>| match link.octets {
            0 => most.max(octets),
            octets => most.saturating_sub(octets),
        };
        let open = self.links.iter().filter(|(_, link)| room(link) >= octets);
        let mut open: Vec<_> = open.collect();
        open.sort_unstable_by_key(|(id, link)| (link.octets, link.last_sent, **id));
        open.into_iter().find_map(|(id, link)| {
            // A full queue will move: its receiver has something to answer.
            let permit = link.requests.as_ref()?.try_reserve().ok()?;
            Some((*id, room(link), permit))
        })
    }

    /// Runs were sent over a link.
    pub(super) fn sent(&mut self, id: LinkId, runs: usize, octets: usize) {
        self.sendings += 1;
        if let Some(link) = self.links.get_mut(&id) {
            link.octets += octets;
            link.runs_sent += runs as u64;
            link.last_sent = self.sendings;
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
    fn new(endpoint: E) -> Self {
        let (requests, is_leaving) = (None, false);
        Self { endpoint, requests, octets: 0, runs_sent: 0, last_sent: 0, is_leaving }
    }

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
