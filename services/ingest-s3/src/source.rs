//! The source: takes from the tasks that work on messages, deletes what is done.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use weir_aws::FollowedAccounts;
use weir_delivery::{RunId, Verdict};
use weir_ingest::{CommitOf, EventOf, Fault, Reads, Source, SourceError, SourceEvent, Tracking};
use weir_inventory::log_formats::KnownFormats;
use weir_store::Store;

use crate::clients::Clients;
use crate::coverage::Coverage;
use crate::desk::Desk;
use crate::event::Event;
use crate::inputs::Inputs;
use crate::message::Message;
use crate::metrics::{MessageOutcome, ObjectOutcome};
use crate::object::Finished;
use crate::part::ObjectPart;
use crate::queue::{MOST_AT_ONCE, Queue};
use crate::slots::Slot;
use crate::supervisor::follow;
use crate::work::read_again;

/// Events that tasks are ahead: of 256 KiB each where they are runs.
const AHEAD: usize = 8;

/// What stays as it is while the source is read.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// How long a message is nobody else's after its receipt. It is extended for as long as it is
    /// worked on; a process that dies gives its messages back after this time. 2 s to 12 h.
    /// Default: 5 min.
    pub visibility_timeout: Duration,
    /// Notes the queues that are read, by their URLs in [`crate::QueueAddress`].
    pub reads: Reads,
}

impl Default for S3Config {
    fn default() -> Self {
        Self { visibility_timeout: Duration::from_secs(300), reads: Reads::default() }
    }
}

/// Objects in S3 that messages of SQS tell of. See the crate's documentation.
pub struct S3Source {
    desk: Arc<Desk>,
    events: mpsc::Receiver<Event>,
    /// The parts of each message that the loop follows.
    open: HashMap<u64, Vec<ObjectPart>>,
    /// The slots that runs hold which no exporter has taken over. Two messages may have one run.
    slots: HashMap<RunId, Vec<Arc<Slot>>>,
    /// What is to be said before the next event is taken.
    revoked: Vec<ObjectPart>,
    stop: CancellationToken,
}

impl S3Source {
    /// Begins to read what `inputs` says, and follows it. Queues and buckets need not be there as
    /// yet. `formats` is what discovery knows of the fields of log groups, for objects with batches of
    /// these: none as long as that was not read, and objects under any key wait for it. `store` remembers finished
    /// objects; workers that share queues share it.
    ///
    /// Must be called within a runtime.
    pub fn open(
        config: S3Config,
        accounts: impl Into<FollowedAccounts>,
        inputs: watch::Receiver<Inputs>,
        coverage: Arc<dyn Coverage>,
        formats: watch::Receiver<Option<Arc<KnownFormats>>>,
        store: Arc<dyn Store>,
    ) -> Self {
        let (sender, events) = mpsc::channel(AHEAD);
        let clients = Arc::new(Clients::new(accounts.into()));
        let desk = Arc::new(Desk::new(clients, coverage, Finished::new(store), formats, sender));
        let stop = CancellationToken::new();
        tokio::spawn(follow(Arc::clone(&desk), config, inputs, stop.clone()));
        let (open, slots, revoked) = (HashMap::new(), HashMap::new(), Vec::new());
        Self { desk, events, open, slots, revoked, stop }
    }

    /// What the loop hears of an event; nothing of what was read before a rewind, or of a message
    /// that is not ours any more.
    fn take(&mut self, event: Event) -> Option<EventOf<Self>> {
        Some(match event {
            Event::Opened { part } => {
                let message = part.message();
                if message.is_lost() {
                    return None;
                }
                self.open.entry(message.number).or_default().push(part.clone());
                SourceEvent::Opened { part, tracking: Tracking::Whole }
            }
            Event::Run { part, generation, run, age, slot } => {
                is_current(&part, generation)?;
                self.slots.entry(run.id).or_default().push(slot);
                SourceEvent::Run { part, run, position: (), age }
            }
            Event::Closed { part, generation } => {
                is_current(&part, generation)?;
                SourceEvent::Closed { part }
            }
            Event::Failed { part, generation, error } => {
                is_current(&part, generation)?;
                SourceEvent::Failed { part, error }
            }
            Event::Lost { message, error } => {
                self.revoked.extend(self.open.remove(&message.number).unwrap_or_default());
                SourceEvent::Delayed { name: format!("message {message}"), error }
            }
            Event::Unreadable { name, error } => SourceEvent::Unreadable { name, error },
            Event::Delayed { name, error } => SourceEvent::Delayed { name, error },
        })
    }

    /// Notes what was exported, before anything is deleted for it. The parts whose objects were
    /// exported by another message at the same time.
    async fn remember(&self, commits: &[CommitOf<Self>]) -> Result<Vec<ObjectPart>, SourceError> {
        let committed = commits.iter().filter(|each| each.done == Some(Verdict::Committed));
        let exported = committed.filter_map(|each| Some((&each.part, each.part.exported()?)));
        let (parts, ids): (Vec<_>, Vec<_>) = exported.unzip();
        let are_new = self.desk.finished.add(&ids).await?;
        let known = parts.into_iter().zip(are_new).filter(|(_, is_new)| !is_new);
        Ok(known.map(|(part, _)| part.clone()).collect())
    }

    /// Notes that a part is done. What it is of is done when all parts are.
    fn finish_part(&self, part: &ObjectPart, verdict: Verdict, is_known: bool) {
        if !part.finish() {
            return;
        }
        let has_failed = verdict == Verdict::Rejected;
        part.message().part_done(has_failed);
        let metrics = &self.desk.metrics;
        if has_failed {
            metrics.object(ObjectOutcome::Failed);
        } else if is_known {
            metrics.object(ObjectOutcome::Duplicate);
        } else if part.exported().is_some() {
            metrics.object(ObjectOutcome::Exported);
            let written = part.event().and_then(|event| event.time);
            let age = written.and_then(|time| SystemTime::now().duration_since(time).ok());
            if let Some(age) = age {
                metrics.exported_after(age);
            }
        }
    }

    /// Deletes messages of one queue that are done.
    async fn delete(
        &mut self,
        queue: &Queue,
        messages: &[Arc<Message>],
    ) -> Result<(), SourceError> {
        for messages in messages.chunks(MOST_AT_ONCE) {
            let are_ours = queue.delete(messages).await?;
            for (message, is_ours) in messages.iter().zip(are_ours) {
                // It comes again, and then its objects are known as exported.
                let outcome = if is_ours { MessageOutcome::Deleted } else { MessageOutcome::Lost };
                self.let_go(message, outcome);
            }
        }
        Ok(())
    }

    fn let_go(&mut self, message: &Message, outcome: MessageOutcome) {
        self.desk.metrics.message(outcome);
        self.desk.release(message);
        self.open.remove(&message.number);
    }
}

#[async_trait]
impl Source for S3Source {
    type Part = ObjectPart;
    type Position = ();

    async fn next(&mut self) -> Result<EventOf<Self>, SourceError> {
        loop {
            if let Some(part) = self.revoked.pop() {
                return Ok(SourceEvent::Revoked { part });
            }
            let Some(event) = self.events.recv().await else {
                let what = "the tasks that read the queues have ended; start again";
                return Err(SourceError::fatal(Fault::Read, what));
            };
            if let Some(event) = self.take(event) {
                return Ok(event);
            }
        }
    }

    async fn commit(&mut self, commits: &[CommitOf<Self>]) -> Result<(), SourceError> {
        let known = self.remember(commits).await?;
        let mut done = HashMap::<u64, Arc<Message>>::new();
        for commit in commits {
            let Some(verdict) = commit.done else { continue };
            self.finish_part(&commit.part, verdict, known.contains(&commit.part));
            let message = commit.part.message();
            if message.is_done() && !message.is_let_go() {
                done.insert(message.number, Arc::clone(message));
            }
        }
        let (failed, done): (Vec<_>, Vec<_>) =
            done.into_values().partition(|message| message.has_failed());
        for message in failed {
            self.let_go(&message, MessageOutcome::Left);
        }
        for (queue, messages) in by_queue(done) {
            self.delete(&queue, &messages).await?;
        }
        Ok(())
    }

    async fn rewind(&mut self, part: &ObjectPart, _to: Option<&()>) -> Result<(), SourceError> {
        let generation = part.read_again();
        tokio::spawn(read_again(Arc::clone(&self.desk), part.clone(), generation));
        Ok(())
    }

    fn behind(&self) -> Option<Duration> {
        let oldest = self.desk.held.oldest();
        self.desk.metrics.oldest(oldest);
        oldest
    }

    fn taken_over(&mut self, run: RunId) {
        self.slots.remove(&run);
    }

    fn stop_reading(&mut self) {
        self.stop.cancel();
        self.events.close();
        // What was read ahead is read again by whoever gets the message.
        while self.events.try_recv().is_ok() {}
        self.slots.clear();
    }

    /// Others may have at once what is not done.
    async fn finish(&mut self) -> Result<(), SourceError> {
        self.stop_reading();
        let mut result = Ok(());
        for (queue, messages) in by_queue(self.desk.held.all()) {
            for messages in messages.chunks(MOST_AT_ONCE) {
                messages.iter().for_each(|message| {
                    self.let_go(message, MessageOutcome::GivenBack);
                });
                result = queue.give_back(messages).await.and(result);
            }
        }
        result
    }
}

impl Drop for S3Source {
    fn drop(&mut self) {
        self.stop.cancel();
        // Their tasks end with this.
        self.desk.held.all().iter().for_each(|message| message.release());
    }
}

fn is_current(part: &ObjectPart, generation: u64) -> Option<()> {
    (part.generation() == generation && !part.message().is_lost()).then_some(())
}

fn by_queue(messages: Vec<Arc<Message>>) -> Vec<(Arc<Queue>, Vec<Arc<Message>>)> {
    let mut queues: Vec<(Arc<Queue>, Vec<Arc<Message>>)> = Vec::new();
    for message in messages {
        match queues.iter_mut().find(|(queue, _)| Arc::ptr_eq(queue, &message.queue)) {
            Some((_, of_queue)) => of_queue.push(message),
            None => queues.push((Arc::clone(&message.queue), vec![message])),
        }
    }
    queues
}
