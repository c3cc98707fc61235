//! Looks again and again at one source of targets.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use tokio::sync::watch;
use tokio::time::Instant;

use super::MAX_ENDPOINTS;
use super::endpoint::Endpoint;
use super::file;
use super::resolve::Resolve;
use super::target::{Target, TargetSource};
use crate::causes::causes;

/// How often a file is looked at.
const FILE_INTERVAL: Duration = Duration::from_secs(1);

/// The shortest time between two log lines about one source.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How many names of a file are looked up at a time.
const LOOKUPS: usize = 16;

/// What all sources have found, together.
#[derive(Debug)]
pub(super) struct Published {
    slots: Mutex<Vec<Vec<Endpoint>>>,
    set: watch::Sender<Arc<[Endpoint]>>,
    pub(super) failures: AtomicU64,
}

impl Published {
    pub(super) fn new(sources: usize) -> Self {
        let slots = Mutex::new(vec![Vec::new(); sources]);
        Self { slots, set: watch::Sender::new(Arc::from([])), failures: AtomicU64::new(0) }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<[Endpoint]>> {
        self.set.subscribe()
    }

    /// Publishes what the source of `slot` has found, if that changes anything.
    pub(super) fn put(&self, slot: usize, found: Vec<Endpoint>) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get_mut(slot) {
            *slot = found;
        }
        let all = slots.iter().flatten();
        // The first target that has an address keeps it.
        let mut set: BTreeMap<SocketAddr, &Endpoint> = BTreeMap::new();
        for endpoint in all {
            set.entry(endpoint.address).or_insert(endpoint);
        }
        if set.len() > MAX_ENDPOINTS {
            tracing::warn!(endpoints = set.len(), most = MAX_ENDPOINTS, "too many: some left out");
        }
        let set: Arc<[Endpoint]> = set.into_values().take(MAX_ENDPOINTS).cloned().collect();
        self.set.send_if_modified(|old| {
            let is_new = *old != set;
            *old = set;
            is_new
        });
    }
}

/// Follows one source.
pub(super) struct Follower {
    pub(super) source: TargetSource,
    pub(super) slot: usize,
    pub(super) is_tls: bool,
    pub(super) interval: Duration,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) published: Arc<Published>,
}

/// What a follower remembers between two looks.
#[derive(Default)]
struct Memory {
    targets: Vec<Target>,
    answers: BTreeMap<Target, Vec<SocketAddr>>,
    resolved: Option<Instant>,
    logged: Option<Instant>,
}

impl Follower {
    /// Looks until nobody wants to know any more.
    pub(super) async fn run(self) {
        let pause = match self.source {
            TargetSource::Server(_) => self.interval,
            TargetSource::File(_) => self.interval.min(FILE_INTERVAL),
        };
        let mut memory = Memory::default();
        loop {
            self.look(&mut memory).await;
            tokio::select! {
                () = self.published.set.closed() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn look(&self, memory: &mut Memory) {
        let is_new = self.read_targets(memory).await;
        let is_due = memory.resolved.is_none_or(|at| at.elapsed() >= self.interval);
        if !is_new && !is_due {
            return;
        }
        memory.resolved = Some(Instant::now());
        let lookups = memory.targets.clone().into_iter().map(|target| async {
            let result = self.addresses(&target).await;
            (target, result)
        });
        let results: Vec<_> = iter(lookups).buffered(LOOKUPS).collect().await;
        let mut answers = BTreeMap::new();
        for (target, result) in results {
            let old = memory.answers.remove(&target);
            let answer = result.map_err(|problem| self.fail(memory, &problem)).ok().or(old);
            answers.extend(answer.map(|answer| (target, answer)));
        }
        memory.answers = answers;
        self.published.put(self.slot, endpoints(&memory.answers));
    }

    /// Whether the targets are others than before. What cannot be read changes nothing.
    async fn read_targets(&self, memory: &mut Memory) -> bool {
        let read = match &self.source {
            TargetSource::Server(target) => Ok(vec![target.clone()]),
            TargetSource::File(path) => file::read(path, self.is_tls).await,
        };
        let targets = match read {
            Ok(targets) if targets.is_empty() => Err("it names no server".to_owned()),
            Ok(targets) => Ok(targets),
            Err(error) => Err(causes(&error)),
        };
        match targets {
            Ok(targets) => {
                let is_new = targets != memory.targets;
                memory.targets = targets;
                is_new
            }
            Err(problem) => {
                self.fail(memory, &problem);
                false
            }
        }
    }

    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, String> {
        let Target { host, port, .. } = target;
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, *port)]);
        }
        match self.resolver.resolve(host, *port).await {
            Ok(addresses) if addresses.is_empty() => Err(format!("{host} has no address")),
            Ok(addresses) => Ok(addresses),
            Err(error) => Err(format!("{host}: {error}")),
        }
    }

    /// Counts a look that gave nothing, and logs it once a minute.
    fn fail(&self, memory: &mut Memory, problem: &str) {
        self.published.failures.fetch_add(1, Ordering::Relaxed);
        if memory.logged.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
            memory.logged = Some(Instant::now());
            let known = memory.answers.values().map(Vec::len).sum::<usize>();
            let source = &self.source;
            tracing::warn!(%source, problem, known, "no answer where servers are: the known stay");
        }
    }
}

fn endpoints(answers: &BTreeMap<Target, Vec<SocketAddr>>) -> Vec<Endpoint> {
    let of = |(target, addresses): (&Target, &Vec<SocketAddr>)| {
        let target = Arc::new(target.clone());
        let endpoint =
            move |address: &SocketAddr| Endpoint { address: *address, target: Arc::clone(&target) };
        addresses.iter().map(endpoint).collect::<Vec<_>>()
    };
    answers.iter().flat_map(of).collect()
}
