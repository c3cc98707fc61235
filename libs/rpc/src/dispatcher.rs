//! The sending side of the delivery contract: runs out to the least loaded receiver, answers in.

mod link_task;
mod links;
mod stats;
mod task;

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tonic::Status;
use weir_delivery::{Answer, Payload, RunId};

use crate::budget::{Budget, Room};
use crate::link::SenderEnd;
use stats::Stats;
pub use stats::{DispatcherStatus, ReceiverLoad};
use task::Task;

/// Commands that wait for the task; runs are bounded by the budget.
const COMMANDS: usize = 64;

/// Where receivers are, and how a link to one is opened.
#[async_trait]
pub trait Receivers<T>: Send + Sync + 'static {
    /// Names a receiver.
    type Endpoint: Clone + Display + Ord + Send + Sync + 'static;

    /// Those that are known, again after each change.
    fn endpoints(&self) -> watch::Receiver<Arc<[Self::Endpoint]>>;

    /// Opens a link.
    ///
    /// # Errors
    ///
    /// When the receiver cannot be reached, or refuses.
    async fn open(&self, endpoint: &Self::Endpoint) -> Result<SenderEnd<T>, Status>;
}

/// How much a dispatcher has on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DispatcherConfig {
    /// The most octets of runs that no receiver has accepted. A larger run may still go alone.
    pub in_flight_octets: usize,
    /// The same over one link.
    pub link_octets: usize,
}

impl Default for DispatcherConfig {
    fn default() -> Self {
        Self { in_flight_octets: 64 * 1024 * 1024, link_octets: 16 * 1024 * 1024 }
    }
}

/// What becomes of a run. Retries stay inside, but for those of an encoded run that has to be
/// encoded anew.
#[derive(Debug)]
pub enum Delivery<T> {
    /// The exporter has taken it over; here is the memory.
    Accepted {
        /// The run.
        run: RunId,
        /// What was sent.
        item: T,
    },
    /// Its final answer.
    Done {
        /// The run.
        run: RunId,
        /// What was sent, unless it was accepted before.
        item: Option<T>,
        /// The answer: committed, rejected, unknown, or stale templates.
        answer: Answer,
    },
}

/// Sends runs. Clones send to the same receivers; when the last is dropped and every run is
/// answered, the deliveries end.
pub struct Dispatcher<T> {
    commands: mpsc::Sender<Command<T>>,
    budgets: Budgets,
    stats: Arc<Stats>,
}

/// What dispatchers may have on their way; clones share it.
#[derive(Clone)]
struct Budgets {
    budget: Arc<Budget>,
    in_flight_octets: watch::Sender<usize>,
    link_octets: Arc<AtomicUsize>,
}

impl<T> Clone for Dispatcher<T> {
    fn clone(&self) -> Self {
        Self {
            commands: self.commands.clone(),
            budgets: self.budgets.clone(),
            stats: Arc::clone(&self.stats),
        }
    }
}

/// The dispatcher's task has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the dispatcher has ended")]
pub struct Ended;

/// What the task is asked to do.
enum Command<T> {
    Send(Held<T>),
    Announce(Vec<RunId>),
}

/// A run with its room in the budget.
struct Held<T> {
    item: T,
    octets: usize,
    _room: Room,
}

impl<T: Payload> Payload for Held<T> {
    fn id(&self) -> RunId {
        self.item.id()
    }

    fn octets(&self) -> usize {
        self.octets
    }
}

/// A dispatcher, what becomes of its runs, and its task.
pub struct Started<T> {
    /// Sends runs.
    pub dispatcher: Dispatcher<T>,
    /// What becomes of them. It must be read on: no more runs are taken while it is full, so
    /// whoever reads it must not wait for [`Dispatcher::send`].
    pub deliveries: mpsc::Receiver<Delivery<T>>,
    /// Ends after the last clone of the dispatcher is dropped and all is answered.
    pub task: JoinHandle<()>,
}

impl<T: Payload + Clone + Send + Sync + 'static> Dispatcher<T> {
    /// Starts to open links to `receivers`.
    pub fn start(receivers: impl Receivers<T>, config: DispatcherConfig) -> Started<T> {
        let in_flight_octets = watch::Sender::new(config.in_flight_octets);
        let budgets = Budgets {
            budget: Budget::new(in_flight_octets.subscribe()),
            in_flight_octets,
            link_octets: Arc::new(AtomicUsize::new(config.link_octets)),
        };
        Self::start_within(receivers, budgets)
    }

    /// Starts another dispatcher, to other receivers. Both have the budgets of this one together,
    /// also after they are changed at either.
    pub fn start_beside(&self, receivers: impl Receivers<T>) -> Started<T> {
        Self::start_within(receivers, self.budgets.clone())
    }

    fn start_within(receivers: impl Receivers<T>, budgets: Budgets) -> Started<T> {
        let (commands, asked) = mpsc::channel(COMMANDS);
        let (delivered, deliveries) = mpsc::channel(COMMANDS);
        let stats = Arc::new(Stats::default());
        let link_octets = Arc::clone(&budgets.link_octets);
        let task = Task::new(receivers, link_octets, delivered, Arc::clone(&stats));
        let task = tokio::spawn(task.run(asked));
        Started { dispatcher: Self { commands, budgets, stats }, deliveries, task }
    }

    /// Sends a run once the budget has room for it. One whose id is on its way already is
    /// dropped: it gets one answer.
    ///
    /// # Errors
    ///
    /// [`Ended`] when the task has ended: its runtime is being shut down.
    pub async fn send(&self, item: T) -> Result<(), Ended> {
        let octets = item.octets();
        let held = Held { item, octets, _room: self.budgets.budget.take(octets).await };
        self.commands.send(Command::Send(held)).await.map_err(|_| Ended)
    }

    /// Announces runs that were accepted over another dispatcher's link: their answers come, or
    /// that they are unknown.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn announce(&self, runs: Vec<RunId>) -> Result<(), Ended> {
        self.commands.send(Command::Announce(runs)).await.map_err(|_| Ended)
    }

    /// Has so much on its way from now on. What is on its way stays.
    pub fn set_budgets(&self, config: DispatcherConfig) {
        self.budgets.in_flight_octets.send_replace(config.in_flight_octets);
        self.budgets.link_octets.store(config.link_octets, Ordering::Relaxed);
    }

    /// What it is doing.
    pub fn status(&self) -> DispatcherStatus {
        self.stats.status()
    }
}
