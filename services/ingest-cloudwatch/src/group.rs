//! A log group while its lease is held.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use weir_delivery::{Origin, RawRun, RunId};
use weir_lease::{Checkpoint, InitialPosition, Placement, UnitId, UnitSpec};

use crate::desk::{BegunGroup, now};
use crate::event::EventId;
use crate::inputs::GroupInput;
use crate::log_group::LogGroup;
use crate::reader::{Cut, SentRun};

/// The one unit of a group's set. A group is leased as a whole.
const UNIT: &str = "all";

/// A log group of which events are read: what the loop follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupPart(UnitId);

impl GroupPart {
    pub(crate) fn of(unit: &UnitId) -> Self {
        Self(unit.clone())
    }

    pub(crate) fn unit(&self) -> &UnitId {
        &self.0
    }
}

impl fmt::Display for GroupPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.set)
    }
}

/// How far a group was read: a run, and the high water behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the run, counted from the lease's grant.
    pub(crate) run: u64,
    /// How far the group is read when all runs up to this one are committed, in milliseconds
    /// since 1970-01-01 00:00 UTC.
    pub(crate) high_water: u64,
}

/// The unit of a group.
pub(crate) fn unit_of(group: &LogGroup) -> UnitId {
    UnitId::new(group.to_string(), UNIT)
}

/// The units of a group's set.
pub(crate) fn units() -> [UnitSpec; 1] {
    [UnitSpec { name: UNIT.to_owned(), parents: Vec::new(), range: None, is_open: true }]
}

/// From when on events are read.
pub(crate) fn floor_of(initial: InitialPosition) -> u64 {
    match initial {
        InitialPosition::TrimHorizon => 0,
        InitialPosition::AtTimestamp(milliseconds) => milliseconds,
        InitialPosition::Latest => now(),
    }
}

/// Up to when a group was read, as its checkpoint says; `floor` where that says nothing.
pub(crate) fn high_water_of(checkpoint: &Checkpoint, floor: u64) -> u64 {
    match checkpoint {
        Checkpoint::Initial(initial) => floor_of(*initial),
        Checkpoint::At(position) => position.as_str().parse().unwrap_or(floor),
        // No group is ever finished.
        Checkpoint::End => floor,
    }
}

/// A log group while its lease is held.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) unit: UnitId,
    pub(crate) fence: u64,
    pub(crate) input: GroupInput,
    /// What was ingested before is not read.
    pub(crate) floor: u64,
    /// It is to be handed over.
    pub(crate) closing: CancellationToken,
    /// How often its position was set.
    placements: u64,
    /// The high water with which the lease was granted.
    began_at: u64,
    /// From when on events are still to be read, while that is behind; else 0.
    behind: AtomicU64,
    /// The high water that was written last.
    written: AtomicU64,
    sent: Mutex<Sent>,
}

/// Runs that are not committed as yet, in their order.
#[derive(Debug, Default)]
struct Sent {
    runs: VecDeque<(u64, SentRun)>,
    next: u64,
}

impl Group {
    /// The group, read up to `high_water`; what was ingested before it began is not read, or, where
    /// its position was set, before that.
    pub(crate) fn new(
        unit: UnitId,
        fence: u64,
        begun: BegunGroup,
        high_water: u64,
        placement: Option<&Placement>,
    ) -> Self {
        let BegunGroup { input, floor } = begun;
        let floor = placement.map_or(floor, |placement| high_water_of(&placement.at, floor));
        Self {
            unit,
            fence,
            input,
            floor,
            closing: CancellationToken::new(),
            placements: placement.map_or(0, |placement| placement.times),
            began_at: high_water,
            behind: AtomicU64::new(0),
            written: AtomicU64::new(high_water),
            sent: Mutex::default(),
        }
    }

    /// How often its position was set. What is read since then has other ids than what was read
    /// before: exporters write it again.
    pub(crate) fn placements(&self) -> u64 {
        self.placements
    }

    /// The high water with which the lease was granted.
    pub(crate) fn began_at(&self) -> u64 {
        self.began_at
    }

    /// From when on events are still to be read, while that is behind.
    pub(crate) fn behind(&self) -> Option<u64> {
        Some(self.behind.load(Ordering::Relaxed)).filter(|since| *since > 0)
    }

    pub(crate) fn set_behind(&self, since: Option<u64>) {
        self.behind.store(since.map_or(0, |since| since.max(1)), Ordering::Relaxed);
    }

    pub(crate) fn log_group(&self) -> &LogGroup {
        &self.input.group
    }

    /// A run, and its place. Its id is a hash of the ids of its events.
    pub(crate) fn run(&self, cut: Cut) -> (RawRun, Place) {
        let Cut { lines, high_water } = cut;
        let group = self.log_group();
        let hashes: Vec<u8> = lines.ids.iter().flat_map(|id| id.hash.to_be_bytes()).collect();
        let origin = Origin {
            source: self.unit.set.clone(),
            account_id: Some(group.account_id().to_owned()),
            region: Some(group.region().to_owned()),
            flow_log_id: lines.log.flow_log_id().map(str::to_owned),
        };
        let raw = RawRun {
            id: RunId::of_object(self.unit.set.as_bytes(), &hashes, self.placements),
            origin: Arc::new(origin),
            format: Arc::clone(lines.log.format()),
            first_line: 1,
            text: lines.text,
        };
        let mut sent = self.sent();
        sent.next += 1;
        let place = Place { run: sent.next, high_water };
        sent.runs.push_back((place.run, SentRun { ids: lines.ids.into(), log: lines.log }));
        (raw, place)
    }

    /// The events of all runs up to this one.
    pub(crate) fn events_up_to(&self, run: u64) -> Vec<EventId> {
        let sent = self.sent();
        let settled = sent.runs.iter().take_while(|(number, _)| *number <= run);
        settled.flat_map(|(_, run)| run.ids.iter().copied()).collect()
    }

    /// The events of the first runs up to this one: of one run, or of more while they are at most
    /// `most`. The last of these runs.
    pub(crate) fn first_up_to(&self, run: u64, most: usize) -> Option<(u64, Vec<EventId>)> {
        let sent = self.sent();
        let (mut last, mut events) = (None, Vec::new());
        for (number, SentRun { ids, .. }) in
            sent.runs.iter().take_while(|(number, _)| *number <= run)
        {
            if last.is_some() && events.len() + ids.len() > most {
                break;
            }
            last = Some(*number);
            events.extend(ids.iter().copied());
        }
        last.map(|last| (last, events))
    }

    /// The store has the events of all runs up to this one.
    pub(crate) fn forget_up_to(&self, run: u64) {
        let mut sent = self.sent();
        while sent.runs.front().is_some_and(|(number, _)| *number <= run) {
            sent.runs.pop_front();
        }
    }

    /// The runs behind this one are to be read again: they are taken out.
    pub(crate) fn take_behind(&self, run: u64) -> Vec<SentRun> {
        let mut sent = self.sent();
        let settled = sent.runs.iter().take_while(|(number, _)| *number <= run).count();
        sent.runs.split_off(settled).into_iter().map(|(_, run)| run).collect()
    }

    /// Whether all that was sent is committed, and the store knows.
    pub(crate) fn is_idle(&self) -> bool {
        self.sent().runs.is_empty()
    }

    /// Whether the high water is higher by a `step` than what was written last, or more.
    pub(crate) fn rises_to(&self, high_water: u64, step: u64) -> bool {
        high_water >= self.written.load(Ordering::Relaxed).saturating_add(step)
    }

    /// The high water is written.
    pub(crate) fn has_written(&self, high_water: u64) {
        self.written.fetch_max(high_water, Ordering::Relaxed);
    }

    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
