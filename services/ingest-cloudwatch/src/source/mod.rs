//! The source: takes from the tasks that read groups, writes how far these are committed.

mod groups;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use weir_aws::FollowedAccounts;
use weir_ingest::{CommitOf, EventOf, LeaseMeter, Reads, Source, SourceError, SourceEvent};
use weir_inventory::log_formats::KnownFormats;
use weir_lease::{LeaseConfig, LeaseError, Leases, Table, UnitId};
use weir_store::Store;

use crate::clients::Clients;
use crate::desk::{Begun, Desk, Event, Reading, now};
use crate::group::{Group, GroupPart, Place};
use crate::inputs::Inputs;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::pace::Lanes;
use crate::reader::{Beginning, ReaderConfig};
use crate::supervisor::follow;
use groups::fatal;

/// Events that tasks are ahead: of 256 KiB each where they are runs.
const AHEAD: usize = 8;

/// Groups that are read at the same time, each with a page and its open runs in memory.
const READINGS: usize = 8;

/// Events of a group that are remembered in memory, at most; as many as in the store.
const MOST_SEEN: usize = 1_000_000;

/// The table of leases.
const TABLE: &str = "cloudwatch";

/// What stays as it is while the source is read.
#[derive(Clone, Debug)]
pub struct CloudWatchConfig {
    /// Calls of FilterLogEvents in a second, of all workers together, for each account and
    /// region. Default: 5, AWS's quota
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>).
    pub rate: f64,
    /// How leases are kept. All workers have the same, but for their names.
    pub lease: LeaseConfig,
    /// Notes the log groups that are read, by their names in [`crate::LogGroup`].
    pub reads: Reads,
}

impl CloudWatchConfig {
    /// The defaults for a worker, whose name no other has, nor itself before a restart.
    pub fn new(worker: impl Into<String>) -> Self {
        Self { rate: 5.0, lease: LeaseConfig::new(worker), reads: Reads::default() }
    }
}

/// Log groups of CloudWatch Logs. See the crate's documentation.
pub struct CloudWatchSource {
    desk: Arc<Desk>,
    leases: Leases,
    events: mpsc::Receiver<Event>,
    inputs: watch::Receiver<Inputs>,
    held: HashMap<UnitId, Held>,
    /// What is to be said before the next event is taken.
    to_say: VecDeque<EventOf<Self>>,
    readings: u64,
    stop: CancellationToken,
}

/// A group whose lease is held.
struct Held {
    group: Arc<Group>,
    reading: u64,
    /// Ends the reading.
    stop: CancellationToken,
}

impl CloudWatchSource {
    /// Begins to read what `inputs` says, and follows it. `store` has the leases, the positions
    /// and the memory of exported events; workers that share groups share it. Give it one that
    /// notices the loss of its data. `formats` is what discovery knows of the fields of lines, none as
    /// long as that was not read.
    ///
    /// Must be called within a runtime.
    pub fn open(
        config: CloudWatchConfig,
        accounts: impl Into<FollowedAccounts>,
        inputs: watch::Receiver<Inputs>,
        formats: watch::Receiver<Option<Arc<KnownFormats>>>,
        store: Arc<dyn Store>,
    ) -> Self {
        let (sender, events) = mpsc::channel(AHEAD);
        let meter = LeaseMeter::start(TABLE);
        let table = Table::new(Arc::clone(&store), TABLE).observed_by(meter);
        let leases = Leases::start(table.clone(), config.lease);
        let desk = Arc::new(Desk {
            clients: Clients::new(accounts.into()),
            lanes: Lanes::new(config.rate),
            formats,
            memory: Memory::new(store),
            reads: config.reads,
            table,
            leases: leases.handle(),
            metrics: Metrics::new(),
            readings: Semaphore::new(READINGS),
            events: sender,
            begun: Begun::default(),
        });
        let stop = CancellationToken::new();
        tokio::spawn(follow(Arc::clone(&desk), inputs.clone(), stop.clone()));
        let (held, to_say) = (HashMap::new(), VecDeque::new());
        Self { desk, leases, events, inputs, held, to_say, readings: 0, stop }
    }

    /// What the loop hears of an event; nothing of what was read before a rewind, or of a group
    /// that is not ours any more.
    fn take(&mut self, event: Event) -> Option<EventOf<Self>> {
        Some(match event {
            Event::Run { reading, run, place, age } => {
                let part = self.current(&reading)?;
                SourceEvent::Run { part, run, position: place, age }
            }
            Event::Closed { reading } => SourceEvent::Closed { part: self.current(&reading)? },
            Event::Delayed { name, error } => SourceEvent::Delayed { name, error },
        })
    }

    /// How a group is read as the inputs are now.
    fn reader_config(&self) -> ReaderConfig {
        let Inputs { overlap, settle, .. } = *self.inputs.borrow();
        ReaderConfig { overlap, settle, most_seen: MOST_SEEN }
    }

    fn current(&self, reading: &Reading) -> Option<GroupPart> {
        let held = self.held.get(&reading.unit)?;
        (held.reading == reading.number).then(|| GroupPart::of(&reading.unit))
    }
}

#[async_trait]
impl Source for CloudWatchSource {
    type Part = GroupPart;
    type Position = Place;

    async fn next(&mut self) -> Result<EventOf<Self>, SourceError> {
        loop {
            if let Some(event) = self.to_say.pop_front() {
                return Ok(event);
            }
            tokio::select! {
                biased;
                event = self.leases.next() => match event {
                    Some(event) => self.take_lease(event)?,
                    None => return Err(fatal(LeaseError::Closed)),
                },
                event = self.events.recv() => {
                    // The desk has a sender.
                    let Some(event) = event else { continue };
                    match self.take(event) {
                        Some(SourceEvent::Delayed { error, .. }) if error.is_fatal() => {
                            return Err(error);
                        }
                        Some(event) => return Ok(event),
                        None => {}
                    }
                }
            }
        }
    }

    async fn commit(&mut self, commits: &[CommitOf<Self>]) -> Result<(), SourceError> {
        for commit in commits {
            let unit = commit.part.unit();
            let Some(held) = self.held.get(unit) else { continue };
            let group = Arc::clone(&held.group);
            if let Some(place) = commit.position {
                self.settle(&group, place).await?;
            }
            if commit.done.is_some() {
                self.hand_over(unit).await?;
            }
        }
        Ok(())
    }

    async fn rewind(&mut self, part: &GroupPart, to: Option<&Place>) -> Result<(), SourceError> {
        let Some(held) = self.held.get(part.unit()) else { return Ok(()) };
        held.stop.cancel();
        let group = Arc::clone(&held.group);
        let settled = to.map_or(0, |place| place.run);
        let beginning = Beginning {
            high_water: to.map_or_else(|| group.began_at(), |place| place.high_water),
            floor: group.floor,
            exported: group.events_up_to(settled),
            again: group.take_behind(settled),
        };
        self.read(group, beginning, true);
        Ok(())
    }

    fn behind(&self) -> Option<Duration> {
        let now = now();
        let behind = self.held.values().filter_map(|held| held.group.behind());
        behind.min().map(|since| Duration::from_millis(now.saturating_sub(since)))
    }

    fn stop_reading(&mut self) {
        self.stop.cancel();
        self.events.close();
        // What was read ahead is read again by whoever gets the group.
        while self.events.try_recv().is_ok() {}
    }

    /// Others may have at once what is ours.
    async fn finish(&mut self) -> Result<(), SourceError> {
        self.stop_reading();
        self.desk.leases.close().await.map_err(fatal)?;
        let units: Vec<_> = self.held.keys().cloned().collect();
        let mut result = Ok(());
        for unit in units {
            result = self.hand_over(&unit).await.and(result);
        }
        result
    }
}

impl Drop for CloudWatchSource {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
