//! The parts of discovery together: what sweeps, what publishes, and the schedule.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::{Code, Status};
use weir_control::settings::{self, Effective, SettingValues};
use weir_rpc::health::Health;
use weir_rpc::status::Failure;
use weir_store::Store;

use super::config::DiscoveryConfig;
use crate::clock::Clock;
use crate::orchestration::{SweepConfig, Sweeper};
use crate::publish::{Edition, PublishConfig, Publisher};
use crate::reader::{RangesReader, RegionReader};
use crate::schedule::{NextRun, Timing, follow};

/// Discovery without its listener. What it does by itself ends when it is dropped.
pub struct DiscoveryCore {
    /// What sweeps.
    pub sweeper: Arc<Sweeper>,
    /// What publishes.
    pub publisher: Arc<Publisher>,
    pub(super) timing: watch::Receiver<Timing>,
    pub(super) next_run: NextRun,
    pub(super) clock: Clock,
    _tasks: JoinSet<()>,
}

impl DiscoveryCore {
    /// Starts to keep the store and the schedule.
    pub fn start(
        config: &DiscoveryConfig,
        store: Arc<dyn Store>,
        reader: Arc<dyn RegionReader>,
        ranges: Option<Arc<dyn RangesReader>>,
    ) -> Arc<Self> {
        let clock = config.clock.clone();
        let publish = PublishConfig {
            keep: config.keep,
            linger: config.linger,
            backoff: config.backoff,
            clock: clock.clone(),
        };
        let timing = follow_timing(config, Arc::clone(&store));
        let publisher = Publisher::new(store, publish);
        let sweep = SweepConfig {
            concurrency: config.concurrency,
            region_timeout: config.region_timeout,
            plan_timeout: config.region_timeout,
            clock: clock.clone(),
        };
        let sweeper = Sweeper::new(reader, ranges, Arc::clone(&publisher), sweep);
        let (publish_next, next_run) = watch::channel(None);
        let mut tasks = JoinSet::new();
        tasks.spawn({
            let publisher = Arc::clone(&publisher);
            async move { publisher.keep_up().await }
        });
        tasks.spawn({
            let keeper = Keeper {
                sweeper: Arc::clone(&sweeper),
                publisher: Arc::clone(&publisher),
                timing: timing.clone(),
                clock: clock.clone(),
            };
            async move { keeper.keep(&publish_next).await }
        });
        Arc::new(Self { sweeper, publisher, timing, next_run, clock, _tasks: tasks })
    }

    /// Refuses a call while the inventory is not known: what it does not have may exist.
    pub(super) fn check_loaded(&self) -> Result<(), Status> {
        if self.publisher.status().is_loaded {
            return Ok(());
        }
        let message = "the inventory was not read as yet: wait until the store answers, and try \
                       again";
        Err(Failure::new(Code::Unavailable, "INVENTORY_UNKNOWN", message).into())
    }

    /// Lets health say whether the store has answered, and, where sweeps have read nothing at all
    /// so far, that there are no accounts. The store is spoken of once: one that goes away later
    /// keeps nobody from asking.
    pub fn follow_conditions(&self, health: &Health) {
        let (has_store, has_accounts) = (health.wait_for("store"), health.wait_for("accounts"));
        has_accounts.set(true);
        let mut status = self.publisher.watch_status();
        tokio::spawn(async move {
            loop {
                let known = status.borrow_and_update().clone();
                if known.is_loaded {
                    has_store.set(true);
                }
                has_accounts.set(!known.is_without_accounts);
                if status.changed().await.is_err() {
                    return;
                }
            }
        });
    }
}

/// Sweeps when it is time.
struct Keeper {
    sweeper: Arc<Sweeper>,
    publisher: Arc<Publisher>,
    timing: watch::Receiver<Timing>,
    clock: Clock,
}

impl Keeper {
    async fn keep(&self, next_run: &watch::Sender<Option<Timestamp>>) {
        let clock = || timestamp(self.clock.now());
        let at_start = self.sweep_at_start();
        let by_schedule =
            follow(self.timing.clone(), next_run, clock, || self.sweeper.sweep_to_the_end());
        tokio::join!(at_start, by_schedule);
    }

    /// Once the store has told what there is: a sweep, unless all of that is fresh.
    async fn sweep_at_start(&self) {
        let mut status = self.publisher.watch_status();
        let is_loaded = status.wait_for(|status| status.is_loaded).await.is_ok();
        if is_loaded && !self.is_fresh(&self.publisher.edition()) {
            self.sweeper.sweep_to_the_end().await;
        }
    }

    /// Whether no scheduled sweep was missed since the oldest part was read.
    fn is_fresh(&self, edition: &Edition) -> bool {
        let Some(oldest) = edition.oldest() else { return false };
        if edition.stale_count() > 0 {
            return false;
        }
        let oldest = timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(oldest));
        let due = self.timing.borrow().schedule.next_after(oldest);
        due.is_none_or(|due| due > timestamp(self.clock.now()))
    }
}

/// The timing that counts: the configured one with the schedule of the settings.
fn follow_timing(config: &DiscoveryConfig, store: Arc<dyn Store>) -> watch::Receiver<Timing> {
    let configured = config.timing.clone();
    let (publisher, timing) = watch::channel(configured.clone());
    let mut settings = settings::follow(store, config.settings.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = publisher.closed() => return,
                changed = settings.changed() => if changed.is_err() { return },
            }
            let now = timing_under(&settings.borrow_and_update(), &configured);
            publisher.send_if_modified(|known| {
                let is_new = *known != now;
                *known = now;
                is_new
            });
        }
    });
    timing
}

fn timing_under(settings: &Effective, configured: &Timing) -> Timing {
    let SettingValues { cron, timezone, .. } = &settings.over_file;
    if cron.is_none() && timezone.is_none() {
        return configured.clone();
    }
    match settings.schedule() {
        Ok(schedule) => Timing { schedule, ..configured.clone() },
        Err(refused) => {
            tracing::warn!(%refused, "the stored schedule does not count");
            configured.clone()
        }
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
