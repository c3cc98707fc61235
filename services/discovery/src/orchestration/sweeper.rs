//! Runs sweeps, never two at once.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use weir_inventory::region::MAX_PARTS;

use super::board::{Board, RowState};
use super::report::{SweepReport, denied, unread};
use super::visit::within;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::publish::{Findings, Outcome, Publisher};
use crate::reader::{
    AccountFault, ExcludedRegion, Fault, Place, Plan, RangesReader, RegionError, RegionProgress,
    RegionReader,
};

/// How sweeps go.
#[derive(Clone, Debug)]
pub struct SweepConfig {
    /// Regions that are read at a time.
    pub concurrency: NonZeroUsize,
    /// How long a region may take.
    pub region_timeout: Duration,
    /// How long the accounts and their regions may take to be found.
    pub plan_timeout: Duration,
    /// What time it is.
    pub clock: Clock,
}

/// Runs sweeps. Who asks for one while another is under way joins that one.
pub struct Sweeper {
    reader: Arc<dyn RegionReader>,
    ranges: Option<Arc<dyn RangesReader>>,
    publisher: Arc<Publisher>,
    config: SweepConfig,
    metrics: Metrics,
    sweeps: Mutex<Sweeps>,
}

#[derive(Default)]
struct Sweeps {
    running: Option<Arc<Board>>,
    last: Option<Arc<SweepReport>>,
    last_plan: Option<Arc<Plan>>,
}

impl Sweeper {
    /// A sweeper that has not swept as yet.
    pub fn new(
        reader: Arc<dyn RegionReader>,
        ranges: Option<Arc<dyn RangesReader>>,
        publisher: Arc<Publisher>,
        config: SweepConfig,
    ) -> Arc<Self> {
        let (metrics, sweeps) = (Metrics::new(), Mutex::default());
        Arc::new(Self { reader, ranges, publisher, config, metrics, sweeps })
    }

    /// Begins a sweep, which goes on whoever watches it; or joins the one that is under way.
    /// Whether it was joined.
    pub fn start_or_join(self: &Arc<Self>) -> (Arc<Board>, bool) {
        let mut sweeps = self.lock();
        if let Some(running) = &sweeps.running {
            return (Arc::clone(running), true);
        }
        let board = Board::new(self.config.clock.now());
        sweeps.running = Some(Arc::clone(&board));
        drop(sweeps);
        let (sweeper, written) = (Arc::clone(self), Arc::clone(&board));
        tokio::spawn(async move {
            let sweep = tokio::spawn(Arc::clone(&sweeper).sweep(Arc::clone(&written)));
            let report = sweep.await.unwrap_or_else(|error| SweepReport::broken(&written, &error));
            sweeper.end(&written, report);
        });
        (board, false)
    }

    /// Begins or joins a sweep, and waits for its end.
    pub async fn sweep_to_the_end(self: &Arc<Self>) {
        let (board, _) = self.start_or_join();
        let mut follower = board.follow();
        while follower.next().await.is_some() {}
    }

    /// The sweep that is under way.
    pub fn running(&self) -> Option<Arc<Board>> {
        self.lock().running.clone()
    }

    /// How the last sweep of this process went.
    pub fn last(&self) -> Option<Arc<SweepReport>> {
        self.lock().last.clone()
    }

    /// What the last sweep of this process had to read.
    pub fn last_plan(&self) -> Option<Arc<Plan>> {
        self.lock().last_plan.clone()
    }

    async fn sweep(self: Arc<Self>, board: Arc<Board>) -> SweepReport {
        let started = Instant::now();
        tracing::info!("a sweep begins");
        let plan = Arc::new(self.plan().await);
        board.plan(Arc::clone(&plan));
        self.lock().last_plan = Some(Arc::clone(&plan));
        let outcomes = self.visit_all(&plan, &board).await;
        let ranges = self.read_ranges().await;
        let findings = Findings { plan: Plan::clone(&plan), outcomes, ranges };
        let (unread, denied) = (unread(&findings), denied(&findings));
        let published = self.publisher.publish(findings).await;
        SweepReport {
            started_at: board.started_at,
            duration: started.elapsed(),
            accounts: plan.accounts.len(),
            problems: plan.faults.clone(),
            regions: board.rows().into_iter().collect(),
            unread,
            denied,
            publish_error: published.err().map(|error| format!("{:#}", anyhow::Error::new(error))),
        }
    }

    fn end(&self, board: &Board, report: SweepReport) {
        log(&report);
        self.metrics.sweep(&report);
        // Nobody may join a sweep that has told its end, and miss what began after.
        let mut sweeps = self.lock();
        sweeps.running = None;
        sweeps.last = Some(board.finish(report));
    }

    /// What there is to read. Where that cannot be found out, nothing disappears.
    async fn plan(&self) -> Plan {
        let reader = Arc::clone(&self.reader);
        let planned = within(self.config.plan_timeout, async move { reader.plan().await }).await;
        planned.unwrap_or_else(|fault| {
            let configured_as = "all accounts".to_owned();
            let fault = AccountFault { account_id: None, configured_as, fault };
            Plan { accounts: Vec::new(), faults: vec![fault] }
        })
    }

    async fn visit_all(
        self: &Arc<Self>,
        plan: &Plan,
        board: &Arc<Board>,
    ) -> BTreeMap<Place, Outcome> {
        let mut waiting = in_turn(plan);
        let (mut tasks, mut outcomes) = (JoinSet::new(), closed(plan));
        loop {
            while tasks.len() < self.config.concurrency.get()
                && let Some(place) = waiting.pop_front()
            {
                let (sweeper, board) = (Arc::clone(self), Arc::clone(board));
                tasks.spawn(async move {
                    let outcome = sweeper.visit(&place, &board).await;
                    (place, outcome)
                });
            }
            match tasks.join_next().await {
                Some(Ok((place, outcome))) => drop(outcomes.insert(place, outcome)),
                // The visit itself neither panics nor is it aborted.
                Some(Err(error)) => tracing::error!(%error, "a region was lost"),
                None => return outcomes,
            }
        }
    }

    async fn visit(&self, place: &Place, board: &Arc<Board>) -> Outcome {
        board.begin(place);
        let progress = {
            let (board, place) = (Arc::clone(board), place.clone());
            RegionProgress::new(move |step| board.step(&place, step))
        };
        let (reader, asked) = (Arc::clone(&self.reader), place.clone());
        let read = async move { reader.read(&asked, &progress).await };
        let result = within(self.config.region_timeout, read).await;
        let outcome = match result.unwrap_or_else(|fault| Err(RegionError::Failed(fault))) {
            Ok(reading) => Outcome::Fresh(Box::new(reading)),
            Err(RegionError::Failed(fault)) => Outcome::Stale(fault),
            Err(RegionError::Excluded { cause }) => Outcome::Excluded(cause),
        };
        match &outcome {
            Outcome::Fresh(_) => board.end(place, RowState::Fresh, String::new()),
            Outcome::Excluded(cause) => board.end(place, RowState::Excluded, cause.clone()),
            Outcome::Stale(fault) => {
                self.metrics.failed(fault.kind);
                tracing::warn!(%place, kind = fault.kind.name(), cause = fault.cause, "not read");
                board.end(place, RowState::Stale, fault.cause.clone());
            }
        }
        outcome
    }

    /// AWS's ranges, where they are others than before. Without them the last ones stay.
    async fn read_ranges(&self) -> Option<weir_inventory::IpRanges> {
        let reader = Arc::clone(self.ranges.as_ref()?);
        let edition = self.publisher.edition();
        let known = edition.ranges.as_ref().map(|(version, _)| version.sync_token.clone());
        let read = async move { reader.read(known.as_deref()).await };
        let read = within(self.config.plan_timeout, read).await;
        read.unwrap_or_else(Err).unwrap_or_else(|Fault { cause, .. }| {
            tracing::warn!(cause, "AWS's address ranges are not read");
            None
        })
    }

    fn lock(&self) -> MutexGuard<'_, Sweeps> {
        self.sweeps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The regions that need not be read: what was known of them stays for a while.
fn closed(plan: &Plan) -> BTreeMap<Place, Outcome> {
    let accounts = plan.accounts.iter();
    let closed = accounts.flat_map(|account| {
        account.excluded.iter().map(|ExcludedRegion { region, cause }| {
            (Place::new(&account.id, region), Outcome::Excluded(cause.clone()))
        })
    });
    closed.collect()
}

/// All places, the first region of each account first: the calls of an account are spread over
/// the sweep.
fn in_turn(plan: &Plan) -> VecDeque<Place> {
    let most = plan.accounts.iter().map(|account| account.regions.len()).max().unwrap_or(0);
    let round = |number: usize| {
        let accounts = plan.accounts.iter();
        accounts.filter_map(move |account| {
            account.regions.get(number).map(|region| Place::new(&account.id, region))
        })
    };
    let all: VecDeque<_> = (0..most).flat_map(round).take(MAX_PARTS).collect();
    let planned: usize = plan.accounts.iter().map(|account| account.regions.len()).sum();
    if planned > all.len() {
        tracing::error!(planned, read = all.len(), "there are too many regions: some are left out");
    }
    all
}

fn log(report: &SweepReport) {
    let [fresh, stale, excluded] =
        [RowState::Fresh, RowState::Stale, RowState::Excluded].map(|state| report.count(state));
    let (accounts, seconds) = (report.accounts, report.duration.as_secs_f64());
    for problem in &report.problems {
        let (account, cause) = (&problem.configured_as, &problem.fault.cause);
        tracing::warn!(account, cause, "an account cannot be read");
    }
    for (place, part, fault) in &report.unread {
        tracing::warn!(%place, part = part.name(), cause = fault.cause, "a part cannot be read");
    }
    tracing::info!(accounts, fresh, stale, excluded, seconds, "the sweep has ended");
}
