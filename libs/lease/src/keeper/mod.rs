//! The algorithm of a worker, as a state machine.

mod answers;
mod calls;
mod held;
mod plan;
mod requests;
mod view;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use weir_store::Etag;

pub use calls::{Call, Listing, Purpose, Reply, Seen, Trouble};
pub use requests::Fenced;

use crate::config::LeaseConfig;
use crate::observer::Round;
use crate::position::Checkpoint;
use crate::record::Placement;
use crate::unit::UnitId;
use held::Held;
use view::View;

/// How many scans lie between two looks for records that can be deleted.
const SCANS_PER_CLEANUP: u64 = 12;

/// What a worker knows and does. Times are monotonic, since any moment.
///
/// [`Keeper::poll`] says which calls to make; [`Keeper::reply`] takes what came of them; methods
/// such as [`Keeper::checkpoint`] take what the reader of the units wants; [`Keeper::event`] tells
/// it what happened. There is at most one call of a unit at a time.
#[derive(Debug)]
pub struct Keeper {
    config: LeaseConfig,
    view: View,
    held: BTreeMap<UnitId, Held>,
    /// Calls of units that are under way.
    pending: HashMap<UnitId, Pending>,
    /// The sets whose units are read here.
    wanted: HashSet<String>,
    events: VecDeque<Event>,
    /// When the scan under way was sent, and how much was known then.
    scanning: Option<(Duration, u64)>,
    next_scan: Duration,
    scans: u64,
    /// Something was seen that may be acted upon.
    must_plan: bool,
    /// All records were seen since the last round.
    is_round_due: bool,
    /// What came of the last look at all records, until somebody asks.
    round: Option<Round>,
    /// Units that were taken and lost since the last round.
    changes: Changes,
    is_closing: bool,
    is_lost: bool,
}

#[derive(Debug, Default)]
struct Changes {
    taken: usize,
    lost: usize,
}

#[derive(Clone, Debug)]
struct Pending {
    sent: Duration,
    purpose: Purpose,
    record: Option<crate::record::LeaseRecord>,
}

/// What the reader of the units is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The unit is to be read from this checkpoint.
    Granted {
        /// The unit.
        unit: UnitId,
        /// What checkpoints are written with.
        fence: u64,
        /// How far it was read.
        checkpoint: Checkpoint,
        /// Where somebody has put it; none when nobody did.
        placement: Option<Placement>,
    },
    /// Read no more of the unit, commit what is on its way, and release it.
    Asked {
        /// The unit.
        unit: UnitId,
    },
    /// The unit is not to be read any more, and nothing of it can be committed.
    Lost {
        /// The unit.
        unit: UnitId,
        /// The fence that it was held with.
        fence: u64,
        /// Why.
        reason: LossReason,
    },
    /// The checkpoint is written.
    Checkpointed {
        /// The unit.
        unit: UnitId,
        /// The checkpoint.
        checkpoint: Checkpoint,
    },
    /// The unit was given back.
    Released {
        /// The unit.
        unit: UnitId,
    },
    /// Leases are gone or older than they were: nothing is done any more.
    StateLost {
        /// Of which set.
        set: String,
    },
}

/// Why a lease is no longer held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossReason {
    /// Another worker has it.
    Taken,
    /// It could not be renewed in time.
    NotRenewed,
    /// Its record is not there any more.
    Gone,
    /// The store lost its state.
    StateLost,
}

impl LossReason {
    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::NotRenewed => "not_renewed",
            Self::Gone => "gone",
            Self::StateLost => "state_lost",
        }
    }
}

impl Keeper {
    /// A worker that knows and holds nothing.
    pub fn new(config: LeaseConfig) -> Self {
        Self {
            config,
            view: View::default(),
            held: BTreeMap::new(),
            pending: HashMap::new(),
            wanted: HashSet::new(),
            events: VecDeque::new(),
            scanning: None,
            next_scan: Duration::ZERO,
            scans: 0,
            must_plan: false,
            is_round_due: false,
            round: None,
            changes: Changes::default(),
            is_closing: false,
            is_lost: false,
        }
    }

    /// The calls to make now.
    pub fn poll(&mut self, now: Duration) -> Vec<Call> {
        if self.is_lost {
            return Vec::new();
        }
        self.give_up_what_was_not_renewed(now);
        let mut calls = self.calls_of_held(now);
        if std::mem::take(&mut self.must_plan) {
            calls.extend(self.plan(now));
        }
        if self.scanning.is_none() && self.next_scan <= now {
            self.scanning = Some((now, self.view.moment()));
            calls.push(Call::List);
        }
        calls
    }

    /// When to poll again, if nothing happens before.
    pub fn wake(&self) -> Duration {
        let scan = self.scanning.is_none().then_some(self.next_scan);
        let is_idle = |unit: &UnitId| !self.pending.contains_key(unit);
        let (renew, valid) = (self.config.renew_after(), self.config.valid_for());
        let held = self.held.iter().map(|(unit, held)| {
            let end = held.renewed + valid;
            if is_idle(unit) { end.min(held.due(renew)) } else { end }
        });
        held.chain(scan).min().unwrap_or(Duration::MAX)
    }

    /// The next thing to tell.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What came of the last look at all records; none when that was told before.
    pub fn round(&mut self) -> Option<Round> {
        self.round.take()
    }

    /// The fence of the unit, while it may be read.
    pub fn holds(&self, unit: &UnitId, now: Duration) -> Option<u64> {
        let held = self.held.get(unit).filter(|held| !held.is_released)?;
        (now < held.renewed + self.config.valid_for()).then_some(held.fence)
    }

    /// Units that are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// What was seen last of all units that are not finished: how many there are, and how many of
    /// them somebody reads.
    pub fn counts(&self, now: Duration) -> (usize, usize) {
        let open = self.view.units().filter(|(_, unit)| !unit.record.is_finished());
        open.fold((0, 0), |(all, owned), (id, unit)| {
            let is_owned = self.held.contains_key(id) || !self.is_free(id, unit, now);
            (all + 1, owned + usize::from(is_owned))
        })
    }

    fn give_up_what_was_not_renewed(&mut self, now: Duration) {
        let valid = self.config.valid_for();
        let over = self.held.iter().filter(|(_, held)| held.renewed + valid <= now);
        let over: Vec<_> = over.map(|(unit, _)| unit.clone()).collect();
        for unit in over {
            self.lose(&unit, LossReason::NotRenewed);
        }
    }

    fn lose(&mut self, unit: &UnitId, reason: LossReason) {
        if let Some(held) = self.held.remove(unit) {
            self.changes.lost += 1;
            self.events.push_back(Event::Lost { unit: unit.clone(), fence: held.fence, reason });
        }
    }

    fn lose_state(&mut self, set: String) {
        self.is_lost = true;
        let held: Vec<_> = self.held.keys().cloned().collect();
        held.iter().for_each(|unit| self.lose(unit, LossReason::StateLost));
        self.events.push_back(Event::StateLost { set });
    }

    fn etag_of(&self, unit: &UnitId) -> Option<Etag> {
        self.view.get(unit).map(|unit| unit.etag)
    }
}
