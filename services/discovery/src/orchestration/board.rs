//! How a sweep goes: one writes, any number read along, from the start or from the middle.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use super::report::SweepReport;
use crate::reader::{ExcludedRegion, Place, Plan, RegionStep};

/// How far a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    /// Its turn has not come.
    Waiting,
    /// It is being read.
    Reading,
    /// It was read.
    Fresh,
    /// It could not be read.
    Stale,
    /// It is closed.
    Excluded,
}

impl RowState {
    /// Whether nothing more comes.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Fresh | Self::Stale | Self::Excluded)
    }
}

/// How it goes with a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionRow {
    /// How far it is.
    pub state: RowState,
    /// Calls of AWS.
    pub calls: u64,
    /// What was found, by kind.
    pub found: BTreeMap<&'static str, u64>,
    /// Why it is stale or excluded; empty otherwise.
    pub cause: String,
    /// How long it took, once it is done.
    pub duration: Option<Duration>,
    started: Option<Instant>,
    changed: u64,
}

/// What a follower is told.
#[derive(Clone, Debug)]
pub enum BoardEvent {
    /// What there is to read is known.
    Planned(Arc<Plan>),
    /// The present state of a region.
    Region(Place, RegionRow),
    /// The sweep has ended.
    Ended(Arc<SweepReport>),
}

/// How a sweep goes. Who reads along gets the present state of what has changed since the last
/// look: a slow reader gets less, and costs no memory.
#[derive(Debug)]
pub struct Board {
    /// When the sweep began.
    pub started_at: SystemTime,
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    version: u64,
    plan: Option<Arc<Plan>>,
    rows: BTreeMap<Place, RegionRow>,
    report: Option<Arc<SweepReport>>,
}

impl Board {
    pub(super) fn new(started_at: SystemTime) -> Arc<Self> {
        Arc::new(Self { started_at, state: Mutex::default(), version: watch::Sender::new(0) })
    }

    /// Reads along from the start.
    pub fn follow(self: &Arc<Self>) -> Follower {
        Follower { board: Arc::clone(self), seen: None, has_plan: false, has_ended: false }
    }

    /// Regions that are done, those that are closed among them, and all of them.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.lock();
        (state.rows.values().filter(|row| row.state.is_done()).count(), state.rows.len())
    }

    /// How the sweep went, once it has ended.
    pub fn report(&self) -> Option<Arc<SweepReport>> {
        self.lock().report.clone()
    }

    /// The rows as they are now.
    pub(super) fn rows(&self) -> BTreeMap<Place, RegionRow> {
        self.lock().rows.clone()
    }

    pub(super) fn plan(&self, plan: Arc<Plan>) {
        self.change(|state| {
            for account in &plan.accounts {
                for region in &account.regions {
                    let place = Place::new(&account.id, region);
                    state.rows.insert(place, RegionRow::new(state.version));
                }
                for ExcludedRegion { region, cause } in &account.excluded {
                    let row = RegionRow {
                        state: RowState::Excluded,
                        cause: cause.clone(),
                        ..RegionRow::new(state.version)
                    };
                    state.rows.insert(Place::new(&account.id, region), row);
                }
            }
            state.plan = Some(plan);
        });
    }

    pub(super) fn begin(&self, place: &Place) {
        self.change_row(place, |row| {
            (row.state, row.started) = (RowState::Reading, Some(Instant::now()));
        });
    }

    pub(super) fn step(&self, place: &Place, step: RegionStep) {
        self.change_row(place, |row| match step {
            RegionStep::Call => row.calls += 1,
            RegionStep::Found { what, count } => *row.found.entry(what).or_default() += count,
        });
    }

    pub(super) fn end(&self, place: &Place, end: RowState, cause: String) {
        self.change_row(place, |row| {
            (row.state, row.cause) = (end, cause);
            row.duration = row.started.map(|started| started.elapsed());
        });
    }

    pub(super) fn finish(&self, report: SweepReport) -> Arc<SweepReport> {
        let report = Arc::new(report);
        self.change(|state| state.report = Some(Arc::clone(&report)));
        report
    }

    /// What comes late, after the end of the region, changes nothing.
    fn change_row(&self, place: &Place, change: impl FnOnce(&mut RegionRow)) {
        self.change(|state| {
            let version = state.version;
            if let Some(row) = state.rows.get_mut(place).filter(|row| !row.state.is_done()) {
                change(row);
                row.changed = version;
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        state.version += 1;
        change(&mut state);
        let version = state.version;
        drop(state);
        self.version.send_modify(|last| *last = version.max(*last));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RegionRow {
    fn new(changed: u64) -> Self {
        Self {
            state: RowState::Waiting,
            calls: 0,
            found: BTreeMap::new(),
            cause: String::new(),
            duration: None,
            started: None,
            changed,
        }
    }
}

/// Reads along.
#[derive(Debug)]
pub struct Follower {
    board: Arc<Board>,
    /// The version that was read last.
    seen: Option<u64>,
    has_plan: bool,
    has_ended: bool,
}

impl Follower {
    /// What has changed since the last call, once something has; `None` after the end.
    pub async fn next(&mut self) -> Option<Vec<BoardEvent>> {
        if self.has_ended {
            return None;
        }
        let mut versions = self.board.version.subscribe();
        let seen = self.seen.unwrap_or(0);
        // The board is held, so that it does not go away.
        drop(versions.wait_for(|version| *version > seen).await);
        Some(self.read())
    }

    fn read(&mut self) -> Vec<BoardEvent> {
        let state = self.board.lock();
        let mut events = Vec::new();
        if let Some(plan) = state.plan.as_ref().filter(|_| !self.has_plan) {
            self.has_plan = true;
            events.push(BoardEvent::Planned(Arc::clone(plan)));
        }
        let seen = self.seen.replace(state.version).unwrap_or(0);
        let changed = state.rows.iter().filter(|(_, row)| row.changed > seen);
        events.extend(changed.map(|(place, row)| BoardEvent::Region(place.clone(), row.clone())));
        if let Some(report) = &state.report {
            self.has_ended = true;
            events.push(BoardEvent::Ended(Arc::clone(report)));
        }
        events
    }
}
