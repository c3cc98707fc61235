//! Finds the streams that are to be read, and their shards.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use aws_sdk_kinesis::Client;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use weir_aws::{Account, FollowedAccounts};
use weir_ingest::{Fault, SourceError};
use weir_lease::{HashRange, Holes, InitialPosition, LeaseError, LeaseHandle, Table, UnitSpec};

use crate::client::RegionClient;
use crate::config::{StreamConfig, name_of};
use crate::consumers::FanOut;
use crate::faults::CallFault;
use crate::kcl::Kcl;
use crate::reader::Way;
use crate::shards;

/// The first and the longest wait after a stream or its consumer could not be found.
const WAITS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// How long before its beginning LATEST begins: what arrives while it begins is read, whatever
/// the clocks say.
const BEFORE_BEGINNING: Duration = Duration::from_secs(60);

/// A stream that is read.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) config: StreamConfig,
    /// What it is called among those that are read.
    pub(crate) name: String,
    /// What it is called in the lease table: account, region, name, and when it was made, since
    /// one of the same name has other sequence numbers.
    pub(crate) set: String,
    pub(crate) arn: Option<String>,
    /// Who reads it. Its account may get other credentials while the stream is read; readers that
    /// began before the stream was described anew have them too.
    region: Arc<RwLock<RegionClient>>,
    ranges: RwLock<HashMap<String, HashRange>>,
    /// [`StreamConfig::until`] as it is now.
    until: RwLock<Option<u64>>,
    /// How often the position of a shard was set, where it was.
    placements: RwLock<HashMap<String, u64>>,
    /// How its records are had now. Readers that began before the stream was described anew
    /// follow it too.
    way: Arc<watch::Sender<Way>>,
    /// Tells who finds streams that a consumer is gone.
    consumer_gone: Arc<Notify>,
}

impl Stream {
    /// The client, with the credentials that count now.
    pub(crate) fn client(&self) -> Client {
        self.region().client
    }

    /// Whose credentials these are.
    pub(crate) fn account(&self) -> Account {
        self.region().account
    }

    fn region(&self) -> RegionClient {
        self.region.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls are made with other credentials of the same account from now on. Nothing else changes:
    /// neither what is leased, nor how far it was read.
    fn renew(&self, region: RegionClient) {
        *self.region.write().unwrap_or_else(PoisonError::into_inner) = region;
    }

    /// What a shard is called in ids of runs, and for people.
    pub(crate) fn place_of(&self, shard: &str) -> String {
        format!("{}/{shard}", self.set)
    }

    pub(crate) fn range_of(&self, shard: &str) -> Option<HashRange> {
        self.ranges.read().unwrap_or_else(PoisonError::into_inner).get(shard).copied()
    }

    /// Records that end after this, in Unix seconds, are left to others.
    pub(crate) fn until(&self) -> Option<u64> {
        *self.until.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The position of a shard was set so often.
    pub(crate) fn place(&self, shard: &str, times: u64) {
        let mut placements = self.placements.write().unwrap_or_else(PoisonError::into_inner);
        placements.insert(shard.to_owned(), times);
    }

    /// How often the position of a shard was set. What is read since then has other ids than what
    /// was read before: exporters write it again.
    pub(crate) fn placements_of(&self, shard: &str) -> u64 {
        let placements = self.placements.read().unwrap_or_else(PoisonError::into_inner);
        placements.get(shard).copied().unwrap_or_default()
    }

    /// How its records are had, now and from now on.
    pub(crate) fn ways(&self) -> watch::Receiver<Way> {
        self.way.subscribe()
    }

    /// Its records are had so from now on.
    pub(crate) fn go(&self, way: Way) {
        let is_new = self.way.send_if_modified(|now| {
            let is_new = *now != way;
            now.clone_from(&way);
            is_new
        });
        if is_new {
            tracing::info!(stream = self.set, ?way, "the stream is read in another way");
        }
    }

    /// There is no such consumer any more: the stream is polled until there is one again.
    pub(crate) fn consumer_is_gone(&self, arn: &str) {
        let is_news = self.way.send_if_modified(|way| {
            let is_it = matches!(way, Way::FanOut { consumer } if **consumer == *arn);
            if is_it {
                *way = Way::Polling;
            }
            is_it
        });
        if is_news {
            self.consumer_gone.notify_one();
        }
    }

    fn learn(&self, units: &[UnitSpec]) {
        let ranges = units.iter().filter_map(|unit| Some((unit.name.clone(), unit.range?)));
        *self.ranges.write().unwrap_or_else(PoisonError::into_inner) = ranges.collect();
    }
}

/// The streams that were found, by their sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found(Arc<Mutex<HashMap<String, Arc<Stream>>>>);

impl Found {
    pub(crate) fn get(&self, set: &str) -> Option<Arc<Stream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(set).cloned()
    }

    fn insert(&self, stream: Arc<Stream>) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Leases that are held go on: their placements are told once.
        if let Some(known) = found.get(&stream.set) {
            let placements = known.placements.read().unwrap_or_else(PoisonError::into_inner);
            *stream.placements.write().unwrap_or_else(PoisonError::into_inner) = placements.clone();
        }
        found.insert(stream.set.clone(), stream);
    }
}

/// What the loop is told of streams.
#[derive(Debug)]
pub(crate) struct StreamTrouble {
    pub(crate) name: String,
    pub(crate) error: SourceError,
}

/// Finds the streams that are to be read. It runs until its future is dropped.
pub(crate) struct Streams {
    pub(crate) accounts: FollowedAccounts,
    pub(crate) kcl: Arc<Kcl>,
    pub(crate) table: Table,
    pub(crate) leases: LeaseHandle,
    pub(crate) found: Found,
    pub(crate) trouble: mpsc::Sender<StreamTrouble>,
    pub(crate) sync: Duration,
    /// Told when a consumer is gone.
    pub(crate) consumer_gone: Arc<Notify>,
}

/// A stream that is configured.
struct Wanted {
    config: StreamConfig,
    stream: Option<Arc<Stream>>,
    /// Other accounts count than when its client was made.
    must_renew: bool,
    holes: Holes,
    next: Instant,
    failures: u32,
    fan_out: FanOut,
}

impl Wanted {
    fn new(config: StreamConfig) -> Self {
        let (stream, holes, next) = (None, Holes::default(), Instant::now());
        let fan_out = FanOut::new();
        Self { config, stream, must_renew: false, holes, next, failures: 0, fan_out }
    }

    /// Takes over what may change while the stream is read.
    fn change(&mut self, now: &StreamConfig) {
        self.config.until = now.until;
        if let Some(stream) = &self.stream {
            *stream.until.write().unwrap_or_else(PoisonError::into_inner) = now.until;
        }
        if self.config.retrieval != now.retrieval {
            self.config.retrieval = now.retrieval.clone();
            self.fan_out = FanOut::new();
        }
    }

    /// What it is called where people look.
    fn name(&self) -> String {
        format!("stream {} ({})", self.config.name, self.config.region)
    }

    /// When something is to be done for it.
    fn due(&self) -> Instant {
        if self.stream.is_some() { self.next.min(self.fan_out.due()) } else { self.next }
    }
}

impl Streams {
    pub(crate) async fn run(self, mut configured: watch::Receiver<Arc<[StreamConfig]>>) {
        let (mut wanted, mut accounts) = (Vec::<Wanted>::new(), self.accounts.clone());
        loop {
            follow(&configured.borrow_and_update(), &mut wanted);
            let mut has_changed = true;
            for each in &mut wanted {
                if each.next <= Instant::now() {
                    self.look(each).await;
                }
                if each.due() <= Instant::now() {
                    self.follow_retrieval(each).await;
                }
                has_changed &= !configured.has_changed().unwrap_or(false);
            }
            let sets = wanted.iter().filter_map(|each| each.stream.as_ref());
            let sets: HashSet<_> = sets.map(|stream| stream.set.clone()).collect();
            if self.leases.want(sets).await.is_err() {
                return;
            }
            if !has_changed {
                continue;
            }
            let next = wanted.iter().map(Wanted::due).min();
            let next = next.unwrap_or_else(|| Instant::now() + self.sync);
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                Ok(()) = configured.changed() => {}
                () = self.consumer_gone.notified() => {
                    wanted.iter_mut().for_each(|each| each.fan_out.look_again());
                }
                () = accounts.changed() => {
                    // What could not be read may be by now, and what is read may have other
                    // credentials.
                    for each in &mut wanted {
                        each.must_renew = each.stream.is_some();
                        (each.next, each.failures) = (Instant::now(), 0);
                    }
                }
            }
        }
    }

    /// Has a stream read as it is configured, as soon as that is possible.
    async fn follow_retrieval(&self, wanted: &mut Wanted) {
        let Some(stream) = &wanted.stream else { return };
        match wanted.fan_out.step(stream, &wanted.config.retrieval, self.sync).await {
            Ok(Some(way)) => stream.go(way),
            Ok(None) => {}
            Err(error) => self.tell(wanted.name(), error).await,
        }
    }

    async fn tell(&self, name: String, error: SourceError) {
        // The loop has ended when it does not listen.
        drop(self.trouble.send(StreamTrouble { name, error }).await);
    }

    async fn look(&self, wanted: &mut Wanted) {
        let began = Instant::now();
        let found = self.find(wanted).await;
        self.kcl.shard_sync(found.is_ok(), began.elapsed());
        match found {
            Ok(()) => {
                wanted.failures = 0;
                wanted.next = Instant::now() + self.sync;
            }
            Err(error) => {
                let wait = wait_after(wanted.failures);
                wanted.failures = wanted.failures.saturating_add(1);
                wanted.next = Instant::now() + wait;
                self.tell(wanted.name(), error).await;
            }
        }
    }

    /// Finds the stream, has it begin if it may, and looks for shards that no lease has.
    async fn find(&self, wanted: &mut Wanted) -> Result<(), SourceError> {
        let config = &wanted.config;
        let stream = match &wanted.stream {
            Some(stream) => Arc::clone(stream),
            None => Arc::new(self.describe(config).await?),
        };
        if wanted.must_renew {
            self.renew(&stream).await?;
            wanted.must_renew = false;
        }
        let listed = shards::list(&stream.client(), &config.name).await;
        let listed = listed.map_err(|fault| fault.error())?;
        stream.learn(&listed);
        if wanted.stream.is_none() {
            self.begin(&stream, &listed).await?;
            self.found.insert(Arc::clone(&stream));
            wanted.stream = Some(Arc::clone(&stream));
        }
        let missing = self.table.repair(&stream.set, &listed, &mut wanted.holes).await;
        let missing = missing.map_err(lease_error)?;
        if missing > 0 {
            tracing::warn!(stream = stream.set, missing, "shards that no lease had are read");
        }
        Ok(())
    }

    /// Has the stream read with the credentials that its account has now. It stays in this account,
    /// whichever is the first by now.
    async fn renew(&self, stream: &Stream) -> Result<(), SourceError> {
        let before = stream.region();
        let accounts = self.accounts.current().await.ok_or_else(ending)?;
        if Arc::ptr_eq(&before.of, &accounts) {
            return Ok(());
        }
        let account = Some(before.account.id());
        let region = RegionClient::of(&accounts, account, &stream.config.region).await?;
        let origin = region.account.origin();
        tracing::info!(stream = stream.set, %origin, "the stream's credentials are renewed");
        stream.renew(region);
        Ok(())
    }

    async fn describe(&self, config: &StreamConfig) -> Result<Stream, SourceError> {
        let account = config.account_id.as_deref();
        let accounts = self.accounts.current().await.ok_or_else(ending)?;
        let region = RegionClient::of(&accounts, account, &config.region).await?;
        let call = region.client.describe_stream_summary().stream_name(&config.name).send();
        let answer = call
            .await
            .map_err(|error| CallFault::of("kinesis:DescribeStreamSummary", &error).error())?;
        let summary = answer.stream_description_summary();
        let made = summary.map_or(0, |summary| summary.stream_creation_timestamp().secs());
        let account = region.account.id();
        let set = format!("{account}:{}:{}:{made}", config.region, config.name);
        let before = self.found.get(&set);
        let way = before.as_ref().map(|stream| Arc::clone(&stream.way));
        if let Some(stream) = &before {
            stream.renew(region.clone());
        }
        let shared = before.map(|stream| Arc::clone(&stream.region));
        Ok(Stream {
            way: way.unwrap_or_else(|| Arc::new(watch::Sender::new(Way::Polling))),
            consumer_gone: Arc::clone(&self.consumer_gone),
            set,
            name: name_of(account, &config.region, &config.name),
            arn: summary.map(|summary| summary.stream_arn().to_owned()),
            config: config.clone(),
            region: shared.unwrap_or_else(|| Arc::new(RwLock::new(region))),
            ranges: RwLock::default(),
            until: RwLock::new(config.until),
            placements: RwLock::default(),
        })
    }

    async fn begin(&self, stream: &Stream, listed: &[UnitSpec]) -> Result<(), SourceError> {
        let begun = self.table.begun(&stream.set).await.map_err(lease_error)?;
        if begun.is_some() {
            return Ok(());
        }
        if !stream.config.begin {
            return Err(lease_error(LeaseError::NotBegun { set: stream.set.clone() }));
        }
        let (units, initial) = beginning(listed, stream.config.initial, SystemTime::now());
        let begun = self.table.begin(&stream.set, &units, initial).await.map_err(lease_error)?;
        tracing::info!(stream = stream.set, initial = %begun.initial, "the stream begins");
        Ok(())
    }
}

/// The shards that a stream begins with, and where. LATEST is a time: a shard that had nothing
/// before a restart goes on where it began, and not at what is latest then.
fn beginning(
    listed: &[UnitSpec],
    initial: InitialPosition,
    now: SystemTime,
) -> (Vec<UnitSpec>, InitialPosition) {
    if initial != InitialPosition::Latest {
        return (listed.to_vec(), initial);
    }
    let since = now.checked_sub(BEFORE_BEGINNING).unwrap_or(SystemTime::UNIX_EPOCH);
    let since = since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let since = u64::try_from(since.as_millis()).unwrap_or_default();
    let open = listed.iter().filter(|unit| unit.is_open).cloned().collect();
    (open, InitialPosition::AtTimestamp(since))
}

/// The wait after so many failures before this one.
pub(crate) fn wait_after(failures: u32) -> Duration {
    WAITS.0.saturating_mul(1 << failures.min(16)).min(WAITS.1)
}

/// Keeps what is still configured, and adds what is new.
fn follow(configured: &[StreamConfig], wanted: &mut Vec<Wanted>) {
    wanted.retain_mut(|each| {
        let now = configured.iter().find(|config| config.is_same_stream(&each.config));
        if let Some(now) = now {
            each.change(now);
        }
        now.is_some()
    });
    for config in configured {
        if !wanted.iter().any(|each| each.config.is_same_stream(config)) {
            wanted.push(Wanted::new(config.clone()));
        }
    }
}

/// Nobody tells which accounts count any more.
fn ending() -> SourceError {
    SourceError::transient(Fault::Denied, "it is not known which accounts count: the process ends")
}

/// An error of leases for the loop. Where leases may have been lost, a person has to decide.
pub(crate) fn lease_error(error: LeaseError) -> SourceError {
    let is_fatal = matches!(error, LeaseError::NotBegun { .. } | LeaseError::StateLost { .. });
    let what = "the leases of Kinesis streams cannot be had";
    let error_of = if is_fatal { SourceError::fatal } else { SourceError::transient };
    error_of(Fault::State, what).because(error)
}
