//! Shards as the parts of a source.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use weir_aws::FollowedAccounts;
use weir_ingest::{CommitOf, EventOf, Source, SourceError, SourceEvent, Tracking};
use weir_inventory::log_formats::KnownFormats;
use weir_lease::{
    Checkpoint, Child, LeaseError, LeaseEvent, LeaseHandle, LeaseObserver, Leases, Position, Table,
    UnitId,
};
use weir_store::Store;

use crate::cloudwatch::Publishing;
use crate::config::{KinesisConfig, StreamConfig};
use crate::formats::BatchFormats;
use crate::kcl::{Kcl, Operation};
use crate::reader::{FromReader, News, Reader, Shared};
use crate::streams::{Found, StreamTrouble, Streams, lease_error};

/// Runs that wait for the loop, at most.
const QUEUE: usize = 64;

/// Checkpoints that are written at once, at most.
const WRITES: usize = 64;

/// The name of the lease table.
const TABLE: &str = "kinesis";

/// The shards of Kinesis streams that this worker has leases of.
pub struct KinesisSource {
    shared: Arc<Shared>,
    leases: Leases,
    handle: LeaseHandle,
    found: Found,
    shards: HashMap<Arc<UnitId>, Shard>,
    generations: u64,
    news: (mpsc::Sender<FromReader>, mpsc::Receiver<FromReader>),
    trouble: mpsc::Receiver<StreamTrouble>,
    /// Shards that are to be handed over and were rewound: nothing more is read of them.
    closing: Vec<Arc<UnitId>>,
    streams: JoinHandle<()>,
    /// None where no metrics are put to CloudWatch, and when that has ended.
    publishing: Option<Publishing>,
}

/// A shard that is ours.
struct Shard {
    fence: u64,
    /// Where it was when it became ours.
    from: Checkpoint,
    generation: u64,
    reader: Option<Reader>,
    phase: Phase,
}

/// What becomes of a shard when all that was read of it is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// It is read on.
    Reading,
    /// Another worker has asked for it.
    Asked,
    /// It is finished, and these follow.
    Ended(Vec<Child>),
}

impl KinesisSource {
    /// Begins to read `streams`, as they are at each time. The store must notice the loss of
    /// its data (`weir_store::RedisStore::pinned`).
    pub fn start(
        config: KinesisConfig,
        accounts: impl Into<FollowedAccounts>,
        store: Arc<dyn Store>,
        streams: watch::Receiver<Arc<[StreamConfig]>>,
    ) -> Self {
        let formats = watch::Sender::new(Some(Arc::default())).subscribe();
        Self::start_with(config, accounts, store, streams, formats)
    }

    /// The same with what discovery knows of the fields of lines, as it is at each time; none as
    /// long as that was not read.
    pub fn start_with(
        config: KinesisConfig,
        accounts: impl Into<FollowedAccounts>,
        store: Arc<dyn Store>,
        streams: watch::Receiver<Arc<[StreamConfig]>>,
        formats: watch::Receiver<Option<Arc<KnownFormats>>>,
    ) -> Self {
        let (level, to_cloudwatch) = (config.metrics_level.clone(), config.cloudwatch.clone());
        let kcl = Kcl::start(TABLE, level, to_cloudwatch.is_some());
        let observer: Arc<dyn LeaseObserver> = Arc::<Kcl>::clone(&kcl);
        let table = Table::new(store, TABLE).observed_by(observer);
        let leases = Leases::start(table.clone(), config.leases.clone());
        let (handle, found) = (leases.handle(), Found::default());
        let (telling, trouble) = mpsc::channel(QUEUE);
        let accounts = accounts.into();
        let publishing = to_cloudwatch.map(|config| {
            Publishing::start(config, accounts.clone(), Arc::clone(&kcl), telling.clone())
        });
        let finding = Streams {
            accounts,
            kcl: Arc::clone(&kcl),
            table,
            leases: handle.clone(),
            found: found.clone(),
            trouble: telling,
            sync: config.sync,
            consumer_gone: Arc::default(),
        };
        Self {
            shared: Arc::new(Shared::new(config, BatchFormats::new(formats), kcl)),
            leases,
            handle,
            found,
            shards: HashMap::new(),
            generations: 0,
            news: mpsc::channel(QUEUE),
            trouble,
            closing: Vec::new(),
            streams: tokio::spawn(finding.run(streams)),
            publishing,
        }
    }

    /// The event that a lease's event is, if any.
    fn take_lease(&mut self, event: LeaseEvent) -> Result<Option<EventOf<Self>>, SourceError> {
        Ok(match event {
            LeaseEvent::Granted { unit, fence, checkpoint, placement } => {
                if let Some((stream, placement)) = self.found.get(&unit.set).zip(placement) {
                    stream.place(&unit.name, placement.times);
                }
                let unit = Arc::new(unit);
                tracing::info!(shard = %unit, fence, %checkpoint, "the shard is read here");
                let reader = None;
                let shard =
                    Shard { fence, from: checkpoint, generation: 0, reader, phase: Phase::Reading };
                self.shards.insert(Arc::clone(&unit), shard);
                self.read(&unit, None);
                Some(SourceEvent::Opened { part: unit, tracking: Tracking::Ordered })
            }
            LeaseEvent::Asked { unit } => self.hand_over(Arc::new(unit)),
            LeaseEvent::Lost { unit, reason, .. } => {
                tracing::warn!(shard = %unit, reason = reason.name(), "the lease is lost");
                self.shared.metrics.lost(reason.name());
                let lost = self.shards.remove_entry(&unit);
                lost.map(|(part, _)| SourceEvent::Revoked { part })
            }
            LeaseEvent::Failed(error) => return Err(lease_error(error)),
        })
    }

    fn hand_over(&mut self, part: Arc<UnitId>) -> Option<EventOf<Self>> {
        let shard = self.shards.get_mut(&part)?;
        if shard.phase != Phase::Reading {
            return None;
        }
        tracing::info!(shard = %part, "another worker has asked for the shard");
        (shard.phase, shard.reader) = (Phase::Asked, None);
        shard.generation = 0;
        Some(SourceEvent::Closed { part })
    }

    /// Reads the shard from where it was settled, or from where it was when it became ours.
    fn read(&mut self, unit: &Arc<UnitId>, to: Option<&Position>) {
        self.generations += 1;
        let (Some(shard), Some(stream)) = (self.shards.get_mut(unit), self.found.get(&unit.set))
        else {
            return;
        };
        let from = to.map_or_else(|| shard.from.clone(), |to| Checkpoint::At(to.clone()));
        shard.generation = self.generations;
        shard.phase = Phase::Reading;
        let news = self.news.0.clone();
        let reader = Reader::start(&self.shared, &stream, unit, self.generations, from, news);
        shard.reader = Some(reader);
    }

    /// The event that a reader's news are. What an earlier reading had to say is passed over.
    fn take_news(&mut self, from: FromReader) -> Option<EventOf<Self>> {
        let FromReader { unit: part, generation, news } = from;
        let shard = self.shards.get_mut(&part).filter(|shard| shard.generation == generation)?;
        Some(match news {
            News::Run { run, position, age_ms } => {
                SourceEvent::Run { part, run, position, age: Duration::from_millis(age_ms) }
            }
            News::Passed { run, position } => {
                SourceEvent::Passed { part, run, position: Some(position) }
            }
            News::End { children } => {
                tracing::info!(shard = %part, children = children.len(), "the shard's end");
                (shard.phase, shard.reader) = (Phase::Ended(children), None);
                SourceEvent::Closed { part }
            }
            News::Trouble { error } => {
                let lag = shard.reader.as_ref().map(Reader::behind_ms);
                self.handle.note(&part, lag, &error.describe());
                SourceEvent::Delayed { name: part.to_string(), error }
            }
        })
    }

    fn levels(&self) {
        let behind = self.behind().unwrap_or_default();
        self.shared.metrics.levels(self.shards.len(), behind.as_secs_f64());
    }
}

#[async_trait]
impl Source for KinesisSource {
    type Part = Arc<UnitId>;
    /// The sequence number of the last record that was read to its end; none before there is one.
    type Position = Option<Position>;

    async fn next(&mut self) -> Result<EventOf<Self>, SourceError> {
        loop {
            if let Some(part) = self.closing.pop() {
                return Ok(SourceEvent::Closed { part });
            }
            let event = tokio::select! {
                biased;
                event = self.leases.next() => match event {
                    Some(event) => self.take_lease(event)?,
                    None => return Err(lease_error(LeaseError::Closed)),
                },
                Some(StreamTrouble { name, error }) = self.trouble.recv() => {
                    if error.is_fatal() {
                        return Err(error);
                    }
                    Some(SourceEvent::Delayed { name, error })
                }
                Some(news) = self.news.1.recv() => self.take_news(news),
            };
            self.levels();
            if let Some(event) = event {
                return Ok(event);
            }
        }
    }

    async fn commit(&mut self, commits: &[CommitOf<Self>]) -> Result<(), SourceError> {
        let writes = commits.iter().filter_map(|commit| {
            let shard = self.shards.get(&commit.part)?;
            let end = commit.done.map(|_| shard.phase.clone());
            let lag = shard.reader.as_ref().map(Reader::behind_ms);
            if end.is_none() {
                self.handle.note(&commit.part, lag, "");
            }
            let write = Write {
                unit: Arc::clone(&commit.part),
                fence: shard.fence,
                position: commit.position.clone().flatten(),
                end,
            };
            let (kcl, handle) = (Arc::clone(&self.shared.kcl), self.handle.clone());
            Some(async move { write.make(&kcl, handle).await })
        });
        let writes: Vec<_> = writes.collect();
        let written = stream::iter(writes).buffer_unordered(WRITES).collect::<Vec<_>>().await;
        let mut result = Ok(());
        for (unit, is_over, written) in written {
            match written {
                // Whoever has the shard now goes on from its checkpoint.
                Ok(()) | Err(LeaseError::Fenced { .. }) if is_over => {
                    self.shards.remove(&unit);
                }
                Ok(()) | Err(LeaseError::Fenced { .. }) => {}
                Err(error) => result = Err(lease_error(error)),
            }
        }
        result
    }

    async fn rewind(
        &mut self,
        part: &Self::Part,
        to: Option<&Self::Position>,
    ) -> Result<(), SourceError> {
        let to = to.and_then(Option::as_ref);
        if self.shards.get(part).is_some_and(|shard| shard.phase == Phase::Asked) {
            // Who has asked for it reads it from the checkpoint.
            self.closing.push(Arc::clone(part));
            return Ok(());
        }
        self.read(part, to);
        Ok(())
    }

    fn behind(&self) -> Option<Duration> {
        let behind = self.shards.values().filter_map(|shard| shard.reader.as_ref());
        behind.map(Reader::behind_ms).max().map(Duration::from_millis)
    }

    fn stop_reading(&mut self) {
        self.streams.abort();
        for shard in self.shards.values_mut() {
            (shard.reader, shard.generation) = (None, 0);
        }
        let handle = self.handle.clone();
        tokio::spawn(async move { handle.close().await });
    }

    async fn finish(&mut self) -> Result<(), SourceError> {
        let shards: Vec<_> = self.shards.drain().collect();
        let releases = shards.into_iter().map(|(unit, shard)| {
            let handle = self.handle.clone();
            async move { handle.release(&unit, shard.fence).await }
        });
        let releases: Vec<_> = releases.collect();
        let released = stream::iter(releases).buffer_unordered(WRITES).collect::<Vec<_>>();
        let publishing = self.publishing.take();
        let (released, ()) = tokio::join!(released, async {
            if let Some(publishing) = publishing {
                publishing.end().await;
            }
        });
        let failed = released
            .into_iter()
            .find(|released| !matches!(released, Ok(()) | Err(LeaseError::Fenced { .. })));
        failed.unwrap_or(Ok(())).map_err(lease_error)
    }
}

impl Drop for KinesisSource {
    fn drop(&mut self) {
        self.streams.abort();
    }
}

/// What is to be written of a shard.
struct Write {
    unit: Arc<UnitId>,
    fence: u64,
    position: Option<Position>,
    /// Set when all of it is settled.
    end: Option<Phase>,
}

impl Write {
    async fn make(
        self,
        kcl: &Kcl,
        handle: LeaseHandle,
    ) -> (Arc<UnitId>, bool, Result<(), LeaseError>) {
        let is_over = self.end.is_some();
        let written = kcl.measured(Operation::UpdateLease, &self.unit, self.write(&handle)).await;
        (self.unit, is_over, written)
    }

    async fn write(&self, handle: &LeaseHandle) -> Result<(), LeaseError> {
        let (unit, fence) = (&self.unit, self.fence);
        if let Some(Phase::Ended(children)) = &self.end {
            return handle.finish(unit, fence, children.clone()).await;
        }
        if let Some(position) = self.position.clone() {
            handle.checkpoint(unit, fence, position).await?;
        }
        match self.end {
            Some(_) => handle.release(unit, fence).await,
            None => Ok(()),
        }
    }
}
