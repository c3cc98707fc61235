//! Reads a shard: fetches, one fetch ahead, and makes runs of what came.

mod cursor;
mod fan_out;
mod fetch;
mod handle;
mod pace;
mod polling;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use tokio::sync::{Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinHandle};
use weir_delivery::{RawRun, RunId};
use weir_ingest::SourceError;
use weir_lease::{Checkpoint, Child, Position, UnitId};

use crate::config::KinesisConfig;
use crate::decode::Decoder;
use crate::formats::BatchFormats;
use crate::kcl::{Kcl, ShardMeter};
use crate::metrics::Metrics;
use crate::streams::Stream;
use pace::KIB;

pub(crate) use fetch::Way;

/// What readers of all shards share.
pub(crate) struct Shared {
    pub(crate) config: KinesisConfig,
    pub(crate) metrics: Metrics,
    pub(crate) formats: BatchFormats,
    pub(crate) kcl: Arc<Kcl>,
    decoder: Mutex<Decoder>,
    /// KiB of records that may be fetched.
    room: Arc<Semaphore>,
    most_room: usize,
}

impl Shared {
    pub(crate) fn new(config: KinesisConfig, formats: BatchFormats, kcl: Arc<Kcl>) -> Self {
        let room = (config.max_fetched_octets / KIB).clamp(pace::MOST_OF_A_READ, 1 << 28);
        Self {
            metrics: Metrics::new(),
            kcl,
            decoder: Mutex::new(Decoder::new(formats.clone(), config.remembered_events)),
            formats,
            room: Arc::new(Semaphore::new(room)),
            most_room: room,
            config,
        }
    }
}

/// What a reader tells. The generation tells readings of a shard apart.
#[derive(Debug)]
pub(crate) struct FromReader {
    pub(crate) unit: Arc<UnitId>,
    pub(crate) generation: u64,
    pub(crate) news: News,
}

#[derive(Debug)]
pub(crate) enum News {
    /// Lines, the last record that is whole with them, and how old the record is in milliseconds.
    Run { run: RawRun, position: Option<Position>, age_ms: u64 },
    /// A record without lines.
    Passed { run: RunId, position: Position },
    /// The shard's end, and what follows it.
    End { children: Vec<Child> },
    /// Something that is tried again.
    Trouble { error: SourceError },
}

/// A reading of a shard, which ends when this is dropped.
pub(crate) struct Reader {
    task: AbortHandle,
    meter: Arc<ShardMeter>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Reader {
    /// Reads on from a checkpoint.
    pub(crate) fn start(
        shared: &Arc<Shared>,
        stream: &Arc<Stream>,
        unit: &Arc<UnitId>,
        generation: u64,
        from: Checkpoint,
        news: mpsc::Sender<FromReader>,
    ) -> Self {
        let meter = shared.kcl.shard(unit);
        let reading = Reading {
            shared: Arc::clone(shared),
            stream: Arc::clone(stream),
            unit: Arc::clone(unit),
            generation,
            news,
            meter: Arc::clone(&meter),
        };
        let task: JoinHandle<()> = tokio::spawn(reading.run(from));
        Self { task: task.abort_handle(), meter }
    }

    /// How far it is behind the shard's tip, in milliseconds, as Kinesis says.
    pub(crate) fn behind_ms(&self) -> u64 {
        self.meter.behind_ms.load(Ordering::Relaxed)
    }
}

/// What the tasks of a reading have.
struct Reading {
    shared: Arc<Shared>,
    stream: Arc<Stream>,
    unit: Arc<UnitId>,
    generation: u64,
    news: mpsc::Sender<FromReader>,
    meter: Arc<ShardMeter>,
}

impl Reading {
    async fn run(self, from: Checkpoint) {
        // One batch is read while the next is fetched.
        let (fetched, batches) = mpsc::channel(1);
        tokio::join!(self.fetch(from, fetched), self.handle(batches));
    }

    /// False when nobody listens any more.
    async fn tell(&self, news: News) -> bool {
        let (unit, generation) = (Arc::clone(&self.unit), self.generation);
        self.news.send(FromReader { unit, generation, news }).await.is_ok()
    }
}
