//! What all tasks of the source share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, mpsc, watch};
use weir_inventory::log_formats::KnownFormats;

use crate::clients::Clients;
use crate::coverage::Coverage;
use crate::event::Event;
use crate::message::Message;
use crate::metrics::Metrics;
use crate::object::{Finished, LineThread};
use crate::slots::Slots;

/// Messages that are held, at most, and those that calls under way bring: their objects are read,
/// and wait for the exporter, for the store, or for access to a bucket.
const MOST_HELD: usize = 1000;

/// What discovery knows of the formats of flow logs, as it is at each time; none as long as that
/// was not read.
pub(crate) type FollowedFormats = watch::Receiver<Option<Arc<KnownFormats>>>;

/// What all tasks of the source share.
pub(crate) struct Desk {
    pub(crate) clients: Arc<Clients>,
    pub(crate) coverage: Arc<dyn Coverage>,
    pub(crate) finished: Finished,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) lines: Arc<LineThread>,
    formats: FollowedFormats,
    pub(crate) slots: Arc<Slots>,
    pub(crate) held: Held,
    events: mpsc::Sender<Event>,
    numbers: AtomicU64,
    queues: AtomicUsize,
}

impl Desk {
    pub(crate) fn new(
        clients: Arc<Clients>,
        coverage: Arc<dyn Coverage>,
        finished: Finished,
        formats: FollowedFormats,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let metrics = Arc::new(Metrics::new());
        Self {
            clients,
            coverage,
            finished,
            formats,
            lines: Arc::new(LineThread::new(Arc::clone(&metrics))),
            metrics,
            slots: Arc::default(),
            held: Held::default(),
            events,
            numbers: AtomicU64::new(0),
            queues: AtomicUsize::new(0),
        }
    }

    /// What discovery knows of the formats of flow logs, as soon as that was read.
    pub(crate) async fn known_formats(&self) -> Arc<KnownFormats> {
        let mut formats = self.formats.clone();
        let known = formats.wait_for(Option::is_some).await.ok();
        // Where nobody reads it any more, the process ends.
        known.and_then(|known| known.clone()).unwrap_or_default()
    }

    /// Tells the source. Whether it still listens.
    pub(crate) async fn send(&self, event: Event) -> bool {
        self.events.send(event).await.is_ok()
    }

    /// Tells the source what it may also not hear: who says it must not wait.
    pub(crate) fn mention(&self, event: Event) {
        // Where the source is behind it has enough to show.
        drop(self.events.try_send(event));
    }

    /// As [`Desk::send`] from a thread outside of the runtime.
    pub(crate) fn blocking_send(&self, event: Event) -> bool {
        self.events.blocking_send(event).is_ok()
    }

    /// A number that no message or part of this process has.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// How many queues are read.
    pub(crate) fn queues(&self) -> usize {
        self.queues.load(Ordering::Relaxed)
    }

    pub(crate) fn set_queues(&self, queues: usize) {
        self.queues.store(queues, Ordering::Relaxed);
    }

    /// Nobody keeps the message any longer.
    pub(crate) fn release(&self, message: &Message) {
        message.release();
        self.held.remove(message);
    }
}

/// The messages that are ours.
#[derive(Debug, Default)]
pub(crate) struct Held {
    messages: Mutex<HashMap<u64, Arc<Message>>>,
    removed: Notify,
}

impl Held {
    pub(crate) fn add(&self, message: &Arc<Message>) {
        self.messages().insert(message.number, Arc::clone(message));
    }

    fn remove(&self, message: &Message) {
        self.messages().remove(&message.number);
        self.removed.notify_waiters();
    }

    /// Waits until one more may be received. Cancel-safe.
    pub(crate) async fn has_room(&self) {
        loop {
            let removed = self.removed.notified();
            if self.messages().len() < MOST_HELD {
                return;
            }
            removed.await;
        }
    }

    /// The age of the one that was sent first.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        let now = SystemTime::now();
        self.messages().values().filter_map(|message| message.age(now)).max()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Message>> {
        self.messages().values().cloned().collect()
    }

    fn messages(&self) -> MutexGuard<'_, HashMap<u64, Arc<Message>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
