//! The dispatcher's task: the only one that knows its runs and links.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::sleep_until;
use weir_delivery::{Answer, LinkId, Outbox, Outcome, Payload, RunAnswer, RunId};

use super::link_task::{self, LinkEvent};
use super::links::Links;
use super::stats::{Stats, add, set};
use super::{Command, Delivery, Held, Receivers};
use crate::link::{FromReceiver, ToReceiver};
use crate::wire::MAX_RESUME;

/// Events of all links that wait for the task.
const EVENTS: usize = 256;

/// About how many octets of runs go into one message.
const MESSAGE_OCTETS: usize = 512 * 1024;

/// How long a run waits before it is sent again, whatever its receiver asked for.
const RETRY_AFTER: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(20)..=Duration::from_secs(30);

/// How often loads are written down for who asks.
const LOADS: Duration = Duration::from_millis(500);

pub(super) struct Task<T, R: Receivers<T>> {
    receivers: Arc<R>,
    outbox: Outbox<Held<T>>,
    links: Links<T, R::Endpoint>,
    /// May change at any time.
    link_octets: Arc<AtomicUsize>,
    /// Runs that are to be sent again at their time.
    delayed: BTreeSet<(Instant, RunId)>,
    /// Deliveries that wait for room.
    ready: VecDeque<Delivery<T>>,
    deliveries: mpsc::Sender<Delivery<T>>,
    stats: Arc<Stats>,
}

impl<T: Payload + Clone + Send + Sync + 'static, R: Receivers<T>> Task<T, R> {
    pub(super) fn new(
        receivers: R,
        link_octets: Arc<AtomicUsize>,
        deliveries: mpsc::Sender<Delivery<T>>,
        stats: Arc<Stats>,
    ) -> Self {
        Self {
            receivers: Arc::new(receivers),
            outbox: Outbox::new(),
            links: Links::new(u64::from(std::process::id())),
            link_octets,
            delayed: BTreeSet::new(),
            ready: VecDeque::new(),
            deliveries,
            stats,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command<T>>) {
        let (events, mut happened) = mpsc::channel(EVENTS);
        let mut endpoints = self.receivers.endpoints();
        self.links.update(&endpoints.borrow_and_update().clone());
        let (mut is_asked, mut is_changing) = (true, true);
        let mut loads = tokio::time::interval(LOADS);
        while is_asked || !self.outbox.is_empty() || !self.ready.is_empty() {
            self.open_links(&events);
            self.flush();
            let deliveries = self.deliveries.clone();
            let timer = self.next_time();
            tokio::select! {
                // Nothing more is taken while deliveries wait: their reader is behind.
                command = commands.recv(), if is_asked && self.ready.is_empty() => match command {
                    Some(command) => self.command(command),
                    None => is_asked = false,
                },
                Some((link, event)) = happened.recv() => self.event(link, event),
                permit = deliveries.reserve(), if !self.ready.is_empty() => match permit {
                    Ok(permit) => if let Some(delivery) = self.ready.pop_front() {
                        permit.send(delivery);
                    },
                    Err(_) => return,
                },
                changed = endpoints.changed(), if is_changing => match changed {
                    Ok(()) => self.links.update(&endpoints.borrow_and_update().clone()),
                    Err(_) => is_changing = false,
                },
                () = sleep_until(timer.into()) => self.release_delayed(now()),
                _ = loads.tick() => self.stats.set_receivers(self.links.loads()),
            }
        }
        self.links.leave_all();
    }

    fn command(&mut self, command: Command<T>) {
        match command {
            // One that is here already is dropped, and its room is free again.
            Command::Send(run) => drop(self.outbox.push(run)),
            Command::Announce(runs) => runs.into_iter().for_each(|run| {
                self.outbox.push_accepted(run);
            }),
        }
    }

    fn open_links(&mut self, events: &mpsc::Sender<(LinkId, LinkEvent<T>)>) {
        for (link, endpoint) in self.links.start_opening(now()) {
            let receivers = Arc::clone(&self.receivers);
            tokio::spawn(link_task::run(receivers, endpoint, link, events.clone()));
        }
    }

    /// Sends what waits, as long as a link has room.
    fn flush(&mut self) {
        while self.outbox.is_unannounced() {
            let Some((link, _, permit)) = self.links.pick(0, usize::MAX) else { break };
            let runs = self.outbox.announce(link, MAX_RESUME);
            add(&self.stats.announced, runs.len());
            permit.send(ToReceiver::resume(runs));
        }
        while let Some(octets) = self.outbox.next_octets() {
            let most = self.link_octets.load(Ordering::Relaxed);
            let Some((link, room, permit)) = self.links.pick(octets, most) else { break };
            let (runs, octets) = next_runs(&mut self.outbox, link, room);
            let count = runs.len();
            permit.send(ToReceiver::runs(runs));
            self.links.sent(link, count, octets);
        }
        set(&self.stats.pending, self.outbox.len());
        set(&self.stats.octets_in_flight, self.outbox.octets());
    }

    fn event(&mut self, link: LinkId, event: LinkEvent<T>) {
        let now = now();
        match event {
            LinkEvent::Opened(requests) => self.links.opened(link, requests),
            LinkEvent::Said(FromReceiver::Closing) => self.links.close(link, now),
            LinkEvent::Said(FromReceiver::Answers(answers)) => {
                answers.into_iter().for_each(|answer| self.answer(link, answer, now));
            }
            LinkEvent::Lost(reason) => self.lost(link, reason, now),
        }
    }

    fn lost(&mut self, link: LinkId, reason: Option<String>, now: Instant) {
        let resent = self.outbox.link_lost(link);
        add(&self.stats.resent, resent);
        let Some((endpoint, is_leaving)) = self.links.lost(link, now) else { return };
        if reason.is_some() || !is_leaving {
            add(&self.stats.links_lost, 1);
            let reason = reason.as_deref().unwrap_or("the receiver has ended it");
            tracing::warn!(%endpoint, reason, resent, "no link");
        }
    }

    fn answer(&mut self, link: LinkId, answer: RunAnswer, now: Instant) {
        let octets = self.outbox.octets_of(answer.run);
        match self.outbox.answer(link, answer) {
            Outcome::Stray => {
                add(&self.stats.stray_answers, 1);
                tracing::debug!(run = %answer.run, "an answer to a run that was not sent there");
                return;
            }
            Outcome::Nothing => {}
            Outcome::Accepted { item } => {
                self.links.freed(link, octets);
                self.ready.push_back(Delivery::Accepted { run: answer.run, item: item.item });
            }
            Outcome::Delayed => {
                self.links.freed(link, octets);
                add(&self.stats.retried, 1);
                self.delayed.insert((now + delay(answer.answer), answer.run));
            }
            Outcome::Done { item } => {
                self.links.freed(link, octets);
                let item = item.map(|held| held.item);
                let RunAnswer { run, answer } = answer;
                self.ready.push_back(Delivery::Done { run, item, answer });
            }
        }
        self.links.answered(link);
    }

    fn release_delayed(&mut self, now: Instant) {
        while let Some((at, run)) = self.delayed.first().copied()
            && at <= now
        {
            self.delayed.pop_first();
            self.outbox.release(run);
        }
    }

    /// When something is due that no event tells.
    fn next_time(&self) -> Instant {
        let now = now();
        let delayed = self.delayed.first().map(|(at, _)| *at);
        let attempt = self.links.next_attempt(now);
        let far = now + Duration::from_secs(3600);
        [delayed, attempt].into_iter().flatten().min().unwrap_or(far)
    }
}

/// The runs that go over `link` next, with their octets: at least one, then as many as there is
/// room for.
fn next_runs<T: Payload + Clone>(
    outbox: &mut Outbox<Held<T>>,
    link: LinkId,
    room: usize,
) -> (Vec<T>, usize) {
    let (mut runs, mut total) = (Vec::new(), 0);
    while let Some(octets) = outbox.next_octets()
        && (runs.is_empty() || total + octets <= room.min(MESSAGE_OCTETS))
        && let Some(held) = outbox.send(link)
    {
        runs.push(held.item.clone());
        total += octets;
    }
    (runs, total)
}

/// The runtime's clock, which tests can stop.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn delay(answer: Answer) -> Duration {
    let asked = match answer {
        Answer::Retry(_, after) => after,
        _ => Duration::ZERO,
    };
    asked.clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end())
}
